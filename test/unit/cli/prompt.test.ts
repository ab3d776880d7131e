import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { askForBoards } from '../../../src/cli/board-secrets.ts';
import type { CommandIo } from '../../../src/cli/io.ts';
import { CALLS } from '../../../src/contract.ts';
import { secret } from '../../../src/model/secret.ts';
import { takeSecrets } from '../../../src/settings/index.ts';
import { openStation } from '../../../src/station.ts';
import { named, POSIX } from '../../needs.ts';
import { makeHome } from './command.ts';

const CLI = new URL('../../../src/cli/cli.ts', import.meta.url).pathname;
const PASSWORD = 'canary-of-a-prompt';

/** A terminal at which answers are typed as questions come; what was asked and shown is in `shown`. */
function terminal(answers: readonly string[]): { io: CommandIo; shown: () => string } {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const left = [...answers];
  let text = '';
  const stderr = {
    write(chunk: string) {
      text += chunk;
      if (chunk.endsWith(': ')) setImmediate(() => stdin.write(`${left.shift() ?? ''}\r`));
      return true;
    },
  };
  const io = {
    stdin,
    stdout: stderr,
    stderr,
    env: {},
    interrupted: new AbortController().signal,
  } as unknown as CommandIo;
  return { io, shown: () => text };
}

async function stationFor(home: string) {
  const station = await openStation({
    access: 'write',
    home,
    env: {},
    secrets: takeSecrets({}),
    probing: false,
    program: 'test',
  });
  onTestFinished(() => station[Symbol.asyncDispose]());
  return station;
}

test.skipIf(POSIX !== null)(
  named('what is typed at the prompt is not shown by the terminal', POSIX),
  async () => {
    const home = makeHome();
    const command = `${process.execPath} ${CLI} credential set board --home ${home}`;
    const child = spawn('socat', ['-', `EXEC:"${command}",pty,setsid,ctty,stderr,echo=1`], { stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    let shown = '';
    child.stdout.on('data', (data: Buffer) => {
      if (!shown.includes(': ') && data.includes(': ')) child.stdin.write(`${PASSWORD}\r`);
      shown += data.toString();
    });
    const [status] = (await once(child, 'exit')) as [number];
    expect(shown).toContain('Password "board" of boards: ');
    expect(shown).toContain('Stored the password "board".');
    expect(shown).not.toContain(PASSWORD);
    expect(status).toBe(0);
  },
  60_000,
);

test('a command that works on boards asks for the password and the passphrase that nobody gave', async () => {
  const home = makeHome();
  // Keys made elsewhere lie elsewhere: in a home there must be none.
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const keys = join(folder, 'SN-1');
  mkdirSync(keys);
  const { privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' },
  });
  writeFileSync(join(keys, 'key.pem'), privateKey);
  const station = await stationFor(home);
  const asking = { profile: 'mender', key: `import:${folder}` };
  const none = takeSecrets({});

  const first = terminal([PASSWORD, 'p']);
  expect(await askForBoards({ io: first.io, secrets: none }, station, asking)).toEqual({
    password: PASSWORD,
    passphrase: 'p',
  });
  expect(first.shown()).toContain('Password of root on the boards');
  expect(first.shown()).toContain(`Passphrase of the keys in ${folder}`);
  expect(first.shown()).not.toContain(PASSWORD);

  // An empty answer is none, and a plain key needs no passphrase.
  const second = terminal(['']);
  expect(await askForBoards({ io: second.io, secrets: none }, station, { ...asking, key: 'keep' })).toEqual(
    {},
  );

  // What was stored, or came by the environment, is not asked for.
  await station.call('credential.set', { name: 'board', password: PASSWORD });
  const third = terminal([]);
  const given = { ...none, keyPassphrase: secret('p') };
  expect(await askForBoards({ io: third.io, secrets: given }, station, asking)).toEqual({});
  expect(third.shown()).toBe('');
});

test('the password that was typed goes with every call that opens boards', () => {
  const board = { server: 'plant', profile: 'mender', password: PASSWORD };
  const calls = {
    identify: { port: 'p', profile: 'mender', password: PASSWORD },
    provision: { ports: ['p'], ...board },
    'provision.plan': { ports: ['p'], ...board },
    'rekey.look': { port: 'p', ...board },
    rekey: { port: 'p', reason: { category: 'repair', text: '' }, ...board },
  } as const;
  for (const [name, params] of Object.entries(calls)) {
    const issues = CALLS[name as keyof typeof calls].safeParse(params).error?.issues ?? [];
    expect(
      issues.filter(({ code, path }) => code === 'unrecognized_keys' && path.length === 0),
      name,
    ).toEqual([]);
  }
});

test('without a terminal nothing is asked', async () => {
  const { io, shown } = terminal([]);
  const station = await stationFor(makeHome());
  const away = { ...io, stdin: { ...io.stdin, isTTY: false } } as unknown as CommandIo;
  expect(await askForBoards({ io: away, secrets: takeSecrets({}) }, station, { profile: 'mender' })).toEqual(
    {},
  );
  expect(shown()).toBe('');
});
