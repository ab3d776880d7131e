/** A stack of the Managed IoT Cloud through the command, with a board on a real tty. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ProvisionReport } from '../../../src/contract.ts';
import type { ShiftCheck } from '../../../src/contract/servers.ts';
import { createSimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { MIC_ADMIN, startMicServer } from '../../../src/rehearsal/mic/index.ts';
import { Settings } from '../../../src/settings/index.ts';
import { makePorts, plugIn } from './board-on-pty.ts';
import { makeHome, station, type Ended } from './command.ts';

test('a stack is found, its account signed in, a board provisioned there, and a new key refused in words', async () => {
  const home = makeHome();
  const stack = await startMicServer();
  onTestFinished(() => stack.close());
  const ca = join(home, 'iot-ca.pem');
  writeFileSync(ca, stack.ca);
  const board = createSimulatedBoard({ mac: '52:54:00:ab:00:02', console: { loginDelay: 0 } });
  onTestFinished(() => board[Symbol.asyncDispose]());
  const ports = makePorts();
  new Settings(home).setPortLinks(ports);
  const port = await plugIn(board, ports, 'left');
  const call = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    station([...args, '--json', '--home', home], {
      stdin: `${MIC_ADMIN.password}\n`,
      env: { STATION_BOARD_PASSWORD: 'board', ...env },
    });
  const provision = (...more: readonly string[]): Promise<Ended> =>
    call(['provision', '--server', 'cloud', '--profile', 'mic', '--port', port, ...more]);
  const jobOf = ({ out }: Ended): ProvisionReport['jobs'][number] =>
    (JSON.parse(out) as ProvisionReport).jobs[0]!;

  const unknown = await call([
    'server',
    'add',
    'cloud',
    '--kind',
    'mic',
    '--host',
    'x.example',
    '--discovery',
    stack.discoveryUrl,
  ]);
  expect(unknown).toMatchObject({ status: 3 });
  expect(unknown.out).toContain('server/no-such-stack');
  const added = await call([
    ...['server', 'add', 'cloud', '--kind', 'mic', '--host', stack.stackHost],
    ...['--discovery', stack.discoveryUrl, '--iot-ca', ca],
  ]);
  expect(JSON.parse(added.out)).toMatchObject({ url: stack.url, keyOrigin: 'server', session: null });
  expect(added.out).not.toContain(stack.apiKey);
  expect((await provision()).status).toBe(3);
  expect(
    (await call(['server', 'login', 'cloud', '--user', MIC_ADMIN.userName, '--password-stdin'])).status,
  ).toBe(0);

  const tested = await call(['server', 'test', 'cloud']);
  expect(tested).toMatchObject({ status: 0 });
  expect(tested.out).toMatch(/right Things\.CREATE/);
  // Its login ends, when its stack says so: no word of one that lasts.
  expect(tested.out).toContain('admin, renewed by itself until an end that the server chose');
  const shift = await call(['shift-check', '--server', 'cloud']);
  expect((JSON.parse(shift.out) as ShiftCheck).lines).toContainEqual(
    expect.objectContaining({
      check: 'login',
      state: 'note',
      remedy: expect.stringContaining('log in anew') as string,
    }),
  );
  expect(tested.out + shift.out).not.toContain('revoked');

  // What cannot work is said before a board is touched.
  const unfit = await call(['provision', '--server', 'cloud', '--profile', 'mender', '--port', port]);
  expect(unfit.out).toContain('station/profile-unfit');
  expect((await provision('--key', 'generate')).out).toContain('server/not-offered');
  expect(stack.state.things.size).toBe(0);

  const first = await provision();
  expect(first.status).toBe(0);
  expect(jobOf(first)).toMatchObject({ verdict: 'pass', keyOrigin: 'server', proof: 'station', error: null });
  // In the words of such a server: nobody makes a key here or asks for authorization.
  for (const words of [
    'create the thing',
    'fetch certificate and key',
    'prove them by MQTT',
    'install certificate and key',
  ])
    expect(first.err).toContain(words);
  expect(first.err).not.toMatch(/make the key|auth request/);
  const { certificate } = stack.state.things.get(jobOf(first).deviceId!)!;
  expect(board.inspect.text('/etc/mic/cert.pem')).toBe(certificate.certificate);
  expect(board.inspect.text('/etc/mic/privkey.pem')).toBe(certificate.privateKey);
  expect(jobOf(await provision())).toMatchObject({ verdict: 'already' });
  expect(stack.count('login')).toBe(1);

  const rekey = await call([
    'rekey',
    '--server',
    'cloud',
    '--profile',
    'mic',
    '--port',
    port,
    '--reason',
    'returned',
  ]);
  expect(rekey.status).not.toBe(0);
  expect(rekey.out).toMatch(/server\/not-offered/);
  expect(rekey.out).toMatch(/no operation that issues a new certificate/);

  const wrongKey = await call(['server', 'api-key', 'cloud'], { STATION_API_KEY: '0'.repeat(40) });
  expect(wrongKey.env['STATION_API_KEY']).toBeUndefined();
  expect((await provision()).out).toContain('server/api-key-refused');
  await call(['server', 'api-key', 'cloud'], { STATION_API_KEY: stack.apiKey });
  expect(jobOf(await provision())).toMatchObject({ verdict: 'already' });

  // What the home keeps holds neither the board's key nor the stack's.
  const body = certificate.privateKey.split('\n')[3]!;
  for (const file of ['journal.db', 'journal.db-wal', 'settings.json']) {
    const text = textOf(join(home, file));
    expect(text).not.toContain(body);
    expect(text).not.toContain(stack.apiKey);
  }
}, 120_000);

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // the journal's second file is there while it is open
  }
}
