import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockHome } from '../../../src/journal/index.ts';
import { DEFAULT_ADMIN, startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import { takeSecrets } from '../../../src/settings/secrets-from-environment.ts';
import { makeHome, packageVersion, station } from './command.ts';

async function startServer(): Promise<MenderServer> {
  const server = await startMenderServer({ tls: true });
  onTestFinished(() => server.close());
  return server;
}

/** A home that knows a running server, with or without a login there. */
async function homeWithServer({ login }: { readonly login: boolean }) {
  const [home, server] = [makeHome(), await startServer()];
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, server.ca ?? '');
  const added = await station(['server', 'add', 'bench', '--url', server.url, '--ca', ca, '--home', home]);
  expect(added).toMatchObject({
    status: 0,
    out: expect.stringContaining('station server login bench --user EMAIL') as string,
  });
  if (login) {
    const logged = await station(
      ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email, '--password-stdin', '--home', home],
      { stdin: `${DEFAULT_ADMIN.password}\n` },
    );
    expect(logged).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^Logged in at bench as .* until 20/) as string,
    });
  }
  return { home, server };
}

describe('a call that is wrong exits 2 and says what is wrong', () => {
  test.each<readonly [readonly string[], RegExp]>([
    [['provision'], /--server/],
    [['provision', '--server', 'x'], /--port/],
    [['provision', '--server', 'nowhere', '--port', '/dev/none'], /There is no server named nowhere\./],
    [
      ['provision', '--server', 'x', '--port', 'a', '--key', 'wood'],
      /board\[:TYPE\], generate\[:TYPE\], import:DIR or keep/,
    ],
    [
      ['provision', '--server', 'x', '--port', 'a', '--profile', 'unheard-of'],
      /There is no board profile named unheard-of/,
    ],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['ports', '--frobnicate'], /unknown option '--frobnicate'/],
    [['server', 'add', 'a/b', '--url', 'https://x'], /letters, digits/],
    [['server', 'add', 'x', '--url', 'https://x/with/path'], /path/],
    [['server', 'add', 'x', '--url', 'https://x', '--ca', 'a', '--pin', 'b'], /--ca or --pin, not both/],
    [['server', 'add', 'x', '--url', 'https://x', '--ca', '/nonexistent'], /\/nonexistent cannot be read/],
    [['server', 'login', 'x'], /--user EMAIL, or a personal access token in STATION_TOKEN/],
    [['server', 'login', 'x', '--user', 'a@b.c'], /There is no server named x|no terminal/],
    [['server', 'test', 'x'], /There is no server named x/],
    [['board-profile', 'show', 'x'], /There is no board profile named x/],
    [['board-profile', 'check', '/nonexistent'], /nonexistent/],
    [
      ['rekey', '--server', 'x', '--port', 'a', '--reason', 'returned', '--confirm', 'elsewere'],
      /--confirm takes one of identity-changed, elsewhere, unknown, rejected, not "elsewere"/,
    ],
    [['journal', 'list', '--limit', 'all'], /limit/],
    [['journal', 'list', '--since', 'yesterday'], /since/],
    [['journal', 'list', '--identity', 'mac'], /key=value/],
  ])('%j', async (args, words) => {
    const { status, out, err } = await station([...args, '--home', makeHome()]);
    expect([status, out]).toEqual([2, '']);
    expect(err).toMatch(words);
    expect(err).not.toMatch(/undefined|\[object|NaN|\n\s+at /);
  });
});

test('every error prints what happened, what was not changed and what to do, and is one JSON document with --json', async () => {
  const home = makeHome();
  const plain = await station(['server', 'test', 'x', '--home', home]);
  expect(plain.err).toMatch(
    /^error station\/unknown-server: There is no server named x\.\n {2}Nothing was changed\.\n {2}Add it.*\(station server add x --url URL\)\.\n$/,
  );
  const json = await station(['server', 'test', 'x', '--home', home, '--json']);
  expect(JSON.parse(json.out)).toEqual({
    error: {
      code: 'station/unknown-server',
      message: 'There is no server named x.',
      unchanged: 'Nothing was changed.',
      remedy: expect.stringContaining('Add it') as string,
      retriable: false,
    },
  });
});

