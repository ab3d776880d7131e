import { afterEach, describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { startMenderServer } from '../../../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../../../src/servers/mender/index.ts';
import { profileOf } from '../peers.ts';
import { ADMIN, code, MODES, never } from './bench.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
async function at(mode: '2026' | '2023') {
  const rehearsal = await startMenderServer({
    mode,
    accounts: [
      { email: 'otp@bench.local', password: 'otp-password', otp: '123456' },
      { email: 'sso@bench.local', password: 'sso-password', singleSignOn: true },
    ],
  });
  const server = createMenderServer(profileOf(rehearsal.url));
  open.push(rehearsal, server);
  return { rehearsal, server };
}
const OTP = { by: 'password', user: 'otp@bench.local', password: secret('otp-password') } as const;

describe.each(MODES)('at a server of %s', (mode) => {
  test('an account with a second factor is asked for its code, and no sooner than its password is right', async () => {
    const { server } = await at(mode);
    await expect(server.login(OTP, never)).rejects.toThrow(code('server/otp-needed'));
    await expect(server.login({ ...OTP, otp: '000000' }, never)).rejects.toThrow(code('server/otp-needed'));
    const wrong = { ...OTP, password: secret('wrong-pass'), otp: '123456' };
    await expect(server.login(wrong, never)).rejects.toThrow(code('server/login-refused'));
    await expect(server.login({ ...OTP, otp: '123456' }, never)).resolves.toMatchObject({
      account: OTP.user,
    });
    expect(server.session).not.toBeNull();
  });

  test('an account with single sign-on is recognised whatever its password', async () => {
    const { server } = await at(mode);
    const sso = { by: 'password', user: 'sso@bench.local', password: secret('anything') } as const;
    await expect(server.login(sso, never)).rejects.toThrow(code('server/single-sign-on', { user: sso.user }));
    expect(server.session).toBeNull();
  });

  test('a login in the place of another leaves one session there, so that none of the others is thrown out', async () => {
    const { server, rehearsal } = await at(mode);
    const others = Array.from({ length: 8 }, () => createMenderServer(profileOf(rehearsal.url)));
    open.push(...others);
    for (const other of others) await other.login(ADMIN, never);
    for (let times = 0; times < 5; times += 1) await server.login(ADMIN, never);
    for (const other of others) await expect(other.limit(never)).resolves.toBeDefined();
    expect(rehearsal.requests.count({ step: 'logout' })).toBe(4);
  });
});
