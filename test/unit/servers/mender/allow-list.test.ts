import { afterEach, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../../../src/servers/http/client.ts';
import { onlyThese } from '../../../../src/servers/http/allow-list.ts';
import { limitedTo } from '../../../../src/servers/index.ts';
import { MENDER_CALLS, menderCall, type MenderCall } from '../../../../src/servers/mender/calls.ts';
import { always, listen, profileOf, restlessClock } from '../peers.ts';
import { bench, knock, never, newIdentity, newKey, setOf } from './bench.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
function own<T extends AsyncDisposable>(one: T): T {
  open.push(one);
  return one;
}

async function allowed() {
  const peer = own(await listen(always(200)));
  const profile = profileOf(peer.url);
  const client = onlyThese(
    own(createHttpClient(profile, restlessClock())),
    profile,
    Object.values(MENDER_CALLS),
  );
  return { peer, client };
}

describe('what is not in the table of calls', () => {
  test.each([
    { method: 'DELETE', path: '/api/management/v2/devauth/devices' },
    { method: 'PUT', path: '/api/management/v2/devauth/devices/a' },
    { method: 'GET', path: '/api/management/v2/devauth/devices/a/b' },
    { method: 'POST', path: '/api/management/v1/deployments/deployments' },
    { method: 'PUT', path: '/api/management/v2/devauth/limits/max_devices' },
    { method: 'DELETE', path: '/api/management/v1/useradm/users/a' },
    { method: 'GET', path: '/x/api/management/v2/devauth/devices' },
  ] as const)('is never sent: $method $path', async (call) => {
    const { peer, client } = await allowed();
    await expect(client.call(call, never)).rejects.toMatchObject({
      code: 'server/call-not-allowed',
      unchanged: 'Nothing was sent to the server.',
    });
    expect(peer.requests).toEqual([]);
  });

  test('and all that is in it is, also with ids that a board has chosen', async () => {
    const { peer, client } = await allowed();
    const names = Object.keys(MENDER_CALLS) as MenderCall[];
    for (const name of names)
      await client.call(
        menderCall(name, { ids: ['../a?b#c', '..'], query: new URLSearchParams({ a: '/' }) }),
        never,
      );
    expect(peer.requests).toHaveLength(names.length);
  });

  test('says of each call what it takes, and names what ends something as such', () => {
    for (const { method, takes } of Object.values(MENDER_CALLS).filter((one) => one.method === 'DELETE'))
      expect(['remove-auth-set', 'decommission', 'accept'], method).toContain(takes);
    expect(MENDER_CALLS.decommission.takes).toBe('decommission');
    expect(MENDER_CALLS['delete auth set'].takes).toBe('remove-auth-set');
  });
});

describe('a job without the right', () => {
  test('removes no auth set and decommissions nothing, and nothing is sent; with it, it does', async () => {
    const { server, rehearsal } = own(await bench('2026'));
    const [identity, pair] = [newIdentity(), newKey()];
    await knock(server, identity, pair);
    const device = await server.findAfterKnock(identity, pair, never);
    const set = setOf(device, pair);
    const id = device?.id ?? '';
    const before = rehearsal.requests.entries.length;
    const without = limitedTo(server, []);
    await expect(without.removeAuthSet(id, set, never)).rejects.toMatchObject({
      code: 'server/call-not-allowed',
    });
    await expect(without.decommission(id, never)).rejects.toMatchObject({ code: 'server/call-not-allowed' });
    expect(rehearsal.requests.entries).toHaveLength(before);
    // It sees and accepts as before.
    expect(await without.device(id, never)).toMatchObject({ id });
    await expect(limitedTo(server, ['remove-auth-set']).decommission(id, never)).rejects.toMatchObject({
      code: 'server/call-not-allowed',
    });
    await limitedTo(server, ['remove-auth-set']).removeAuthSet(id, set, never);
    await limitedTo(server, ['decommission']).decommission(id, never);
    await expect.poll(() => server.device(id, never)).toBeNull();
  });
});