test('the version is that of the package, and help names every command and the exit statuses', async () => {
  expect(await station(['--version'])).toMatchObject({ status: 0, out: `${packageVersion()}\n` });
  const { status, out } = await station(['--help']);
  expect(status).toBe(0);
  for (const command of [
    'ports',
    'server',
    'board-profile',
    'credential',
    'identify',
    'provision',
    'rekey',
    'batch',
    'inventory',
    'resume',
    'reconcile',
    'people',
    'journal',
    'stats',
    'rehearse',
    'shift-check',
    'doctor',
  ])
    expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  expect(out).toMatch(/0 all done; 1 .*; 2 the call is wrong; 3 the station cannot work/);
  // Each variable that is read and deleted is told.
  const read: string[] = [];
  takeSecrets(new Proxy({}, { get: (_, name) => void read.push(String(name)) }));
  expect(read).toContain('STATION_TOKEN');
  for (const name of read) expect(out).toMatch(new RegExp(`\\b${name}\\b`));
  for (const command of [['provision'], ['server', 'add'], ['rehearse']]) {
    const help = await station([...command, '--help']);
    expect(help.status).toBe(0);
    expect(help.out).toMatch(/--home <dir>/);
    expect(help.out).toMatch(/--json/);
  }
  expect((await station([])).status).toBe(2);
});

describe('the station cannot work: 3', () => {
  test('while another program holds the home, and reading goes on', async () => {
    const home = makeHome();
    await station(['journal', 'list', '--home', home]);
    using _held = lockHome(home, { program: 'another window' });
    const { status, err } = await station([
      'server',
      'add',
      'x',
      '--url',
      'https://x.example',
      '--home',
      home,
    ]);
    expect(status).toBe(3);
    expect(err).toContain('error station/home-locked: Another station (another window');
    for (const reading of [['journal', 'list'], ['server', 'list'], ['board-profile', 'list'], ['ports']])
      expect((await station([...reading, '--home', home])).status).toBe(0);
  });

  test('without a login, before any board is touched', async () => {
    const { home } = await homeWithServer({ login: false });
    const { status, err } = await station([
      'provision',
      '--server',
      'bench',
      '--port',
      '/dev/ttyNONE',
      '--home',
      home,
    ]);
    expect(status).toBe(3);
    expect(err).toContain('error server/not-logged-in: Nobody is logged in at bench.');
    expect(err).toContain('station server login bench --user EMAIL');
  });

  test('with a login that has ended, which is said once and then forgotten', async () => {
    const { home, server } = await homeWithServer({ login: true });
    server.revokeSessions();
    const args = ['provision', '--server', 'bench', '--port', '/dev/ttyNONE', '--home', home];
    const { status, err } = await station(args);
    expect(status).toBe(3);
    expect(err).toMatch(
      /error server\/session-ended: .*\n.*\n {2}Log in .*station server login bench --user EMAIL/,
    );
    expect((await station(args)).err).toContain('server/not-logged-in');
  });

  test('with a server that is down', async () => {
    const { home, server } = await homeWithServer({ login: true });
    await server.close();
    const { status, err } = await station([
      'provision',
      '--server',
      'bench',
      '--port',
      '/dev/ttyNONE',
      '--home',
      home,
    ]);
    expect(status).toBe(3);
    expect(err).toMatch(/error server\/unreachable: bench cannot be reached/);
  });

  test('with a wrong password', async () => {
    const { home } = await homeWithServer({ login: false });
    const { status, err } = await station(
      ['server', 'login', 'bench', '--user', 'a@b.c', '--password-stdin', '--home', home],
      { stdin: 'wrong-password' },
    );
    expect(status).toBe(3);
    expect(err).toContain('error server/login-refused: bench refused the login of a@b.c.');
    expect(err).not.toContain('wrong-password');
  });
});

