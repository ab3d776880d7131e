import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { X509Certificate } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CallInput, DoctorLine } from '../../../src/contract.ts';
import { systemClock, type Clock } from '../../../src/model/clock.ts';
import {
  DEFAULT_ADMIN,
  makeCertificate,
  startMenderServer,
  type MenderServer,
  type ServerOptions,
} from '../../../src/rehearsal/server/index.ts';
import { startOldServer } from '../../../src/rehearsal/server/old-server.ts';
import { spkiSha256 } from '../../../src/servers/http/trust.ts';
import type { PortSource } from '../../../src/slots/port-source.ts';
import type { Station, StationOptions } from '../../../src/station.ts';
import { certificate, listen } from '../servers/peers.ts';
import { makeHome, open } from './home.ts';
import { recorded } from './recorded.ts';

const ADMIN = { name: 'bench', user: DEFAULT_ADMIN.email, password: DEFAULT_ADMIN.password } as const;
const OTP = { name: 'bench', user: 'otp@bench.local', password: 'otp-password' } as const;
const code = (wanted: string): Error => expect.objectContaining({ code: wanted }) as Error;
const line = (lines: readonly DoctorLine[], check: string): DoctorLine | undefined =>
  lines.find((each) => each.check === check);

async function serve(options: ServerOptions = {}): Promise<MenderServer> {
  const server = await startMenderServer({
    accounts: [{ email: OTP.user, password: OTP.password, otp: '123456' }],
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}
async function stationAt(
  server: { readonly url: string; readonly ca?: string | undefined },
  options: Partial<StationOptions> = {},
): Promise<Station> {
  const { station } = await open(options);
  const trust: CallInput<'server.add'>['trust'] =
    server.ca === undefined ? { by: 'system' } : { by: 'ca', pem: server.ca };
  await station.call('server.add', { name: 'bench', url: server.url, trust });
  return station;
}

/** Wall time that a test moves. */
function movable(): Clock & { ahead: number } {
  const clock = { ...systemClock, ahead: 0, now: () => Date.now() + clock.ahead };
  return clock;
}

/** One port at which nothing is ever read: whoever opens it has begun a job. */
function untouchable(): PortSource & { opened: number } {
  const source = {
    simulated: false,
    opened: 0,
    list: () =>
      Promise.resolve([{ slot: 'one', path: 'one', label: 'one', usb: null, byId: null, byPath: null }]),
    open: () => {
      source.opened += 1;
      return Promise.reject(new Error('a job was begun'));
    },
    watch: () => ({ [Symbol.dispose]: () => undefined }),
  };
  return source;
}
/** The same call at another server. */
async function passOn(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const { method = '', headers, url: path = '' } = request;
  const body = await buffer(request);
  const answer = await fetch(url + path, {
    method,
    headers: Object.fromEntries(
      ['authorization', 'content-type'].flatMap((name) => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    ),
    ...(method === 'GET' ? {} : { body }),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
  response.end(Buffer.from(await answer.arrayBuffer()));
}
const job = { ports: ['one'], server: 'bench', profile: 'mender' };

describe('a second factor', () => {
  test('is asked for after the password, which need not be given again', async () => {
    const server = await serve();
    const station = await stationAt(server);
    await expect(station.call('server.login', OTP)).rejects.toThrow(code('server/otp-needed'));
    await expect(station.call('server.login', { name: 'bench', otp: '000000' })).rejects.toThrow(
      code('server/otp-needed'),
    );
    const view = await station.call('server.login', { name: 'bench', otp: '123456' });
    expect(view.session).toMatchObject({ account: OTP.user });
    // A code is no login by itself, and the password is gone.
    await expect(station.call('server.login', { name: 'bench', otp: '123456' })).rejects.toThrow(
      code('station/usage'),
    );
  });

  test('is waited for some minutes and no longer', async () => {
    const clock = movable();
    const station = await stationAt(await serve(), { clock });
    await expect(station.call('server.login', OTP)).rejects.toThrow(code('server/otp-needed'));
    clock.ahead = 301_000;
    await expect(station.call('server.login', { name: 'bench', otp: '123456' })).rejects.toThrow(
      code('station/usage'),
    );
  });
});

describe('a login that is to be kept', () => {
  test('is refused, before anything is sent, where the window has no key store of the system', async () => {
    const server = await serve();
    const home = makeHome();
    const station = await stationAt(server, { home, withoutKey: 'This session has no key ring.' });
    expect((await station.call('snapshot', {})).station.loginsNotKept).toBe('This session has no key ring.');
    await expect(station.call('server.login', { ...ADMIN, keep: true })).rejects.toThrow(
      expect.objectContaining({
        code: 'server/login-not-kept',
        message: expect.stringContaining('no key ring') as string,
      }) as Error,
    );
    expect(server.requests.count({ step: 'login' })).toBe(0);
    const view = await station.call('server.login', ADMIN);
    expect(view.session?.kept).toBe(false);
    const files = readdirSync(home).filter((name) => statSync(join(home, name)).isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) expect(readFileSync(join(home, name), 'latin1')).not.toContain('eyJ');
    expect(readFileSync(join(home, 'secrets.json'), 'utf8')).not.toContain('server/bench/session');
  });

  test('is refused before the first user of a server is made', async () => {
    const server = await startOldServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const station = await stationAt(server, { withoutKey: 'This session has no key ring.' });
    const user = { name: 'bench', user: 'first@bench.local', password: 'long-enough' };
    await expect(station.call('server.first-user', { ...user, keep: true })).rejects.toThrow(
      code('server/login-not-kept'),
    );
    expect(server.users()).toEqual([]);
    const view = await station.call('server.first-user', user);
    expect(view.session).toMatchObject({ account: user.user, kept: false });
  });

  test('takes the place of one that was kept: a login that is not to be kept leaves none behind', async () => {
    const server = await serve();
    const home = makeHome();
    const station = await stationAt(server, { home });
    await station.call('server.login', { ...ADMIN, keep: true });
    const view = await station.call('server.login', ADMIN);
    expect(view.session?.kept).toBe(false);
    await station[Symbol.asyncDispose]();
    const { station: later } = await open({ home });
    const [known] = (await later.call('snapshot', {})).servers;
    expect(known?.session).toBeNull();
  });
});

describe('a job', () => {
  test('is not begun with a login that may end in it', async () => {
    const server = await serve({ sessionSeconds: 300 });
    const ports = untouchable();
    const clock = movable();
    const station = await stationAt(server, { ports, clock });
    // With a code that is good once, the station cannot log in by itself.
    await station.call('server.login', { ...OTP, otp: '123456' });
    clock.ahead = 151_000;
    await expect(station.call('provision', job)).rejects.toThrow(
      expect.objectContaining({
        code: 'server/session-ending',
        details: { server: 'bench', minutes: 2 },
      }) as Error,
    );
    expect(ports.opened).toBe(0);
  });

  test('is begun with a fresh login where no login lasts as long as the longest job, which is said', async () => {
    const server = await serve({ sessionSeconds: 300 });
    const home = makeHome();
    const station = await stationAt(server, { home });
    await station.call('server.login', { ...OTP, otp: '123456', keep: true });
    const { lines } = await station.call('server.test', { name: 'bench' });
    expect(line(lines, 'login')).toMatchObject({
      state: 'note',
      remedy: expect.stringContaining('last 5 min: a long job may need a new one') as string,
    });
    await station[Symbol.asyncDispose]();
    // Also in another process, which goes on with the kept login.
    const ports = untouchable();
    const { station: later } = await open({ home, ports });
    const { jobs } = await later.call('provision', job);
    expect(jobs).toHaveLength(1);
    expect(ports.opened).toBeGreaterThan(0);
  });

  test('has the login renewed before it begins, where that can be done', async () => {
    const server = await serve({ sessionSeconds: 300 });
    const ports = untouchable();
    const clock = movable();
    const station = await stationAt(server, { ports, clock });
    await station.call('server.login', { ...ADMIN, keep: true });
    server.environment.sessionSeconds = 604_800;
    clock.ahead = 151_000;
    const { jobs } = await station.call('provision', job);
    expect(jobs).toHaveLength(1);
    expect(ports.opened).toBeGreaterThan(0);
    expect(server.requests.count({ step: 'login' })).toBe(2);
    const [view] = (await station.call('snapshot', {})).servers;
    expect(Date.parse(view?.session?.expiresAt ?? '') - Date.now()).toBeGreaterThan(86_400_000);
    expect(view?.session?.kept).toBe(true);
  });
});

describe('before a shift', () => {
  const checks = async (station: Station, wish: Partial<CallInput<'shift.check'>> = {}) =>
    (await station.call('shift.check', { server: 'bench', ...wish })).lines;

  test('all that it takes is looked at, and nothing is changed', async () => {
    const server = await serve({ tls: true, limit: 10 });
    const station = await stationAt(server);
    await station.call('server.login', ADMIN);
    const report = await station.call('shift.check', { server: 'bench', hours: 10, units: 10 });
    expect(Date.parse(report.until) - Date.now()).toBeGreaterThan(9.9 * 3_600_000);
    for (const check of [
      'certificate',
      'login',
      'accept boards',
      'limit for the boards',
      'disk',
      'clock',
      'clock of the server',
      'record',
    ])
      expect([check, line(report.lines, check)?.state]).toEqual([check, 'ok']);
    expect(report.lines.some(({ state }) => state === 'bad')).toBe(false);
    expect(server.inspect()).toEqual([]);
  });

  test('what would stop it in the middle is bad, with a way out', async () => {
    const server = await serve({ tls: true, limit: 10, sessionSeconds: 3 * 3600 });
    const station = await stationAt(server);
    const until = new Date(Date.now() + 120 * 86_400_000).toISOString();
    expect(line(await checks(station), 'server')).toMatchObject({ state: 'bad' });
    await station.call('server.login', ADMIN);
    const lines = await checks(station, { until, units: 11 });
    for (const check of ['certificate', 'login', 'limit for the boards']) {
      expect([check, line(lines, check)?.state]).toEqual([check, 'bad']);
      expect(line(lines, check)?.remedy).toMatch(/\w/);
    }
    expect(line(await checks(station, { hours: 2 }), 'login')?.state).toBe('ok');
    await server.close();
    expect(line(await checks(station), 'server')).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('cannot be reached') as string,
    });
  });

  test('its end is in the future, and its batch is one that there is', async () => {
    const station = await stationAt(await serve());
    await expect(checks(station, { until: '2020-01-01T00:00:00Z' })).rejects.toThrow(code('station/usage'));
    await expect(checks(station, { batch: 'none' })).rejects.toThrow(code('batch/unknown'));
  });
});

describe('a server whose key has changed', () => {
  const pinOf = (pem: string): string => spkiSha256(new X509Certificate(pem));

  test('is not talked to until a person pins the new key', async () => {
    const [before, after] = await Promise.all([makeCertificate(), makeCertificate()]);
    const first = await serve({ tls: before });
    const { station } = await open();
    const pinned = { by: 'pin', spkiSha256: pinOf(before.cert) } as const;
    await station.call('server.add', { name: 'bench', url: first.url, trust: pinned });
    await station.call('server.login', ADMIN);
    await first.close();
    const second = await serve({ tls: after, port: first.port });
    const { lines } = await station.call('server.test', { name: 'bench' });
    // Both keys, so that a person can compare.
    expect(line(lines, 'certificate')).toMatchObject({ state: 'bad' });
    expect(line(lines, 'certificate')?.text).toContain(pinOf(before.cert));
    expect(line(lines, 'certificate')?.text).toContain(pinOf(after.cert));
    await expect(station.call('server.login', ADMIN)).rejects.toThrow(code('server/pin-mismatch'));
    expect(second.requests.count({})).toBe(0);
    const known = await station.call('server.shown-certificate', { name: 'bench' });
    expect(known).toMatchObject({
      pinned: pinOf(before.cert),
      certificate: { spkiSha256: pinOf(after.cert) },
    });
    await station.call('server.pin', { name: 'bench', spkiSha256: pinOf(after.cert) });
    await expect(station.call('server.login', ADMIN)).resolves.toMatchObject({ name: 'bench' });
  });

  test('and whose CA is trusted says so by the way', async () => {
    const [before, after] = [certificate('127.0.0.1'), certificate('127.0.0.1')];
    const first = await serve({ tls: before });
    const { station } = await open();
    const trust = { by: 'ca', pem: before.ca + after.ca } as const;
    await station.call('server.add', { name: 'bench', url: first.url, trust });
    await station.call('server.login', ADMIN);
    expect(
      line((await station.call('server.test', { name: 'bench' })).lines, 'key of the certificate'),
    ).toBeUndefined();
    await first.close();
    await serve({ tls: after, port: first.port });
    const { lines } = await station.call('server.test', { name: 'bench' });
    expect(line(lines, 'key of the certificate')).toMatchObject({ state: 'note' });
    expect(line(lines, 'key of the certificate')?.text).toContain(pinOf(before.cert));
    expect(line(lines, 'key of the certificate')?.text).toContain(pinOf(after.cert));
    await station.call('server.login', ADMIN);
    expect(
      line((await station.call('server.test', { name: 'bench' })).lines, 'key of the certificate'),
    ).toBeUndefined();
  });
});

describe("the organization's token", () => {
  test('is read from the server, stored, compared and never shown', async () => {
    const server = await serve({ mode: '2023', tenant: { token: 'canary-organization' } });
    const station = await stationAt(server);
    await station.call('server.login', ADMIN);
    const own = async () =>
      line((await station.call('server.test', { name: 'bench' })).lines, 'organization token')?.state;
    expect(await own()).toBe('bad');
    await station.call('server.tenant-token', { name: 'bench', token: 'canary-of-another' });
    expect(await own()).toBe('bad');
    const view = await station.call('server.read-tenant-token', { name: 'bench' });
    expect(view.hasTenantToken).toBe(true);
    expect(await own()).toBe('ok');
    const told = JSON.stringify([await station.call('server.test', { name: 'bench' }), view]);
    expect(told).not.toContain('canary');
  });

  test('is none where there are no organizations', async () => {
    const station = await stationAt(await serve());
    await station.call('server.login', ADMIN);
    await expect(station.call('server.read-tenant-token', { name: 'bench' })).rejects.toThrow(
      code('server/no-organization'),
    );
  });
});

describe('a server of 1.0', () => {
  test('gets its first user, who is logged in, and says that it accepts boards itself', async () => {
    const server = await startOldServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const ports = untouchable();
    const station = await stationAt(server, { ports });
    const empty = await station.call('server.test', { name: 'bench' });
    expect(empty.empty).toBe(true);
    expect(line(empty.lines, 'answers')?.remedy).toContain('first-user bench');
    const user = { name: 'bench', user: 'first@bench.local', password: 'long-enough' };
    const view = await station.call('server.first-user', { ...user, keep: true });
    expect(view.session).toMatchObject({ account: user.user, kept: true });
    await expect(station.call('server.first-user', user)).rejects.toThrow(code('server/has-users'));
    const { lines } = await station.call('server.test', { name: 'bench' });
    expect(line(lines, 'version')).toMatchObject({ state: 'note' });
    expect(lines.filter(({ state }) => state === 'bad')).toEqual([]);
    await expect(station.call('provision', job)).rejects.toThrow(code('server/old'));
    expect(ports.opened).toBe(0);
  });

  test('that goes away once its first user is made: what is said, and recorded, is that it was made', async () => {
    const server = await startOldServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const front = await listen((request, response) => {
      if (server.users().length > 0) request.socket.destroy();
      else void passOn(request, response, server.url);
    });
    onTestFinished(() => front[Symbol.asyncDispose]());
    const home = makeHome();
    const station = await stationAt(front, { home });
    const user = { name: 'bench', user: 'first@bench.local', password: 'long-enough' };
    await expect(station.call('server.first-user', user)).rejects.toMatchObject({
      code: 'server/unreachable',
      unchanged: expect.stringContaining('The first user of bench was made: first@bench.local') as string,
    });
    expect(server.users()).toEqual([user.user]);
    const changes = recorded(home, 'setting-changed');
    expect(changes).toContainEqual({
      kind: 'setting-changed',
      setting: 'first-user',
      subject: 'bench',
      to: user.user,
      operator: null,
    });
    expect(JSON.stringify(changes)).not.toContain(user.password);
  });
});
