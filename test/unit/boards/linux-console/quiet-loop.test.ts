/** The quiet loop in real shells: commands run once, and what is harmed on the line is told or mended. */
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Line } from '../../../../src/boards/linux-console/line.ts';
import { QuietLoop, newNonce } from '../../../../src/boards/linux-console/quiet-loop.ts';
import {
  bootstrap,
  FUNCTIONS,
  observeFunction,
  replying,
} from '../../../../src/boards/linux-console/scripts.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import { StationError } from '../../../../src/model/station-error.ts';
import { seeded, SHELLS, startShell, type RealShell } from './real-shell.ts';

const signal = new AbortController().signal;
const options = { step: 'test', ms: 10_000, signal };
let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'loop-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Brings the loop into a shell. `sh` runs the loop in the same shell as the prompt. */
async function start(
  shell: RealShell,
  command: string,
  idleSeconds?: number,
): Promise<{ line: Line; loop: QuietLoop }> {
  const line = new Line({
    link: shell.link,
    clock: systemClock,
    transcript: { add: () => undefined },
    baudRate: 115_200,
  });
  while (!line.text.includes('# ') && !line.text.includes('$ ')) await line.wait(5000, signal);
  const nonce = newNonce();
  const sh = command.replace(/ (--norc )?-i$/, '');
  await line.send(`cd ${home}\r`, signal);
  await line.send(`${bootstrap(nonce, null).replace('/bin/sh', sh)}\r`, signal);
  while (!new RegExp(`@${nonce}\\r?\\n`).test(line.text)) await line.wait(5000, signal);
  line.take();
  const loop = new QuietLoop(line, nonce, idleSeconds);
  expect((await loop.install(FUNCTIONS, replying('echo first'), options)).toString()).toBe('first\n');
  return { line, loop };
}

const say = async (loop: QuietLoop, command: string): Promise<string> =>
  (await loop.run([replying(command)], options)).toString();

/** Whether the loop ended. A pseudo-terminal may hang up before its last words have come, which no serial line does. */
const leaves = (loop: QuietLoop): Promise<boolean> =>
  loop.leave(signal).catch((error: unknown) => error instanceof StationError && error.code === 'port/lost');

