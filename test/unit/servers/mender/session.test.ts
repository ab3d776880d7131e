import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import { startMenderServer, type ServerOptions } from '../../../../src/rehearsal/server/index.ts';
import type { ConnectionOptions, Credentials } from '../../../../src/servers/connected-server.ts';
import { createMenderServer, type MenderServer } from '../../../../src/servers/mender/index.ts';
import { always, listen, profileOf, type Peer } from '../peers.ts';
import { ADMIN, code, MODES, never } from './bench.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
async function at(handle: Parameters<typeof listen>[0]): Promise<{ peer: Peer; server: MenderServer }> {
  const peer = await listen(handle);
  const server = createMenderServer(profileOf(peer.url));
  open.push(peer, server);
  return { peer, server };
}
async function rehearsalAt(options: ServerOptions, serverOptions: ConnectionOptions = {}) {
  const rehearsal = await startMenderServer(options);
  const server = createMenderServer(profileOf(rehearsal.url), serverOptions);
  open.push({ [Symbol.asyncDispose]: () => rehearsal.close() }, server);
  const count = (step: 'login' | 'logout' | 'get-limit'): number => rehearsal.requests.count({ step });
  return { rehearsal, server, count };
}

/** A personal access token of whoever is logged in, as a person copies it. */
async function accessToken(url: string, server: MenderServer): Promise<Credentials> {
  const made = await fetch(`${url}/api/management/v1/useradm/settings/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.kept!.form.reveal()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'station-1' }),
  });
  return { by: 'token', token: secret(` ${await made.text()}\n`) };
}

describe.each(MODES)('a session at a server of %s', (mode) => {
  test('is one login for many calls, and is known', async () => {
    const { server, count } = await rehearsalAt({ mode });
    expect(server.session).toBeNull();
    const session = await server.login(ADMIN, never);
    expect(session).toMatchObject({ account: 'admin@bench.local', by: 'password' });
    expect(Date.parse(session.expiresAt ?? '') - Date.now()).toBeGreaterThan(6 * 86_400_000);
    expect(server.session).toEqual(session);
    for (let call = 0; call < 5; call += 1) await server.limit(never);
    expect(count('login')).toBe(1);
    expect(inspect(server, { depth: 9 })).not.toContain(server.kept?.form.reveal());
  });

  test('of a wrong password is refused, and leaves nobody logged in', async () => {
    const { server } = await rehearsalAt({ mode });
    const wrong: Credentials = {
      by: 'password',
      user: 'admin@bench.local',
      password: secret('wrong-pass'),
    };
    await expect(server.login(wrong, never)).rejects.toThrow(
      code('server/login-refused', { user: 'admin@bench.local' }),
    );
    expect(server.session).toBeNull();
    await expect(server.limit(never)).rejects.toThrow(code('server/not-logged-in'));
  });

  test('ends at the server, too', async () => {
    const { server, count } = await rehearsalAt({ mode });
    await server.login(ADMIN, never);
    const kept = server.kept!;
    await server.logout(never);
    expect(count('logout')).toBe(1);
    expect(server.session).toBeNull();
    await expect(server.resume(kept, never)).rejects.toThrow(code('server/login-refused'));
    await server.logout(never);
    expect(count('logout')).toBe(1);
  });

  test('that was kept goes on without a new login', async () => {
    const { server, rehearsal, count } = await rehearsalAt({ mode });
    await server.login(ADMIN, never);
    const again = createMenderServer(profileOf(rehearsal.url));
    open.push(again);
    const session = await again.resume(server.kept!, never);
    expect(session).toEqual(server.session);
    expect(await again.limit(never)).toMatchObject({ accepted: 0 });
    expect(count('login')).toBe(1);
  });

  test('by a personal access token names its user, and logging out leaves the token alone', async () => {
    const { server, rehearsal, count } = await rehearsalAt({ mode });
    await server.login(ADMIN, never);
    const credentials = await accessToken(rehearsal.url, server);
    await server.logout(never);
    const session = await server.login(credentials, never);
    expect(session).toEqual({ account: 'admin@bench.local', expiresAt: null, by: 'token' });
    await server.logout(never);
    expect(count('logout')).toBe(1);
    expect(await server.login(credentials, never)).toEqual(session);
  });

  test.each(['', 'no token', 'a.b.c'])('by the token %j is refused', async (token) => {
    const { server } = await rehearsalAt({ mode });
    await expect(server.login({ by: 'token', token: secret(token) }, never)).rejects.toThrow(
      code('server/token-refused'),
    );
  });

  test('that was revoked is renewed once for all calls that met it', async () => {
    const said: unknown[] = [];
    let renewals = 0;
    const { server, rehearsal, count } = await rehearsalAt(
      { mode },
      {
        renew: () => Promise.resolve(ADMIN),
        onChange: (...change) => said.push(change),
        onRenewed: () => (renewals += 1),
      },
    );
    await server.login(ADMIN, never);
    const { form } = server.kept!;
    expect(renewals).toBe(0);
    rehearsal.revokeSessions();
    await Promise.all([1, 2, 3].map(() => server.limit(never)));
    expect(count('login')).toBe(2);
    expect(renewals).toBe(1);
    expect(server.kept!.form.reveal()).not.toBe(form.reveal());
    expect(said).toEqual([
      ['login', 'admin@bench.local'],
      ['login', 'admin@bench.local'],
    ]);
  });

  test('by a personal access token that was revoked has ended, and asks the server nothing more', async () => {
    const said: unknown[] = [];
    const token: { current: Credentials | null } = { current: null };
    const { server, rehearsal } = await rehearsalAt(
      { mode },
      { renew: () => Promise.resolve(token.current), onChange: (what) => said.push(what) },
    );
    await server.login(ADMIN, never);
    token.current = await accessToken(rehearsal.url, server);
    await server.logout(never);
    await server.login(token.current, never);
    rehearsal.revokeSessions({ accessTokens: true });
    await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect(server.session).toBeNull();
    expect(said.slice(2)).toEqual(['login', 'refused']);
    const calls = rehearsal.requests.total;
    await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect(rehearsal.requests.total).toBe(calls);
  });

  test('is not begun again by a renewal on its way when it is logged out, and none is left at the server', async () => {
    const said: unknown[] = [];
    const asked = Promise.withResolvers<null>();
    const credentials = Promise.withResolvers<Credentials>();
    const { server, rehearsal, count } = await rehearsalAt(
      { mode },
      {
        renew: () => (asked.resolve(null), credentials.promise),
        onChange: (what) => said.push(what),
      },
    );
    await server.login(ADMIN, never);
    rehearsal.revokeSessions();
    const call = server.api.limit(never);
    const refused = expect(call).rejects.toThrow(code('server/not-logged-in'));
    await asked.promise;
    await server.logout(never);
    credentials.resolve(ADMIN);
    await refused;
    expect(server.session).toBeNull();
    expect(said).toEqual(['login', 'logout']);
    // The one of before the renewal, and the one that came of it.
    expect([count('login'), count('logout')]).toEqual([2, 2]);
    expect(rehearsal.revokeSessions()).toBe(0);
  });

  test('of somebody else stays where a renewal for the account before is on its way', async () => {
    const other = { email: 'other@bench.local', password: 'other-bench' };
    const asked = Promise.withResolvers<null>();
    const credentials = Promise.withResolvers<Credentials>();
    const { server, rehearsal } = await rehearsalAt(
      { mode, accounts: [other] },
      { renew: () => (asked.resolve(null), credentials.promise) },
    );
    await server.login(ADMIN, never);
    rehearsal.revokeSessions();
    const call = server.api.limit(never);
    await asked.promise;
    await server.login({ by: 'password', user: other.email, password: secret(other.password) }, never);
    credentials.resolve(ADMIN);
    expect(await call).toBeNull();
    expect(server.session).toMatchObject({ account: other.email });
  });

  test('is renewed once a minute at most, then has ended and asks the server nothing more', async () => {
    let now = 0;
    const said: unknown[] = [];
    const { server, rehearsal, count } = await rehearsalAt(
      { mode },
      {
        renew: () => Promise.resolve(ADMIN),
        onChange: (what) => said.push(what),
        clock: { ...systemClock, monotonic: () => now },
      },
    );
    await server.login(ADMIN, never);
    for (const [after, logins] of [
      [0, 2],
      [61_000, 3],
    ] as const) {
      now += after;
      rehearsal.revokeSessions();
      await server.limit(never);
      expect(count('login')).toBe(logins);
    }
    now += 59_000;
    rehearsal.revokeSessions();
    await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
    const calls = rehearsal.requests.total;
    await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect(rehearsal.requests.total).toBe(calls);
    expect(said).toEqual(['login', 'login', 'login', 'refused']);
    await server.login(ADMIN, never);
    expect(await server.api.limit(never)).toBeNull();
  });

  test('under a storm of 401s ends after one more login', async () => {
    const { server, rehearsal, count } = await rehearsalAt({ mode }, { renew: () => Promise.resolve(ADMIN) });
    await server.login(ADMIN, never);
    rehearsal.faults.add({ on: 'get-limit', act: { kind: 'status', status: 401 } });
    await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect(count('login')).toBe(2);
    expect(count('get-limit')).toBe(2);
  });

  test('that nobody can renew has ended', async () => {
    for (const renew of [undefined, () => Promise.resolve(null)]) {
      const { server, rehearsal, count } = await rehearsalAt({ mode }, renew === undefined ? {} : { renew });
      await server.login(ADMIN, never);
      rehearsal.revokeSessions();
      await expect(server.api.limit(never)).rejects.toThrow(code('server/session-ended'));
      expect(server.session).toBeNull();
      expect(count('login')).toBe(1);
    }
  });

  test('outlives a server that is away while it is renewed', async () => {
    const { server, rehearsal } = await rehearsalAt({ mode }, { renew: () => Promise.resolve(ADMIN) });
    await server.login(ADMIN, never);
    rehearsal.revokeSessions();
    rehearsal.faults.add({ on: 'login', times: 1, act: { kind: 'drop', when: 'before' } });
    await expect(server.api.limit(never)).rejects.toThrow(code('server/unreachable'));
    expect(await server.api.limit(never)).toBeNull();
  });

  test('of a user without a right is told so', async () => {
    const { server, rehearsal } = await rehearsalAt({ mode });
    await server.login(ADMIN, never);
    rehearsal.faults.add({ on: 'get-limit', act: { kind: 'status', status: 403 } });
    await expect(server.api.limit(never)).rejects.toThrow(
      code('server/forbidden', { user: 'admin@bench.local' }),
    );
    expect(server.session).not.toBeNull();
  });

  test('at a gateway of another host name: it is no Mender server', async () => {
    const { server } = await rehearsalAt({ mode, hostname: 'mender.example.com' });
    await expect(server.login(ADMIN, never)).rejects.toThrow(code('server/not-mender'));
  });
});

describe('a login at other servers', () => {
  test('single sign-on is known by the content type', async () => {
    const { server } = await at(
      always(200, '{"id":"x","kind":"oidc"}', { 'content-type': 'application/json' }),
    );
    await expect(server.login(ADMIN, never)).rejects.toThrow(code('server/single-sign-on'));
  });

  test('a second factor is asked for, and sent in the body', async () => {
    const bodies: string[] = [];
    const { server } = await at((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"2fa needed"}');
      });
    });
    await expect(server.login(ADMIN, never)).rejects.toThrow(code('server/otp-needed'));
    await expect(server.login({ ...ADMIN, otp: '123456' }, never)).rejects.toThrow(code('server/otp-needed'));
    expect(bodies).toEqual(['{}', '{"token2fa":"123456"}']);
  });

  test.each([
    ['a captive portal', 200, '<html>Welcome to the hotel</html>', 'text/html', 'server/not-mender'],
    ['another API', 404, '{"message":"no such route"}', 'application/json', 'server/not-mender'],
    ['a proxy whose server is down', 502, 'Bad Gateway', 'text/plain', 'server/failed'],
    ['a service in trouble', 500, '{"error":"internal error"}', 'application/json', 'server/failed'],
  ])('%s', async (_, status, body, type, expected) => {
    const { server } = await at(always(status, body, { 'content-type': type }));
    await expect(server.login(ADMIN, never)).rejects.toThrow(code(expected));
  });

  test('an auth request that a captive portal answers is not an authorization', async () => {
    const { server } = await at(always(200, '<html>Welcome</html>', { 'content-type': 'text/html' }));
    const submitting = server.submit(secret(Buffer.from('{}')), secret(Buffer.from('s')), never);
    await expect(submitting).rejects.toThrow(code('server/not-mender'));
  });

  test('an error names the call and the request id', async () => {
    const { server } = await at((request, response) => {
      response.setHeader('x-men-requestid', String(request.headers['x-men-requestid']));
      response.writeHead(500).end('{"error":"internal error"}');
    });
    const thrown = await server.login(ADMIN, never).catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      details: { call: 'login', status: 500, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
    });
  });
});
