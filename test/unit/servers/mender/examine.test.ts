import { afterEach, describe, expect, test } from 'vitest';
import type { DoctorLine } from '../../../../src/contract.ts';
import { secret } from '../../../../src/model/secret.ts';
import { startMenderServer, type ServerOptions } from '../../../../src/rehearsal/server/index.ts';
import { startOldServer } from '../../../../src/rehearsal/server/old-server.ts';
import { createMenderServer } from '../../../../src/servers/mender/index.ts';
import { always, listen, profileOf } from '../peers.ts';
import { bench, code, knock, MODES, never, newIdentity, newKey } from './bench.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
const READER = { by: 'password', user: 'reader@bench.local', password: secret('reader-pass') } as const;
const states = (lines: readonly DoctorLine[]): Record<string, string> =>
  Object.fromEntries(lines.map(({ check, state }) => [check, state]));
const textOf = (lines: readonly DoctorLine[], check: string): string =>
  lines.find((line) => line.check === check)?.text ?? '';
async function at(mode: '2026' | '2023', options: ServerOptions = {}) {
  const one = await bench(mode, {
    accounts: [{ email: READER.user, password: 'reader-pass', role: 'reader' }],
    ...options,
  });
  open.push(one);
  return one;
}

describe.each(MODES)('what an account may do at a server of %s', (mode) => {
  test('is found out without changing anything there', async () => {
    const { server, rehearsal } = await at(mode);
    // One device of each status that there can be, so that there is something to change.
    const [waiting, accepted] = [newIdentity(), newIdentity()];
    await knock(server, waiting, newKey());
    const key = newKey();
    await knock(server, accepted, key);
    const device = await server.findAfterKnock(accepted, key, never);
    await server.accept(device!.id, device!.authSets[0]!.id, never);
    await server.api.preauthorize(newIdentity(), newKey().pem, false, never);
    const before = JSON.stringify(rehearsal.inspect());
    const lines = await server.examine(never);
    expect(JSON.stringify(rehearsal.inspect())).toBe(before);
    expect(lines.every(({ state }) => state !== 'bad')).toBe(true);
    expect(states(lines)).toMatchObject({
      'accept boards': 'ok',
      preauthorize: 'ok',
      inventory: 'ok',
      tags: 'ok',
    });
    expect(textOf(lines, 'device limit')).toBe('1 accepted, 1 preauthorized, no limit');
    expect(textOf(lines, 'version')).toBe(`as of ${mode}`);
    expect(states(lines)['second key beside the first']).toBe(mode === '2026' ? 'ok' : 'note');
    expect(states(lines)['clock of the server']).toBe('ok');
  });

  test('is little for a role without rights, and the words say so', async () => {
    const { server, rehearsal } = await at(mode);
    await server.login(READER, never);
    const lines = await server.examine(never);
    expect(states(lines)).toMatchObject({ 'accept boards': 'bad', preauthorize: 'bad', tags: 'note' });
    expect(textOf(lines, 'accept boards')).toContain('role');
    expect(lines.find(({ check }) => check === 'accept boards')?.remedy).toContain('Admin');
    expect(rehearsal.inspect()).toEqual([]);
  });

  test('says how many devices are left, preauthorized ones counted', async () => {
    const { server, rehearsal } = await at(mode, { limit: 3 });
    await server.api.preauthorize(newIdentity(), newKey().pem, false, never);
    expect(textOf(await server.examine(never), 'device limit')).toMatch(
      /^2 left: 0 accepted, 1 preauthorized/,
    );
    rehearsal.setLimit(1);
    expect(states(await server.examine(never))['device limit']).toBe('bad');
  });

  test.each([
    [0, 'ok'],
    [-60_000, 'note'],
    [60_000, 'note'],
    [3_600_000, 'bad'],
  ])('tells a clock that is %d ms apart', async (apart, state) => {
    const { server } = await at(mode, { clock: () => Date.now() + apart });
    const lines = await server.examine(never);
    expect(states(lines)['clock of the server']).toBe(state);
    if (apart > 0) expect(textOf(lines, 'clock of the server')).toMatch(/behind the server$/);
  });

  test('says when the server asked to slow down', async () => {
    const { server, rehearsal } = await at(mode);
    rehearsal.faults.add({ on: 'plan', times: 1, act: { kind: 'status', status: 429, retryAfter: 0 } });
    rehearsal.faults.add({ on: 'accept', times: 1, act: { kind: 'status', status: 429, retryAfter: 0 } });
    expect(textOf(await server.examine(never), 'rate limit')).toMatch(/slow down [12] time/);
  });

  test('is not told to somebody whose session has ended', async () => {
    const { server, rehearsal } = await at(mode);
    rehearsal.revokeSessions();
    await expect(server.examine(never)).rejects.toThrow(code('server/session-ended'));
  });
});

describe('what answers at a URL', () => {
  async function reached(url: string): Promise<DoctorLine | undefined> {
    const server = createMenderServer(profileOf(url));
    open.push(server);
    return (await server.reach?.(never))?.line;
  }

  test.each(MODES)('is a Mender server of %s', async (mode) => {
    const rehearsal = await startMenderServer({ mode });
    open.push(rehearsal);
    await expect(reached(rehearsal.url)).resolves.toMatchObject({ state: 'ok' });
  });

  test('is a gateway that knows another host name only', async () => {
    const rehearsal = await startMenderServer({ hostname: 'mender.factory.example' });
    open.push(rehearsal);
    const line = await reached(rehearsal.url);
    expect(line).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('not to an address') as string,
    });
  });

  test('is something else', async () => {
    const web = await listen(always(200, '<html>'));
    open.push(web);
    await expect(reached(web.url)).resolves.toMatchObject({ state: 'bad' });
    const moved = await listen(always(301, '', { location: 'https://elsewhere/' }));
    open.push(moved);
    await expect(reached(moved.url)).rejects.toThrow(
      code('server/not-mender', { detail: 'it redirects to https://elsewhere/' }),
    );
  });

  test('is a server of 1.0, with users or without', async () => {
    const empty = await startOldServer();
    const used = await startOldServer({ users: [{ email: 'a@b.example', password: 'long-enough' }] });
    open.push(empty, used);
    await expect(reached(empty.url)).resolves.toMatchObject({
      state: 'note',
      remedy: expect.stringContaining('first-user bench') as string,
    });
    await expect(reached(used.url)).resolves.toMatchObject({
      state: 'note',
      text: expect.stringContaining('its own UI') as string,
    });
    expect(empty.users()).toEqual([]);
  });
});

describe('the token of the organization', () => {
  test('is read by whoever may see it', async () => {
    const { server } = await at('2023', { tenant: { token: 'org-token' } });
    expect((await server.organizationToken?.(never))?.reveal()).toBe('org-token');
  });

  test('is none on a server without organizations', async () => {
    const { server } = await at('2026');
    await expect(server.organizationToken?.(never)).resolves.toBeNull();
  });

  test('is none for an account that may not see it', async () => {
    const { server, rehearsal } = await at('2023', { tenant: { token: 'org-token' } });
    rehearsal.faults.add({ on: 'tenant', act: { kind: 'status', status: 403 } });
    await expect(server.organizationToken?.(never)).resolves.toBeNull();
  });
});