test('a port that is not there fails its board alone: 1', async () => {
  const { home } = await homeWithServer({ login: true });
  const { status, out, err } = await station([
    'provision',
    '--server',
    'bench',
    '--port',
    '/dev/ttyNONE',
    '--home',
    home,
    '--json',
  ]);
  expect(status).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    jobs: [{ port: '/dev/ttyNONE', verdict: 'fail', error: { code: 'port/not-found' } }],
  });
  expect(err).toContain('There is no port /dev/ttyNONE.');
  const twice = await station([
    'provision',
    '--server',
    'bench',
    '--port',
    '/dev/ttyNONE',
    '--port',
    '/dev/ttyNONE',
    '--home',
    home,
  ]);
  expect(twice).toMatchObject({ status: 2, err: expect.stringContaining('port/twice') as string });
});

describe('secrets', () => {
  test('come by the environment and are deleted from it, whatever the command', async () => {
    const env = {
      STATION_PASSWORD: 'p',
      STATION_TOKEN: 't',
      STATION_TENANT_TOKEN: 'o',
      STATION_BOARD_PASSWORD: 'b',
      STATION_KEY_PASSPHRASE: 'k',
      KEPT: 'this',
    };
    expect((await station(['--version'], { env })).env).toEqual({ KEPT: 'this' });
    const { home } = await homeWithServer({ login: false });
    const logged = await station(
      ['server', 'login', 'bench', '--user', DEFAULT_ADMIN.email, '--home', home],
      {
        env: { STATION_PASSWORD: DEFAULT_ADMIN.password },
      },
    );
    expect(logged).toMatchObject({ status: 0, env: {} });
  });

  test.each([
    ['server', 'login', 'bench', '--user', 'a@b.c'],
    ['server', 'tenant-token', 'bench'],
    ['credential', 'set', 'board'],
  ])('%s %s without one and without a terminal says how to give it', async (...args) => {
    const { home } = await homeWithServer({ login: false });
    const { status, err } = await station([...args, '--home', home]);
    expect(status).toBe(2);
    expect(err).toMatch(/no terminal to ask at\. Give it (in|with) /);
  });

  test('no option takes one', async () => {
    for (const option of ['--password', '--token', '--tenant-token', '--passphrase', '--board-password'])
      for (const command of [
        ['server', 'login', 'x'],
        ['provision', '--server', 'x', '--port', 'y'],
        ['credential', 'set', 'x'],
      ]) {
        const { status, err } = await station([...command, `${option}=hunter2`]);
        expect(status).toBe(2);
        expect(err).toMatch(/unknown option/);
      }
  });

  test('an empty stdin is no password', async () => {
    const { home } = await homeWithServer({ login: false });
    const { status, err } = await station(
      ['server', 'login', 'bench', '--user', 'a@b.c', '--password-stdin', '--home', home],
      { stdin: '\n' },
    );
    expect(status).toBe(2);
    expect(err).toContain('Nothing came on stdin');
  });
});

test('one login serves many calls, until it is ended', async () => {
  const { home, server } = await homeWithServer({ login: true });
  const good = await station(['server', 'test', 'bench', '--home', home]);
  expect(good.status).toBe(0);
  expect(good.out).toMatch(
    /ok {2,}certificate: .*\nok {2,}answers: a Mender server\nok {2,}login: admin@bench\.local, until .*\nok {2,}version: as of 2026\nok {2,}accept boards: may\n/,
  );
  await station(['server', 'test', 'bench', '--home', home]);
  expect(server.requests.count({ step: 'login' })).toBe(1);
  expect(good.out).toMatch(/ok {2,}device limit: 0 accepted, 0 preauthorized, no limit\n/);
  const list = await station(['server', 'list', '--home', home]);
  expect(list.out).toMatch(/bench\s+mender\s+https:.*\s+ca\s+admin@bench\.local\s+20/);
  expect((await station(['server', 'logout', 'bench', '--home', home])).status).toBe(0);
  const after = await station(['server', 'test', 'bench', '--home', home]);
  expect(after.out).toMatch(
    /note {2}login: Nobody is logged in\.\n {6}Log in .*station server login bench --user EMAIL/,
  );
  expect((await station(['server', 'remove', 'bench', '--home', home])).out).toBe('Removed bench.\n');
});

