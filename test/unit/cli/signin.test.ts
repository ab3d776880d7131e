import { X509Certificate } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  DEFAULT_ADMIN,
  makeCertificate,
  startMenderServer,
  type ServerOptions,
} from '../../../src/rehearsal/server/index.ts';
import { startOldServer } from '../../../src/rehearsal/server/old-server.ts';
import { spkiSha256 } from '../../../src/servers/http/trust.ts';
import { makeHome, station } from './command.ts';

async function serve(options: ServerOptions = {}) {
  const server = await startMenderServer({
    tls: true,
    accounts: [
      { email: 'otp@bench.local', password: 'otp-password', otp: '123456' },
      { email: 'sso@bench.local', password: 'sso-password', singleSignOn: true },
    ],
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}
const pinOf = (pem: string): string => spkiSha256(new X509Certificate(pem));

/** A home and a server whose key is pinned in it. */
async function pinned(options: ServerOptions = {}) {
  const certificate = await makeCertificate();
  const [home, server] = [makeHome(), await serve({ ...options, tls: certificate })];
  const pin = pinOf(certificate.cert);
  const added = await station(['server', 'add', 'bench', '--url', server.url, '--pin', pin, '--home', home]);
  expect(added.status).toBe(0);
  const at = (...args: string[]): string[] => [...args, '--home', home];
  const login = () =>
    station(at('server', 'login', 'bench', '--user', DEFAULT_ADMIN.email, '--password-stdin'), {
      stdin: DEFAULT_ADMIN.password,
    });
  return { home, server, pin, at, login };
}

describe('a new server whose certificate nobody here knows', () => {
  test('is stored by its key once that was compared at the terminal', async () => {
    const certificate = await makeCertificate();
    const [home, server] = [makeHome(), await serve({ tls: certificate })];
    const add = ['server', 'add', 'bench', '--url', server.url, '--home', home, '--quiet'];
    const no = await station(add, { answers: ['no'] });
    expect(no.status).toBe(3);
    expect(no.err).toContain('CN=localhost');
    expect(no.err).toMatch(/valid: +20.* to 20/);
    expect(no.err).toContain(pinOf(certificate.cert));
    expect((await station(['server', 'list', '--home', home])).out).toContain('No server yet');
    const yes = await station([...add, '--json'], { answers: ['yes'] });
    expect(yes.status).toBe(0);
    expect(JSON.parse(yes.out)).toMatchObject({ trust: { by: 'pin', spkiSha256: pinOf(certificate.cert) } });
    expect(server.requests.count({})).toBe(0);
  });

  test('is not stored where nobody can be asked; the key to be compared is named', async () => {
    const certificate = await makeCertificate();
    const [home, server] = [makeHome(), await serve({ tls: certificate })];
    const { status, err } = await station(['server', 'add', 'bench', '--url', server.url, '--home', home]);
    expect(status).toBe(3);
    expect(err).toContain(`--pin ${pinOf(certificate.cert)}`);
    expect(err).toContain('Nothing was stored.');
  });

  test('is stored all the same where it cannot be looked at now', async () => {
    const home = makeHome();
    const gone = await startMenderServer({ tls: true });
    await gone.close();
    const { status, err } = await station(['server', 'add', 'bench', '--url', gone.url, '--home', home]);
    expect([status, err]).toEqual([0, expect.stringContaining('could not be looked at')]);
  });
});

test('a key that was changed is pinned anew by whoever compared it', async () => {
  const { server, at, pin, login } = await pinned();
  expect((await login()).status).toBe(0);
  await server.close();
  const after = await makeCertificate();
  await serve({ tls: after, port: server.port });
  const stopped = await login();
  expect(stopped.status).toBe(3);
  expect(stopped.err).toContain(pin);
  expect(stopped.err).toContain(pinOf(after.cert));
  expect(stopped.err).toContain('station server pin bench');
  expect((await station(at('server', 'pin', 'bench'))).status).toBe(2);
  expect((await station(at('server', 'pin', 'bench'), { answers: ['no'] })).status).toBe(130);
  expect((await login()).status).toBe(3);
  const yes = await station(at('server', 'pin', 'bench'), { answers: ['yes'] });
  expect(yes.status).toBe(0);
  expect(yes.err).toContain('ANOTHER ONE');
  expect((await login()).status).toBe(0);
  expect((await station(at('server', 'pin', 'bench', '--pin', pin))).status).toBe(0);
  expect((await login()).status).toBe(3);
});

describe('an account', () => {
  const otp = ['server', 'login', 'bench', '--user', 'otp@bench.local'];

  test('with a second factor is asked for its code at the terminal', async () => {
    const { at } = await pinned();
    const typed = await station(at(...otp), { answers: ['otp-password', '123456'] });
    expect(typed.status).toBe(0);
    expect(typed.err).toContain('Code of the second factor at bench');
    expect(typed.err + typed.out).not.toMatch(/otp-password|123456/);
    const given = await station(at(...otp, '--otp', '123456', '--password-stdin'), { stdin: 'otp-password' });
    expect(given.status).toBe(0);
    const missing = await station(at(...otp, '--password-stdin'), { stdin: 'otp-password' });
    expect(missing.status).toBe(3);
    expect(missing.err).toContain('--otp CODE');
  });

  test('with single sign-on is told the way by a personal access token, which works', async () => {
    const { at, server } = await pinned();
    const sso = await station(
      at('server', 'login', 'bench', '--user', 'sso@bench.local', '--password-stdin'),
      {
        stdin: 'x',
      },
    );
    expect(sso.status).toBe(3);
    expect(sso.err).toContain('STATION_TOKEN');
    const login = await fetchToken(server.core);
    const logged = await station(at('server', 'login', 'bench'), { env: { STATION_TOKEN: login } });
    expect(logged.status).toBe(0);
    expect((await station(at('server', 'logout', 'bench'))).status).toBe(0);
    // A token that was made for programs is only forgotten.
    expect(server.requests.count({ step: 'logout' })).toBe(0);
    const again = await station(at('server', 'login', 'bench'), { env: { STATION_TOKEN: login } });
    expect(again.status).toBe(0);
    expect(again.out + again.err).not.toContain('eyJ');
  });

  test('has its time left in the list', async () => {
    const { at, login } = await pinned();
    await login();
    expect((await station(at('server', 'list'))).out).toMatch(/LEFT\n.* 6 d 23 h\n/);
  });
});

/** A personal access token of the admin, made as the server's own UI does. */
async function fetchToken(core: { handle: (request: never) => unknown }): Promise<string> {
  const basic = Buffer.from(`${DEFAULT_ADMIN.email}:${DEFAULT_ADMIN.password}`).toString('base64');
  const ask = (target: string, authorization: string, body: string): string => {
    const request = {
      method: 'POST',
      target: `/api/management/v1/useradm/${target}`,
      headers: { authorization, 'content-type': 'application/json' },
      body: Buffer.from(body),
    };
    const outcome = core.handle(request as never) as { readonly response: { readonly body: string } };
    return outcome.response.body;
  };
  const session = ask('auth/login', `Basic ${basic}`, '{}');
  return Promise.resolve(ask('settings/tokens', `Bearer ${session}`, '{"name":"station","expires_in":3600}'));
}

describe('station shift-check', () => {
  test('exits 0 where the shift can begin and 1 where not, each line with its remedy', async () => {
    const { at, login } = await pinned({ limit: 5 });
    const shift = at('shift-check', '--server', 'bench');
    const out = await station(shift);
    expect(out.status).toBe(1);
    expect(out.out).toMatch(/BAD {3}server: Nobody is logged in/);
    await login();
    const good = await station([...shift, '--hours', '9', '--units', '5']);
    expect([good.status, good.out]).toEqual([0, expect.stringMatching(/The shift can begin \(until 20/)]);
    const full = await station([...shift, '--units', '6', '--json']);
    expect(full.status).toBe(1);
    const { until, lines } = JSON.parse(full.out) as {
      until: string;
      lines: { check: string; state: string }[];
    };
    expect(Date.parse(until)).toBeGreaterThan(Date.now() + 7.9 * 3_600_000);
    expect(lines.filter(({ state }) => state === 'bad').map(({ check }) => check)).toEqual([
      'limit for the boards',
    ]);
    const late = await station([...shift, '--hours', '168']);
    expect(late.out).toMatch(/(ok {2}|BAD) {2,}login: /);
  });

  test('takes its end as a time of day, and says what is wrong with another', async () => {
    const { at, login } = await pinned();
    await login();
    const { status, out } = await station(
      at('shift-check', '--server', 'bench', '--until', '23:59', '--json'),
    );
    expect(status).toBe(0);
    const until = new Date((JSON.parse(out) as { until: string }).until);
    expect([until.getHours(), until.getMinutes()]).toEqual([23, 59]);
    expect(until.getTime()).toBeGreaterThan(Date.now());
    for (const wrong of [
      ['--until', '25:00'],
      ['--hours', '0'],
      ['--until', '9:00', '--hours', '2'],
    ])
      expect((await station(at('shift-check', '--server', 'bench', ...wrong))).status).toBe(2);
  });
});

test('the first user of a server of 1.0 is made with a password that is typed twice', async () => {
  const server = await startOldServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const home = makeHome();
  await station(['server', 'add', 'old', '--url', server.url, '--home', home]);
  const first = ['server', 'first-user', 'old', '--user', 'first@bench.local', '--home', home];
  const differing = await station(first, { answers: ['long-enough', 'long-enouhg'] });
  expect([differing.status, server.users()]).toEqual([2, []]);
  const made = await station(first, { answers: ['long-enough', 'long-enough'] });
  expect([made.status, server.users()]).toEqual([0, ['first@bench.local']]);
  expect(made.out).toContain('Logged in at old as first@bench.local');
  const second = await station([...first, '--password-stdin'], { stdin: 'long-enough' });
  expect(second.status).toBe(3);
  expect(second.err).toContain('useradm create-user');
});

test('a proxy that is set is in doctor without its login, and its refusal is its own', async () => {
  const proxy = createServer((socket: Socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 407 Login\r\ncontent-length: 0\r\n\r\n'));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => proxy.close(() => resolve())));
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTPS_PROXY: `http://someone:canary-proxy@127.0.0.1:${port}` };
  const home = makeHome();
  const pin = 'a'.repeat(64);
  await station(['server', 'add', 'far', '--url', 'https://mender.invalid', '--pin', pin, '--home', home]);
  const doctor = await station(['doctor', '--home', home, '--json'], { env });
  expect(doctor.env).not.toHaveProperty('HTTPS_PROXY');
  const lines = JSON.parse(doctor.out) as { check: string; text: string; state: string }[];
  expect(lines.find(({ check }) => check === 'proxy')).toMatchObject({
    state: 'ok',
    text: `http://127.0.0.1:${port}, with a login (HTTPS_PROXY)`,
  });
  const tested = await station(['server', 'test', 'far', '--home', home], { env });
  expect(tested.status).toBe(1);
  expect(tested.out).toContain('407');
  expect(doctor.out + doctor.err + tested.out + tested.err).not.toContain('canary-proxy');
});
