import { afterEach, describe, expect, test } from 'vitest';
import { secret } from '../../../../src/model/secret.ts';
import { publicKey, sign } from '../../../../src/keys/index.ts';
import type { FaultAction, StepName } from '../../../../src/rehearsal/server/index.ts';
import { restlessClock } from '../peers.ts';
import {
  bench,
  code,
  knock,
  MODES,
  never,
  newIdentity,
  newKey,
  pending,
  setOf,
  type Bench,
} from './bench.ts';

const open: Bench[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});
async function started(...args: Parameters<typeof bench>): Promise<Bench> {
  const one = await bench(...args);
  open.push(one);
  return one;
}

function calls({ requests }: Bench['rehearsal'], step: StepName): readonly unknown[] {
  return requests.entries.filter((request) => request.step === step);
}

describe.each(MODES)('a Mender server of %s', (mode) => {
  test('a board goes from its first knock to a token', async () => {
    const { server } = await started(mode, { tls: true });
    const [identity, pair] = [newIdentity(), newKey()];
    expect(await server.find(identity, null, never)).toBeNull();
    expect(await knock(server, identity, pair)).toMatchObject({ authorized: false });
    const device = await server.findAfterKnock(identity, pair, never);
    expect(device).toMatchObject({ identity, status: 'pending', decommissioning: false });
    expect(device?.authSets).toMatchObject([{ fingerprint: pair.fingerprint, status: 'pending' }]);
    const set = setOf(device, pair);
    await server.accept(device!.id, set, never);
    expect((await server.device(device!.id, never))?.status).toBe('accepted');
    expect(await knock(server, identity, pair)).toEqual({
      authorized: true,
      deviceId: device!.id,
      authSetId: set,
    });
  });

  describe('finding', () => {
    test('by a known id, and by identity in the inventory', async () => {
      const { server } = await started(mode);
      const { identity, pair, device } = await pending(server);
      await server.accept(device.id, setOf(device, pair), never);
      expect((await server.find(identity, device.id, never))?.id).toBe(device.id);
      expect((await server.find(identity, null, never))?.id).toBe(device.id);
      expect((await server.find(identity, 'gone', never))?.id).toBe(device.id);
    });

    test('an id of another board is not believed', async () => {
      const { server } = await started(mode);
      const [one, other] = [await pending(server), await pending(server)];
      expect((await server.find(one.identity, other.device.id, never))?.id).toBe(one.device.id);
    });

    test('a device with more in its identity is another device', async () => {
      const { server } = await started(mode);
      const identity = newIdentity();
      await knock(server, { ...identity, serial: '7' }, newKey());
      expect(await server.find(identity, null, never)).toBeNull();
    });

    test('an inventory that may not be asked is no error, one in trouble is; nothing is paged', async () => {
      const { server, rehearsal } = await started(mode);
      const { identity } = await pending(server);
      const forbidden = rehearsal.faults.add({
        on: 'inventory-search',
        act: { kind: 'status', status: 403 },
      });
      expect(await server.find(identity, null, never)).toBeNull();
      forbidden.remove();
      // Taken for "there is no device", this would let a job throw the key away that its device is accepted with.
      rehearsal.faults.add({ on: 'inventory-search', act: { kind: 'status', status: 503 } });
      await expect(server.find(identity, null, never)).rejects.toMatchObject({ code: 'server/failed' });
      expect(calls(rehearsal, 'list-devices')).toEqual([]);
    });

    test('after a knock takes two calls however many devices there are', async () => {
      const { server, rehearsal } = await started(mode);
      for (let board = 0; board < 30; board += 1) await knock(server, newIdentity(), newKey());
      const { identity, pair, device } = await pending(server);
      const before = rehearsal.requests.total;
      expect((await server.findAfterKnock(identity, pair, never))?.id).toBe(device.id);
      expect(rehearsal.requests.entries.slice(before).map(({ step }) => step)).toEqual([
        'preauthorize',
        'get-device',
      ]);
    });

    test('after a knock at another organization gives null and leaves nothing behind', async () => {
      const { server, rehearsal } = await started(mode);
      expect(await server.findAfterKnock(newIdentity(), newKey(), never)).toBeNull();
      expect(rehearsal.inspect()).toEqual([]);
    });

    test.each([
      ['the answer of the preauthorization is lost', { kind: 'drop', when: 'after' }],
      ['its workflows service is down', { kind: 'workflows-down' }],
      ['the server answers 500 after it', { kind: 'status', status: 500, when: 'after' }],
    ] as [string, FaultAction][])('leaves nothing behind when %s', async (_, act) => {
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock() });
      rehearsal.faults.add({ on: 'preauthorize', times: 1, act });
      expect(await server.findAfterKnock(newIdentity(), newKey(), never)).toBeNull();
      rehearsal.finishDecommissions();
      expect(rehearsal.inspect()).toEqual([]);
    });

    test('a device that was there before is not taken for such a leftover', async () => {
      const { server, rehearsal } = await started(mode);
      const { identity, pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'preauthorize', times: 1, act: { kind: 'drop', when: 'before' } });
      expect((await server.findAfterKnock(identity, pair, never))?.id).toBe(device.id);
      expect(rehearsal.inspect()).toHaveLength(1);
    });

    test('cancelled, it lets go at once and still cleans up', async () => {
      const { server, rehearsal } = await started(mode);
      rehearsal.faults.add({ on: 'preauthorize', act: { kind: 'latency', ms: 100 } });
      const abort = new AbortController();
      const finding = server.findAfterKnock(newIdentity(), newKey(), abort.signal);
      const refused = expect(finding).rejects.toThrow('enough');
      abort.abort(new Error('enough'));
      await refused;
      await server[Symbol.asyncDispose]();
      rehearsal.finishDecommissions();
      expect(rehearsal.inspect()).toEqual([]);
    });

    test('shows a device that is being decommissioned as such', async () => {
      const { server, rehearsal } = await started(mode, { decommissionMs: 'manual' });
      const { identity, pair, device } = await pending(server);
      await server.api.decommission(device.id, never);
      expect(await server.findAfterKnock(identity, pair, never)).toMatchObject({
        id: device.id,
        decommissioning: true,
      });
      rehearsal.finishDecommissions();
      expect(await server.device(device.id, never)).toBeNull();
    });
  });

  describe('accepting', () => {
    test('a second key makes the first one rejected', async () => {
      const { server } = await started(mode);
      const { identity, pair, device } = await pending(server);
      await server.accept(device.id, setOf(device, pair), never);
      const second = newKey();
      await knock(server, identity, second);
      const both = await server.device(device.id, never);
      await server.accept(device.id, setOf(both, second), never);
      const after = await server.device(device.id, never);
      expect(
        Object.fromEntries(after!.authSets.map(({ fingerprint, status }) => [fingerprint, status])),
      ).toEqual({
        [pair.fingerprint]: 'rejected',
        [second.fingerprint]: 'accepted',
      });
    });

    test('that the server left half done is repaired: its services hear of the device', async () => {
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock() });
      const { identity, pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'accept', times: 1, act: { kind: 'workflows-down' } });
      await server.accept(device.id, setOf(device, pair), never);
      expect(rehearsal.inspect()).toMatchObject([{ status: 'accepted', provisioned: 1 }]);
      expect(await knock(server, identity, pair)).toMatchObject({ authorized: true });
    });

    test('stays unfinished, and is said to be, while the workflows service is down', async () => {
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock() });
      const { pair, device } = await pending(server);
      rehearsal.environment.workflows = 'down';
      await expect(server.accept(device.id, setOf(device, pair), never)).rejects.toThrow(
        code('server/failed'),
      );
      rehearsal.environment.workflows = 'up';
      expect(rehearsal.inspect()[0]?.provisioned).toBe(0);
    });

    test.each([
      ['nothing was done', 'before'],
      ['it was done', 'after'],
    ] as const)('ends well when the connection is cut and %s', async (_, when) => {
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock() });
      const { identity, pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'accept', times: 1, act: { kind: 'drop', when } });
      await server.accept(device.id, setOf(device, pair), never);
      expect(await knock(server, identity, pair)).toMatchObject({ authorized: true });
      expect(rehearsal.inspect()[0]?.provisioned).toBe(1);
      // Looked at before repeated: an accept that was done is not asked for again.
      expect(calls(rehearsal, 'accept')).toHaveLength(when === 'before' ? 2 : 1);
    });

    test('looks after a time-out', async () => {
      const limits = { callMs: 200 };
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock(), limits });
      const { pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'accept', times: 1, act: { kind: 'hang', when: 'after' } });
      await server.accept(device.id, setOf(device, pair), never);
      expect(rehearsal.inspect()[0]?.status).toBe('accepted');
      expect(calls(rehearsal, 'accept')).toHaveLength(1);
    });

    test('waits a rate limit out', async () => {
      const clock = restlessClock();
      const { server, rehearsal } = await started(mode, {}, { clock });
      const { pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'accept', times: 1, act: { kind: 'status', status: 429, retryAfter: 7 } });
      await server.accept(device.id, setOf(device, pair), never);
      expect(clock.slept).toContain(7000);
      expect(rehearsal.inspect()[0]?.status).toBe('accepted');
    });

    test('at the device limit says so, with the limit', async () => {
      const { server } = await started(mode, { limit: 1 });
      const [one, two] = [await pending(server), await pending(server)];
      await server.accept(one.device.id, setOf(one.device, one.pair), never);
      expect(await server.limit(never)).toEqual({ limit: 1, accepted: 1 });
      await expect(server.accept(two.device.id, setOf(two.device, two.pair), never)).rejects.toThrow(
        code('server/device-limit', { limit: 1 }),
      );
    });

    test('without the right to is refused as such', async () => {
      const { server, rehearsal } = await started(mode);
      const { pair, device } = await pending(server);
      rehearsal.faults.add({ on: 'accept', act: { kind: 'status', status: 403 } });
      await expect(server.accept(device.id, setOf(device, pair), never)).rejects.toThrow(
        code('server/forbidden', { user: 'admin@bench.local' }),
      );
    });

    test('an auth set that is gone, and one of a device that is gone', async () => {
      const { server } = await started(mode);
      const { pair, device } = await pending(server);
      const set = setOf(device, pair);
      await server.removeAuthSet(device.id, set, never);
      await expect(server.accept(device.id, set, never)).rejects.toThrow(
        code('server/failed', { status: 404 }),
      );
      await expect(server.accept('gone', set, never)).rejects.toThrow(code('server/failed', { status: 404 }));
    });

    test('many keys of one device at once leaves one accepted, never two', async () => {
      const { server, rehearsal } = await started(mode, { acceptGapMs: 5 });
      const { identity, pair, device } = await pending(server);
      const keys = [pair, newKey(), newKey()];
      for (const key of keys.slice(1)) await knock(server, identity, key);
      const all = await server.device(device.id, never);
      await Promise.all(keys.map((key) => server.accept(device.id, setOf(all, key), never)));
      const accepted = rehearsal.inspect()[0]?.sets.filter(({ status }) => status === 'accepted');
      expect(accepted?.map(({ pubkey }) => publicKey(pubkey).fingerprint)).toEqual([keys[2]?.fingerprint]);
    });

    test('finds the two accepted keys that two other stations left', async () => {
      const { server, rehearsal } = await started(mode, { acceptGapMs: 100 });
      const { identity, pair, device } = await pending(server);
      const second = newKey();
      await knock(server, identity, second);
      const both = await server.device(device.id, never);
      const sets = [setOf(both, pair), setOf(both, second)];
      // Not through `accept`, which takes turns: both are in the pause between the server's two writes at once.
      await Promise.all(sets.map((set) => server.api.setStatus(device.id, set, 'accepted', never)));
      expect(rehearsal.inspect()[0]?.sets.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
      const accepting = server.accept(device.id, setOf(both, pair), never);
      await expect(accepting).rejects.toThrow(code('server/two-accepted'));
    });

    test('cancelled while it waits for its turn, it does nothing', async () => {
      const { server, rehearsal } = await started(mode);
      const { pair, device } = await pending(server);
      const abort = new AbortController();
      const first = server.accept(device.id, setOf(device, pair), never);
      const second = server.accept(device.id, setOf(device, pair), abort.signal);
      abort.abort(new Error('enough'));
      await expect(second).rejects.toThrow('enough');
      await first;
      expect(calls(rehearsal, 'accept')).toHaveLength(1);
    });
  });

  describe('removing an auth set', () => {
    test('removes that one; one that is gone is no error', async () => {
      const { server, rehearsal } = await started(mode);
      const { pair, device } = await pending(server);
      await server.removeAuthSet(device.id, setOf(device, pair), never);
      await server.removeAuthSet(device.id, setOf(device, pair), never);
      await server.removeAuthSet('gone', setOf(device, pair), never);
      expect(rehearsal.inspect()[0]?.sets).toEqual([]);
    });

    test('never removes the set of another device', async () => {
      const { server, rehearsal } = await started(mode);
      const [one, other] = [await pending(server), await pending(server)];
      await server.removeAuthSet(one.device.id, setOf(other.device, other.pair), never);
      expect(rehearsal.inspect().map(({ sets }) => sets.length)).toEqual([1, 1]);
    });
  });

  test('no limit is null, however the server spells it', async () => {
    const { server } = await started(mode);
    expect(await server.limit(never)).toEqual({ limit: null, accepted: 0 });
  });

  test('lists every device of a status over as many pages as there are', async () => {
    const { server } = await started(mode);
    const ids = new Set<string>();
    for (let board = 0; board < 7; board += 1) ids.add((await pending(server)).device.id);
    const seen: string[] = [];
    for await (const { id } of server.api.devices('pending', never, 3)) seen.push(id);
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(ids);
    expect(await server.api.count('pending', never)).toBe(7);
  });

  describe('an auth request', () => {
    test('of a wrong signature is refused, not an error', async () => {
      const { server, rehearsal } = await started(mode);
      const [identity, pair] = [newIdentity(), newKey()];
      const request = server.authRequest(identity, pair, { tenantToken: null, tier: 'standard' });
      const signature = secret(sign(newKey(), request.reveal()));
      expect(await server.submit(request, signature, never)).toMatchObject({ authorized: false });
      expect(rehearsal.inspect()).toEqual([]);
    });

    test('needs nobody to be logged in; all else does', async () => {
      const { server } = await started(mode);
      await server.logout(never);
      const [identity, pair] = [newIdentity(), newKey()];
      expect(await knock(server, identity, pair)).toMatchObject({ authorized: false });
      await expect(server.findAfterKnock(identity, pair, never)).rejects.toThrow(
        code('server/not-logged-in'),
      );
    });

    test('without an outcome is sent again, and makes one device', async () => {
      const { server, rehearsal } = await started(mode, {}, { clock: restlessClock() });
      rehearsal.faults.add({ on: 'auth-request', times: 1, act: { kind: 'drop', when: 'after' } });
      rehearsal.faults.add({ on: 'auth-request', skip: 1, times: 1, act: { kind: 'status', status: 503 } });
      expect(await knock(server, newIdentity(), newKey())).toMatchObject({ authorized: false });
      expect(rehearsal.inspect()).toMatchObject([{ sets: [{ status: 'pending' }] }]);
      expect(calls(rehearsal, 'auth-request')).toHaveLength(3);
    });

    test('with a key that the server does not know', async () => {
      const { server } = await started(mode);
      const pair = { ...newKey(), pem: publicKey(ED448).pem };
      await expect(knock(server, newIdentity(), pair)).rejects.toThrow(code('server/key-unacceptable'));
    });

    test('carries the tenant token, which a server with organizations demands', async () => {
      const { server, rehearsal } = await started(mode, { tenant: { token: 'of-this-organization' } });
      const [identity, pair] = [newIdentity(), newKey()];
      for (const token of [null, 'of-another']) {
        expect(await knock(server, identity, pair, token)).toMatchObject({ authorized: false });
        expect(await server.findAfterKnock(identity, pair, never)).toBeNull();
      }
      expect(rehearsal.inspect()).toEqual([]);
      await knock(server, identity, pair, 'of-this-organization');
      expect(await server.findAfterKnock(identity, pair, never)).toMatchObject({ status: 'pending' });
    });
  });
});

const ED448 = `-----BEGIN PUBLIC KEY-----
MEMwBQYDK2VxAzoAX9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8ST2
m0bHBhvhpIAkPZhgUNe3mvyx8VCA
-----END PUBLIC KEY-----
`;