test('doctor has a line for each part of the machine, and exits 1 where one is bad', async () => {
  const home = makeHome();
  writeFileSync(join(home, 'profile.json'), '{"login":{"user":7}}');
  const { out } = await station(['doctor', '--home', home, '--json']);
  const lines = JSON.parse(out) as { check: string; state: string; text: string; remedy: string | null }[];
  for (const check of [
    'runtime',
    'clock',
    'home',
    'disk',
    'journal',
    'key store',
    'board profiles',
    'servers',
  ])
    expect(lines.map((line) => line.check)).toContain(check);
  for (const line of lines) {
    expect(line.text).not.toBe('');
    if (line.state === 'bad') expect(line.remedy).toMatch(/\w/);
  }
  const { home: other, server } = await homeWithServer({ login: true });
  await server.close();
  const bad = await station(['doctor', '--home', other]);
  expect(bad.status).toBe(1);
  expect(bad.out).toMatch(/BAD {3}server bench: certificate: .*\n {6}Check the network and the URL\./);
});

test.each([
  ['journal.db', 'journal', 'not a journal at all, and long enough to be read as one'.repeat(20)],
  ['settings.json', 'station', '{"servers":'],
])('doctor shows the rest of the machine where %s cannot be read', async (file, check, content) => {
  const home = makeHome();
  writeFileSync(join(home, file), content);
  const { out, status } = await station(['doctor', '--home', home, '--json']);
  expect(status).toBe(1);
  const lines = JSON.parse(out) as { check: string; state: string; text: string; remedy: string | null }[];
  expect(lines.find((line) => line.check === check)).toMatchObject({
    state: 'bad',
    text: expect.stringContaining(join(home, file)) as string,
    remedy: expect.stringMatching(/\w/) as string,
  });
  for (const other of ['runtime', 'clock', 'home', 'disk', 'board profiles', 'servers'])
    expect(lines.map((line) => line.check)).toContain(other);
  expect(readFileSync(join(home, file), 'utf8')).toBe(content);
});

describe('as a process of its own', () => {
  const CLI = new URL('../../../src/cli/cli.ts', import.meta.url).pathname;

  test('a served rehearsal takes a server profile and a login, and ends with the signal', async () => {
    const child = spawn(process.execPath, [CLI, 'rehearse', '--serve', '0', '--json=lines'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors = text(child.stderr);
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    const { result } = JSON.parse(first.toString()) as { result: { url: string; admin: string } };
    expect(result.admin).toBe('admin@bench.local');
    const home = makeHome();
    expect((await station(['server', 'add', 'served', '--url', result.url, '--home', home])).status).toBe(0);
    const logged = await station(['server', 'login', 'served', '--user', result.admin, '--home', home], {
      env: { STATION_PASSWORD: 'rehearsal-bench' },
    });
    expect(logged.status).toBe(0);
    expect((await station(['server', 'test', 'served', '--home', home])).status).toBe(0);
    child.kill('SIGINT');
    const [status] = (await once(child, 'exit')) as [number];
    // Being interrupted is how it ends.
    expect(status).toBe(0);
    expect(await errors).toContain('password: rehearsal-bench');
  });
});

test('the journal survives being listed by two at once', async () => {
  const home = makeHome();
  const lists = await Promise.all([1, 2, 3].map(() => station(['journal', 'list', '--home', home])));
  expect(lists.map(({ status, out }) => [status, out])).toEqual([1, 2, 3].map(() => [0, 'No records.\n']));
  expect(readFileSync(join(home, 'journal.db')).length).toBeGreaterThan(0);
});
