import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { MIC_ADMIN } from '../../../../src/rehearsal/mic/index.ts';
import type { Credentials } from '../../../../src/servers/connected-server.ts';
import { createDeviceServer } from '../../../../src/servers/index.ts';
import { code } from '../mender/bench.ts';
import { ADMIN, IDENTITY, micBench, micProfile, never } from './bench.ts';

const MINUTE = 60_000;

describe('a session at a stack', () => {
  test('is one login for many calls, renews itself before its hour is over, and says that it does not end', async () => {
    let renewals = 0;
    const { server, stack, clock } = await micBench({}, { onRenewed: () => (renewals += 1) });
    expect(await server.login(ADMIN, never)).toEqual({
      account: 'admin',
      expiresAt: null,
      by: 'password',
      refreshed: true,
    });
    for (let call = 0; call < 5; call += 1) await server.limit(never);
    expect([stack.count('login'), stack.count('refresh')]).toEqual([1, 0]);
    clock.forward(54 * MINUTE);
    await server.limit(never);
    expect(stack.count('refresh')).toBe(0);
    clock.forward(2 * MINUTE);
    await Promise.all([1, 2, 3].map(() => server.limit(never)));
    expect([stack.count('login'), stack.count('refresh'), renewals]).toEqual([1, 1, 1]);
    expect(inspect(server, { depth: 9 })).not.toContain(server.kept!.form.reveal());
  });

  test.each([401, 403])(
    'whose token the stack refuses with %i is renewed once, and the call made again',
    async (status) => {
      const { server, stack, clock } = await micBench();
      await server.login(ADMIN, never);
      clock.forward(2 * MINUTE);
      stack.faults.push({
        on: 'user',
        times: 1,
        act: { status, json: { message: 'The incoming token has expired' } },
      });
      expect(await server.limit(never)).toMatchObject({ limit: null });
      expect([stack.count('refresh'), stack.count('user')]).toEqual([1, 2]);
    },
  );

  test('that is refused again after its renewal has ended, and asks no further', async () => {
    const said: unknown[] = [];
    const { server, stack, clock } = await micBench({}, { onChange: (what) => said.push(what) });
    await server.login(ADMIN, never);
    clock.forward(2 * MINUTE);
    stack.faults.push({ on: 'user', act: { status: 401, json: { message: 'Unauthorized' } } });
    await expect(server.limit(never)).rejects.toThrow(code('server/session-ended'));
    await expect(server.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect([stack.count('refresh'), stack.count('user')]).toEqual([1, 2]);
    expect(said).toEqual(['login', 'expired']);
  });

  test('whose refresh token has ended logs in anew where it can, else has ended', async () => {
    const { server, stack, clock } = await micBench({}, { renew: () => Promise.resolve(ADMIN) });
    await server.login(ADMIN, never);
    stack.state.endTokens(true);
    clock.forward(2 * MINUTE);
    await server.limit(never);
    expect([stack.count('refresh'), stack.count('login')]).toEqual([1, 2]);
    const alone = await micBench();
    await alone.server.login(ADMIN, never);
    alone.stack.state.endTokens(true);
    alone.clock.forward(2 * MINUTE);
    await expect(alone.server.limit(never)).rejects.toThrow(code('server/session-ended'));
    expect(alone.server.session).toBeNull();
  });

  test('is not begun again by a renewal on its way when it is logged out', async () => {
    const said: unknown[] = [];
    const asked = Promise.withResolvers<null>();
    const credentials = Promise.withResolvers<Credentials>();
    const { server, stack, clock } = await micBench(
      {},
      { renew: () => (asked.resolve(null), credentials.promise), onChange: (what) => said.push(what) },
    );
    await server.login(ADMIN, never);
    stack.state.endTokens(true);
    clock.forward(2 * MINUTE);
    const refused = expect(server.limit(never)).rejects.toThrow(code('server/not-logged-in'));
    await asked.promise;
    await server.logout(never);
    credentials.resolve(ADMIN);
    await refused;
    expect(server.session).toBeNull();
    expect(said).toEqual(['login', 'logout']);
  });

  test('of somebody else stays where a renewal for the account before is on its way', async () => {
    const other = { ...MIC_ADMIN, userName: 'other' };
    const asked = Promise.withResolvers<null>();
    const credentials = Promise.withResolvers<Credentials>();
    const { server, stack, clock } = await micBench(
      { users: [MIC_ADMIN, other] },
      { renew: () => (asked.resolve(null), credentials.promise) },
    );
    await server.login(ADMIN, never);
    stack.state.endTokens(true);
    clock.forward(2 * MINUTE);
    const call = server.limit(never);
    await asked.promise;
    await server.login({ by: 'password', user: 'other', password: secret(MIC_ADMIN.password) }, never);
    credentials.resolve(ADMIN);
    expect(await call).toMatchObject({ limit: null });
    expect(server.session).toMatchObject({ account: 'other' });
  });

  test('lacking a right is told so, and its token is not renewed for that', async () => {
    const reader = { ...MIC_ADMIN, roleName: 'Read' as const };
    const { server, issuer, stack, clock } = await micBench({ users: [reader] });
    await server.login(ADMIN, never);
    clock.forward(2 * MINUTE);
    await expect(issuer.create(IDENTITY, never)).rejects.toThrow(code('server/forbidden', { user: 'admin' }));
    expect(stack.count('refresh')).toBe(0);
    expect(await server.examine(never)).toContainEqual(
      expect.objectContaining({ check: 'right Things.CREATE', state: 'bad' }),
    );
  });

  test('is kept as what it needs, goes on in the next process without a login, and may be hours old', async () => {
    const { server, stack, clock } = await micBench();
    await server.login(ADMIN, never);
    const kept = server.kept!;
    clock.forward(5 * 60 * MINUTE);
    const next = createDeviceServer(micProfile(stack), { clock, apiKey: () => secret(stack.apiKey) });
    await using _next = next;
    expect(await next.resume(kept, never)).toEqual({
      account: 'admin',
      expiresAt: null,
      by: 'password',
      refreshed: true,
    });
    await next.limit(never);
    expect([stack.count('login'), stack.count('refresh')]).toEqual([1, 1]);
    expect(next.kept!.form.reveal()).not.toBe(kept.form.reveal());
    stack.state.endTokens(true);
    await expect(next.resume(kept, never)).rejects.toThrow(code('server/login-refused'));
  });

  test('outlives a wrong API key, which is told as that', async () => {
    let key: string | null = null;
    const { server, stack, clock } = await micBench({}, { apiKey: () => secret(key ?? '') });
    key = stack.apiKey;
    await server.login(ADMIN, never);
    clock.forward(2 * MINUTE);
    key = '0'.repeat(40);
    await expect(server.limit(never)).rejects.toThrow(code('server/api-key-refused'));
    expect(server.session).not.toBeNull();
    await expect(server.resume(server.kept!, never)).rejects.toThrow(code('server/api-key-refused'));
    key = stack.apiKey;
    await server.limit(never);
    expect(stack.count('login')).toBe(1);
  });

  test('ends here, without a call: a stack has none for it', async () => {
    const { server, stack } = await micBench();
    await server.login(ADMIN, never);
    await server.logout(never);
    expect(server.session).toBeNull();
    expect(server.kept).toBeNull();
    expect(stack.count('none')).toBe(0);
    await expect(server.limit(never)).rejects.toThrow(code('server/not-logged-in'));
  });
});

describe.each(['wrapped', 'flat'] as const)('a login at a stack with %s errors', (errors) => {
  test('by a wrong password is refused', async () => {
    const { server } = await micBench({ errors });
    await expect(
      server.login({ ...ADMIN, password: secret('wrong') } as typeof ADMIN, never),
    ).rejects.toThrow(code('server/login-refused', { user: 'admin' }));
  });

  test('of somebody who has not accepted the terms is told so', async () => {
    const { server } = await micBench({ errors, users: [{ ...MIC_ADMIN, consented: false }] });
    await expect(server.login(ADMIN, never)).rejects.toThrow(code('server/consent-required'));
  });

  test('by a wrong API key is no wrong password', async () => {
    const { server } = await micBench({ errors }, { apiKey: () => secret('0'.repeat(40)) });
    await expect(server.login(ADMIN, never)).rejects.toThrow(code('server/api-key-refused'));
  });

  test('by a personal access token is not offered', async () => {
    const { server } = await micBench({ errors });
    await expect(server.login({ by: 'token', token: secret('t') }, never)).rejects.toThrow(
      code('server/not-offered'),
    );
  });
});
