import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { StationError } from '../../../src/model/station-error.ts';
import { openPort } from '../../../src/serial/open.ts';
import { openPty } from './pty.ts';

const LINE = { baudRate: 115_200, rtscts: false, xonxoff: true };
const never = new AbortController().signal;
const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof StationError ? error.code : String(error)),
  );

test('bytes go both ways, and what came before anybody listened is not lost', async () => {
  await using pty = await openPty();
  const link = await openPort(pty.path, LINE, never);
  pty.type('login: ');
  const { promise, resolve } = Promise.withResolvers<string>();
  await link.write(Buffer.from('hello'));
  await pty.until('hello');
  let got = '';
  link.onData((data) => {
    got += Buffer.from(data).toString();
    if (got.includes('login: ')) resolve(got);
  });
  expect(await promise).toBe('login: ');
  await link.close();
  expect(await link.ended).toEqual({ why: 'closed' });
  await link.close();
});

test('an unplug ends the link at once, rejects what is being written and whatever is written after it', async () => {
  await using pty = await openPty();
  const link = await openPort(pty.path, LINE, never);
  await pty.hangUp();
  expect((await link.ended).why).toBe('lost');
  expect(await code(link.write(Buffer.from('x')))).toBe('port/lost');
  await link.close();
});

test('an unplug during a long write rejects the write', async () => {
  await using pty = await openPty();
  const link = await openPort(pty.path, LINE, never);
  pty.type('\x13'); // XOFF: the far end holds the line
  await new Promise<void>((resolve) => setTimeout(resolve, 20));
  const writing = code(link.write(Buffer.alloc(200_000, 0x61)));
  await pty.hangUp();
  expect(await writing).toBe('port/lost');
  await link.close();
});

test('a write that is aborted ends with the reason of the signal', async () => {
  await using pty = await openPty();
  const link = await openPort(pty.path, LINE, never);
  pty.type('\x13');
  await new Promise<void>((resolve) => setTimeout(resolve, 20));
  const stop = new AbortController();
  const writing = link.write(Buffer.alloc(200_000, 0x61), { signal: stop.signal });
  stop.abort(new StationError('job/cancelled'));
  expect(await code(writing)).toBe('job/cancelled');
  await link.close();
});

test('a port that this station has open is busy, and is free again after the close', async () => {
  await using pty = await openPty();
  const first = await openPort(pty.path, LINE, never);
  const second = openPort(pty.path, LINE, never);
  await expect(second).rejects.toMatchObject({ code: 'port/busy' });
  await first.close();
  const third = await openPort(pty.path, LINE, never);
  await third.close();
});

test('an open that comes while the port is being closed waits for it', async () => {
  await using pty = await openPty();
  for (let round = 0; round < 5; round += 1) {
    const link = await openPort(pty.path, LINE, never);
    const closing = link.close();
    const next = await openPort(pty.path, LINE, never);
    await closing;
    await next.close();
  }
});

test('a busy port names the program that holds it', async () => {
  await using pty = await openPty();
  const script = `const { SerialPort } = require('serialport');
    const port = new SerialPort({ path: process.argv[1], baudRate: 115200, lock: true }, () => console.log('open')).resume();`;
  const holder = spawn(process.execPath, ['-e', script, pty.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  await once(holder.stdout, 'data');
  try {
    await expect(openPort(pty.path, LINE, never)).rejects.toMatchObject({
      code: 'port/busy',
      message: expect.stringContaining(`pid ${holder.pid ?? 0}`) as string,
    });
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
});

test.each([
  ['/dev/nope', 'port/not-found'],
  ['/dev', 'port/not-serial'],
  ['/etc/passwd', 'port/not-serial'],
  ['/dev/null', 'port/not-serial'],
])('%s: %s', async (path, expected) => {
  expect(await code(openPort(path, LINE, never))).toBe(expected);
});

test.each([0, -1, 1.5, Number.NaN, 99_000_000])('%d is not taken for a baud rate', async (baudRate) => {
  expect(await code(openPort('/dev/null', { ...LINE, baudRate }, never))).toBe('port/failed');
});