describe.each(SHELLS)('%s', (_, command) => {
  test('runs commands, short and long, and ends by itself', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    expect(await say(loop, 'echo "it  is"; echo $((1+1))')).toBe('it  is\n2\n');
    const long = 'x'.repeat(9000);
    expect(await say(loop, `echo ${long}|wc -c`)).toMatch(/^\s*9001\n$/);
    const bytes = await loop.run([replying('head -c 5000 /dev/zero')], options);
    expect(bytes).toEqual(Buffer.alloc(5000));
    expect(await leaves(loop)).toBe(true);
    await shell.ended;
  });

  test('a command whose reply is lost is not run again', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    let lost = 0;
    shell.spoil.toStation = (data) => {
      if (lost >= 3) return data;
      lost += 1;
      return Buffer.alloc(0);
    };
    expect(await say(loop, 'echo once >>count;wc -l <count')).toMatch(/^\s*1\n$/);
    expect(await readFile(path.join(home, 'count'), 'utf8')).toBe('once\n');
    await leaves(loop);
  });

  test('of bytes that are lost or flipped on the way to the board, none does harm: it is sent again', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    const random = seeded(7);
    let harmed = 0;
    shell.spoil.toBoard = (data) => {
      // Every second line is harmed, by one byte lost or one bit flipped, its newline included.
      if (random() < 0.5) return data;
      harmed += 1;
      const at = Math.floor(random() * data.length);
      if (random() < 0.5) return Buffer.concat([data.subarray(0, at), data.subarray(at + 1)]);
      const copy = Buffer.from(data);
      const flipped = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 6));
      // An interrupt made of noise ends the session, visibly; it is not what is looked at here.
      copy[at] = flipped < 32 && flipped !== 10 ? 63 : flipped;
      return copy;
    };
    for (let round = 0; round < 8; round += 1) {
      expect(await say(loop, `echo ${round} >file-${round};cat file-${round}`)).toBe(`${round}\n`);
    }
    expect(harmed).toBeGreaterThan(3);
    expect((await readdir(home)).sort()).toEqual(Array.from({ length: 8 }, (__, round) => `file-${round}`));
    delete shell.spoil.toBoard;
    await leaves(loop);
  }, 120_000);

  test('messages written into a reply are read past', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    const random = seeded(3);
    let left = 400;
    shell.spoil.toStation = (data) => {
      const parts: Buffer[] = [];
      let at = 0;
      while (data.length - at > left) {
        parts.push(data.subarray(at, at + left), Buffer.from('[   12.345678] usb 1-1: new device\r\n'));
        at += left;
        left = 200 + Math.floor(random() * 400);
      }
      left -= data.length - at;
      return Buffer.concat([...parts, data.subarray(at)]);
    };
    const long = 'abc'.repeat(1000);
    for (let round = 0; round < 3; round += 1) expect(await say(loop, `echo ${long}`)).toBe(`${long}\n`);
    delete shell.spoil.toStation;
    await leaves(loop);
  }, 60_000);

  test('ends itself, and the login with it, when no station speaks', async () => {
    await using shell = startShell(command);
    await start(shell, command, 1);
    await shell.ended;
  });

  test('starts again what was stopped, when no station speaks any more', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command, 1);
    await loop.run([`Z='echo started >again';${replying('echo stopped')}`], options);
    await shell.ended;
    expect(await readFile(path.join(home, 'again'), 'utf8')).toBe('started\n');
  });

  test.each(['with -f', 'without -f'])('follows links by a readlink %s', async (kind) => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    await symlink('two', path.join(home, 'one'));
    await symlink(path.join(home, 'file'), path.join(home, 'two'));
    await writeFile(path.join(home, 'file'), '');
    if (kind === 'without -f') {
      const where = (await say(loop, 'command -v readlink')).trim();
      await loop.run([`readlink(){ [ "$1" = -f ]&&return 1;${where} "$@";};${replying('echo')}`], options);
    }
    const follow = (name: string): Promise<string> => say(loop, `l ${home}/${name};echo "$r"`);
    expect(await follow('one')).toBe(`${home}/file\n`);
    expect(await follow('file')).toBe(`${home}/file\n`);
    expect(await follow('none')).toBe(`${home}/none\n`);
    await leaves(loop);
  });

  test('a command of other than English letters that is longer than a line comes over whole', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    const long = 'x' + 'ü→日'.repeat(1500);
    expect(await say(loop, `echo ${long}`)).toBe(`${long}\n`);
    await leaves(loop);
  });

  test('a command that is interrupted ends the session and leaves no temporary file', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    const stop = new AbortController();
    const running = loop.run([`T=${home}/secret;`, replying('echo x >"$T";sleep 30')], {
      ...options,
      signal: stop.signal,
    });
    while (!(await readdir(home)).includes('secret')) await systemClock.sleep(10);
    stop.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    expect(await leaves(loop)).toBe(true);
    await shell.ended;
    expect(await readdir(home)).toEqual([]);
  });

  test('what must not be interrupted goes on to its end, and the log-out waits for it', async () => {
    await using shell = startShell(command);
    const { loop } = await start(shell, command);
    const stop = new AbortController();
    const running = loop.run([`trap '' 1 2;${replying('echo a >begun;sleep 3;echo b >done')};trap z 1 2`], {
      ...options,
      signal: stop.signal,
    });
    while (!(await readdir(home)).includes('begun')) await systemClock.sleep(10);
    stop.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    expect(await leaves(loop)).toBe(true);
    expect((await readdir(home)).sort()).toEqual(['begun', 'done']);
  });
});

test('the scripts fit one line with paths of usual length, and hold nothing that shells read differently', () => {
  const all = [FUNCTIONS, observeFunction('.station', '.station-former', 'station-server-ca.crt')].join(';');
  expect(all).not.toMatch(/[\\\n]/);
  expect(all.length).toBeLessThan(2600);
});
