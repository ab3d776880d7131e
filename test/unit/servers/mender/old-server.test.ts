import { afterEach, describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { startMenderServer } from '../../../../src/rehearsal/server/index.ts';
import { startOldServer, type OldServerOptions } from '../../../../src/rehearsal/server/old-server.ts';
import { createMenderServer } from '../../../../src/servers/mender/index.ts';
import { profileOf } from '../peers.ts';
import { code, knock, MODES, never, newIdentity, newKey } from './bench.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
const USER = { email: 'first@bench.local', password: secret('long-enough') };
const LOGIN = { by: 'password', user: USER.email, password: USER.password } as const;
async function old(options: OldServerOptions = {}) {
  const peer = await startOldServer(options);
  const server = createMenderServer(profileOf(peer.url));
  open.push(peer, server);
  return { peer, server };
}

describe('a server of 1.0 or 1.1 (as documents describe it)', () => {
  test.each(['initial', 'inital'] as const)(
    'takes its first user at users/%s, who then logs in',
    async (spelling) => {
      const { peer, server } = await old({ spelling });
      await server.createFirstUser?.(USER, never);
      expect(peer.users()).toEqual([USER.email]);
      await expect(server.login(LOGIN, never)).resolves.toMatchObject({
        account: USER.email,
        by: 'password',
      });
    },
  );

  test('takes no second first one, and nothing is sent to it with the password', async () => {
    const { peer, server } = await old({ users: [{ email: 'a@b.example', password: 'other-pass' }] });
    await expect(server.createFirstUser?.(USER, never)).rejects.toThrow(code('server/has-users'));
    expect(peer.users()).toEqual(['a@b.example']);
    expect(peer.calls.some((call) => call.includes('/users/'))).toBe(false);
  });

  test('says what is wrong with a first user', async () => {
    const { peer, server } = await old();
    const short = { email: USER.email, password: secret('short') };
    await expect(server.createFirstUser?.(short, never)).rejects.toThrow(code('server/first-user-refused'));
    expect(peer.users()).toEqual([]);
  });

  test('refuses a wrong password as any server does', async () => {
    const { server } = await old({ users: [{ email: USER.email, password: 'other-pass' }] });
    await expect(server.login(LOGIN, never)).rejects.toThrow(code('server/login-refused'));
  });

  test('has no other call that the station would make: it says where boards are accepted', async () => {
    const { peer, server } = await old({ users: [{ email: USER.email, password: 'long-enough' }] });
    await server.login(LOGIN, never);
    const calls = peer.calls.length;
    await expect(server.limit(never)).rejects.toThrow(code('server/old'));
    await expect(server.examine(never)).resolves.toMatchObject([
      { check: 'version', state: 'note', text: expect.stringContaining('its own UI') as string },
    ]);
    await server.logout(never);
    expect(peer.calls).toHaveLength(calls);
    expect(server.session).toBeNull();
  });

  test('a kept login goes on', async () => {
    const { peer, server } = await old({ users: [{ email: USER.email, password: 'long-enough' }] });
    await server.login(LOGIN, never);
    const later = createMenderServer(profileOf(peer.url));
    open.push(later);
    await expect(later.resume(server.kept!, never)).resolves.toMatchObject({ account: USER.email });
    await expect(later.limit(never)).rejects.toThrow(code('server/old'));
  });

  test('takes auth requests, and authorizes what was accepted in its UI', async () => {
    const { peer, server } = await old();
    const [identity, key] = [newIdentity(), newKey()];
    await expect(knock(server, identity, key)).resolves.toMatchObject({ authorized: false });
    peer.acceptInUi();
    await expect(knock(server, identity, key)).resolves.toMatchObject({ authorized: true });
    await expect(knock(server, newIdentity(), key)).resolves.toMatchObject({ authorized: false });
  });
});

test.each(MODES)('a server of %s takes no first user from outside, empty or not', async (mode) => {
  const rehearsal = await startMenderServer({ mode, admin: 'none' });
  const server = createMenderServer(profileOf(rehearsal.url));
  open.push(rehearsal, server);
  await expect(server.createFirstUser?.(USER, never)).rejects.toThrow(code('server/has-users'));
});

test('a token is not taken for good where no Mender server answers', async () => {
  const rehearsal = await startMenderServer({ hostname: 'mender.factory.example' });
  const server = createMenderServer(profileOf(rehearsal.url));
  open.push(rehearsal, server);
  const token = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from('{"sub":"u"}').toString('base64url')}.x`;
  await expect(server.login({ by: 'token', token: secret(token) }, never)).rejects.toThrow(
    code('server/not-mender'),
  );
  await expect(server.login(LOGIN, never)).rejects.toThrow(code('server/not-mender'));
});
