import { describe, expect, it } from 'vitest';
import type { FaultAction, StepName } from '../../../../src/rehearsal/server/index.ts';
import { Bench, DEVAUTH, MODES, newKey } from './bench.ts';

const key = newKey();
const id = { sn: '1' };

describe.each(MODES)('faults, %s', (mode) => {
  it.each([
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [422, 'maximum number of accepted devices reached'],
    [429, 'too many requests'],
    [500, 'internal error'],
    [503, 'service unavailable'],
  ] as const)('status %i instead of the work, in the form of the server', (status, error) => {
    const bench = new Bench(mode);
    bench.knock(id, key);
    bench.core.faults.add({ on: 'accept', times: 1, act: { kind: 'status', status, retryAfter: 7 } });
    const answer = bench.accept(id, key);
    expect([answer.status, answer.error]).toEqual([status, error]);
    expect(answer.headers['retry-after']).toBe(status === 429 ? '7' : undefined);
    expect(bench.device(id).status).toBe('pending');
    expect(bench.accept(id, key).status).toBe(204);
  });

  it('status after the work', () => {
    const bench = new Bench(mode);
    bench.knock(id, key);
    bench.core.faults.add({ on: 'accept', act: { kind: 'status', status: 503, when: 'after' } });
    expect(bench.accept(id, key).status).toBe(503);
    expect(bench.device(id).status).toBe('accepted');
  });

  it.each([
    ['drop', 'before', 0],
    ['drop', 'after', 1],
    ['hang', 'before', 0],
    ['hang', 'after', 1],
  ] as const)('%s %s the work', (kind, when, devices) => {
    const bench = new Bench(mode);
    bench.core.faults.add({ on: 'preauthorize', act: { kind, when } });
    const outcome = bench.open('POST', `${DEVAUTH}/devices`, {
      body: { identity_data: id, pubkey: key.pem },
    });
    expect(outcome.kind).toBe(kind);
    expect(bench.core.inspect()).toHaveLength(devices);
    expect(bench.core.requests.entries.at(-1)?.status).toBe(kind === 'drop' ? 'dropped' : 'hung');
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('latency %s the work', (when, devices) => {
    const bench = new Bench(mode);
    bench.core.faults.add({ on: 'preauthorize', act: { kind: 'latency', ms: 5000, when } });
    const outcome = bench.open('POST', `${DEVAUTH}/devices`, {
      body: { identity_data: id, pubkey: key.pem },
    });
    expect(outcome).toMatchObject({ kind: 'wait', ms: 5000 });
    expect(bench.core.inspect()).toHaveLength(devices);
    expect(bench.settle(outcome).status).toBe(201);
  });

  it('several at once: late, and then lost', () => {
    const bench = new Bench(mode);
    bench.core.faults.add({ on: 'any', act: { kind: 'latency', ms: 10 } });
    bench.core.faults.add({ on: 'any', act: { kind: 'drop', when: 'after' } });
    const outcome = bench.open('GET', `${DEVAUTH}/devices`);
    expect(outcome.kind === 'wait' ? outcome.next().kind : outcome.kind).toBe('drop');
  });

  it('a storm of revoked sessions ends with a new login', () => {
    const bench = new Bench(mode);
    const storm = bench.core.faults.add({ on: 'list-devices', times: 2, act: { kind: 'revoke-sessions' } });
    const list = (token: string) => bench.send('GET', `${DEVAUTH}/devices`, { token }).status;
    expect(list(bench.admin)).toBe(401);
    expect([list(bench.login().body), list(bench.login().body), storm.hits]).toEqual([401, 200, 2]);
  });

  it('lets some pass, hits some, and can be taken off', () => {
    const bench = new Bench(mode);
    const act: FaultAction = { kind: 'status', status: 500 };
    const placed = bench.core.faults.add({ on: ['count-devices', 'login'], skip: 1, times: 2, act });
    const probe = () => bench.probe(bench.admin).status;
    expect([probe(), probe(), probe(), probe(), placed.hits]).toEqual([200, 500, 500, 200, 2]);
    const always = bench.core.faults.add({ on: { method: 'GET', path: /\/count$/ }, act });
    expect([probe(), bench.send('GET', `${DEVAUTH}/devices`).status]).toEqual([500, 200]);
    always.remove();
    expect(probe()).toBe(200);
    bench.core.faults.add({ on: 'any', act });
    bench.core.faults.clear();
    expect(probe()).toBe(200);
  });

  it('are put on by name for each step of a provisioning', () => {
    const bench = new Bench(mode);
    bench.knock(id, key);
    const device = bench.device(id).id;
    const set = bench.setId(id, key);
    const steps: [StepName, () => number][] = [
      ['login', () => bench.login().status],
      ['auth-request', () => bench.knock(id, key).status],
      ['preauthorize', () => bench.preauthorize(id, key).status],
      ['get-device', () => bench.get(device).status],
      ['list-devices', () => bench.send('GET', `${DEVAUTH}/devices`).status],
      ['search-devices', () => bench.send('POST', `${DEVAUTH}/devices/search`, { body: {} }).status],
      ['get-limit', () => bench.send('GET', `${DEVAUTH}/limits/max_devices`).status],
      ['accept', () => bench.put(device, set, 'accepted').status],
      ['reject', () => bench.put(device, set, 'rejected').status],
      ['reset', () => bench.put(device, set, 'pending').status],
      ['revoke-token', () => bench.send('DELETE', `${DEVAUTH}/tokens/${set}`).status],
      ['delete-set', () => bench.deleteSet(device, set).status],
      ['decommission', () => bench.send('DELETE', `${DEVAUTH}/devices/${device}`).status],
    ];
    for (const [step, call] of steps) {
      bench.core.faults.clear();
      bench.core.faults.add({ on: step, act: { kind: 'status', status: 504 } });
      expect(call(), step).toBe(504);
    }
    bench.core.faults.clear();
    expect(steps.map(([step]) => bench.core.requests.count({ step, status: 504 }))).toEqual(
      steps.map(() => 1),
    );
  });

  it('the log counts and holds no body', () => {
    const bench = new Bench(mode);
    bench.core.requests.clear();
    bench.knock(id, key);
    bench.probe('nonsense');
    expect(bench.core.requests.entries).toEqual([
      {
        method: 'POST',
        path: '/api/devices/v1/authentication/auth_requests',
        step: 'auth-request',
        status: 401,
      },
      { method: 'GET', path: `${DEVAUTH}/devices/count`, step: 'count-devices', status: 401 },
    ]);
    expect(bench.core.requests.count({ method: 'GET' })).toBe(1);
    expect(bench.core.requests.count({ path: /auth_requests$/, status: 401 })).toBe(1);
    expect(bench.core.requests.total).toBe(2);
  });
});
