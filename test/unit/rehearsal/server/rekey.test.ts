import { describe, expect, it } from 'vitest';
import { Bench, claims, DEVAUTH, MODES, newKey } from './bench.ts';

const [k1, k2, k3] = [newKey(), newKey(), newKey()];
const id = { sn: '1' };
const quota = { perUser: 5, perDevice: 3 };

function status(bench: Bench): (string | undefined)[] {
  return [bench.setStatus(id, k1), bench.setStatus(id, k2)];
}

const revoke = (bench: Bench, setId: string) => bench.send('DELETE', `${DEVAUTH}/tokens/${setId}`).status;

describe.each(MODES)('re-keying, %s', (mode) => {
  const modern = mode === '2026';

  it('a new key knocks: pending, the device stays accepted and the old token works', () => {
    const bench = new Bench(mode);
    const old = bench.admit(id, k1);
    expect(bench.knock(id, k2)).toMatchObject({ status: 401, error: 'dev auth: unauthorized' });
    expect(bench.device(id).status).toBe('accepted');
    expect(status(bench)).toEqual(['accepted', 'pending']);
    expect(bench.use(old)).toBe(200);
  });

  it('accepting it rejects the old set, its token and its key at once; no second provisioning', () => {
    const bench = new Bench(mode);
    const old = bench.admit(id, k1);
    const { id: device } = bench.device(id);
    bench.knock(id, k2);
    expect(bench.accept(id, k2).status).toBe(204);
    expect(status(bench)).toEqual(['rejected', 'accepted']);
    expect([bench.use(old), bench.knock(id, k1).status]).toEqual([401, 401]);
    expect(bench.device(id)).toMatchObject({ id: device, provisioned: 1 });
    expect(bench.use(bench.knock(id, k2).body)).toBe(200);
  });

  it('the safe order never leaves the device without a working key', () => {
    const bench = new Bench(mode);
    const old = bench.admit(id, k1);
    const { id: device } = bench.device(id);
    const oldSet = bench.setId(id, k1);
    bench.knock(id, k2);
    const found = bench.get(device).device.auth_sets?.find((set) => set.pubkey === k2.pem);
    expect(found?.status).toBe('pending');
    expect(bench.use(old)).toBe(200);
    expect(bench.put(device, found?.id ?? '', 'accepted').status).toBe(204);
    const token = bench.knock(id, k2).body;
    expect(bench.use(token)).toBe(200);
    expect([revoke(bench, oldSet), revoke(bench, oldSet)]).toEqual([204, 404]);
    expect(bench.deleteSet(device, oldSet).status).toBe(204);
    expect(bench.use(token)).toBe(200);
    bench.knock(id, k1);
    expect(status(bench)).toEqual(['pending', 'accepted']);
    expect(bench.use(old)).toBe(401);
  });

  it('accepting the old set again revives its old token, unless it was revoked or deleted', () => {
    const bench = new Bench(mode);
    const old = bench.admit(id, k1);
    bench.knock(id, k2);
    bench.accept(id, k2);
    expect(bench.use(old)).toBe(401);
    bench.accept(id, k1);
    expect(bench.use(old)).toBe(200);
    bench.accept(id, k2);
    revoke(bench, bench.setId(id, k1));
    bench.accept(id, k1);
    expect(bench.use(old)).toBe(401);
  });

  it('the wrong order: the accepted set deleted first', () => {
    const bench = new Bench(mode);
    const old = bench.admit(id, k1);
    bench.knock(id, k2);
    bench.deleteSet(bench.device(id).id, bench.setId(id, k1));
    expect([bench.use(old), bench.device(id).status]).toEqual([401, 'pending']);
    expect(bench.accept(id, k2).status).toBe(204);
    expect(bench.knock(id, k2).status).toBe(200);
  });

  it('an accept is two writes: between them no set is accepted', () => {
    const bench = new Bench(mode, { acceptGapMs: 20 });
    const old = bench.admit(id, k1);
    bench.knock(id, k2);
    const path = `${DEVAUTH}/devices/${bench.device(id).id}/auth/${bench.setId(id, k2)}/status`;
    const accept = bench.open('PUT', path, { body: { status: 'accepted' } });
    expect(status(bench)).toEqual(['rejected', 'pending']);
    expect([bench.use(old), bench.knock(id, k2).status]).toEqual([401, 401]);
    expect(bench.settle(accept).status).toBe(204);
    expect(status(bench)).toEqual(['rejected', 'accepted']);
  });

  it('parallel accepts leave two accepted sets', () => {
    const bench = new Bench(mode, { acceptGapMs: 20 });
    for (const key of [k1, k2, k3]) bench.knock(id, key);
    const both = [k1, k2].map((key) =>
      bench.open('PUT', `${DEVAUTH}/devices/${bench.device(id).id}/auth/${bench.setId(id, key)}/status`, {
        body: { status: 'accepted' },
      }),
    );
    expect(both.map((outcome) => bench.settle(outcome).status)).toEqual([204, 204]);
    expect(status(bench)).toEqual(['accepted', 'accepted']);
    const knocks = [k1, k2, k3, newKey()].map((key) => bench.knock(id, key).status);
    expect(knocks).toEqual(modern ? [200, 200, 401, 401] : [500, 500, 500, 500]);
    // The repair: one of them rejected, the other authenticates anew.
    expect(bench.put(bench.device(id).id, bench.setId(id, k1), 'rejected').status).toBe(204);
    const token = bench.knock(id, k2);
    expect([token.status, bench.use(token.body)]).toEqual([200, 200]);
  });

  if (!modern)
    it('two accepted sets make tokens 401', () => {
      const bench = new Bench(mode);
      const token = bench.admit(id, k1);
      bench.knock(id, k2);
      bench.core.environment.acceptGapMs = 20;
      const { id: device } = bench.device(id);
      const [first, second] = [bench.setId(id, k1), bench.setId(id, k2)];
      bench.put(device, first, 'pending');
      const both = [first, second].map((set) =>
        bench.open('PUT', `${DEVAUTH}/devices/${device}/auth/${set}/status`, {
          body: { status: 'accepted' },
        }),
      );
      for (const outcome of both) bench.settle(outcome);
      expect(bench.use(token)).toBe(401);
    });
});

describe.each(MODES)('half-done accepts, %s', (mode) => {
  const modern = mode === '2026';
  const halfDone = (): Bench => {
    const bench = new Bench(mode);
    bench.knock(id, k1);
    bench.core.faults.add({ on: 'accept', times: 1, act: { kind: 'workflows-down' } });
    expect(bench.accept(id, k1)).toMatchObject(
      modern ? { status: 503, error: 'service unavailable' } : { status: 500, error: 'internal error' },
    );
    return bench;
  };

  it('the set is accepted although the answer is an error', () => {
    const bench = halfDone();
    expect(bench.setStatus(id, k1)).toBe('accepted');
    expect(bench.device(id)).toMatchObject({ status: modern ? 'accepted' : 'pending', provisioned: 0 });
  });

  it('neither repeating nor an auth request provisions it; the status is right after the latter', () => {
    const bench = halfDone();
    expect(bench.accept(id, k1).status).toBe(204);
    expect(bench.device(id).status).toBe(modern ? 'accepted' : 'pending');
    expect(bench.knock(id, k1).status).toBe(200);
    expect(bench.device(id)).toMatchObject({ status: 'accepted', provisioned: 0 });
  });

  it.each([
    ['pending', 1],
    ['rejected', modern ? 1 : 0],
  ])('PUT %s and PUT accepted sends the job %i times, and the token dies in between', (by, provisioned) => {
    const bench = halfDone();
    const token = bench.knock(id, k1).body;
    expect(bench.put(bench.device(id).id, bench.setId(id, k1), by).status).toBe(204);
    expect(bench.use(token)).toBe(401);
    expect(bench.accept(id, k1).status).toBe(204);
    expect(bench.device(id)).toMatchObject({ status: 'accepted', provisioned });
    expect(bench.use(bench.knock(id, k1).body)).toBe(200);
  });
});

describe.each(MODES)('the token cache, %s', (mode) => {
  /** Re-keyed with the old token in the cache. */
  const rekeyed = () => {
    const bench = new Bench(mode, { redis: 'up' });
    const old = bench.admit(id, k1);
    expect(bench.use(old)).toBe(200);
    const oldSet = bench.setId(id, k1);
    bench.knock(id, k2);
    bench.accept(id, k2);
    return { bench, old, oldSet };
  };

  it('keeps the old token alive past the new key, its token and the deletion of the old set', () => {
    const { bench, old, oldSet } = rekeyed();
    expect(bench.use(old)).toBe(200);
    const token = bench.knock(id, k2).body;
    expect(bench.use(old)).toBe(200);
    bench.deleteSet(bench.device(id).id, oldSet);
    expect(bench.use(old)).toBe(200);
    expect(bench.use(token)).toBe(200);
    expect(bench.use(old)).toBe(401);
  });

  it('DELETE tokens of the old set ends it', () => {
    const { bench, old, oldSet } = rekeyed();
    expect(revoke(bench, oldSet)).toBe(204);
    expect(bench.use(old)).toBe(401);
  });

  it('its own end ends it', () => {
    const { bench, old } = rekeyed();
    bench.now += 604_800_000;
    expect(bench.use(old)).toBe(401);
  });

  it.each(['rejected', 'decommissioned'])('a device that is %s is out at once', (how) => {
    const bench = new Bench(mode, { redis: 'up' });
    const token = bench.admit(id, k1);
    bench.use(token);
    const { id: device } = bench.device(id);
    if (how === 'rejected') bench.put(device, bench.setId(id, k1), 'rejected');
    else bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
    expect(bench.use(token)).toBe(401);
  });

  if (mode === '2026')
    it('the same after a forced switch', () => {
      const bench = new Bench(mode, { redis: 'up' });
      const old = bench.admit(id, k1);
      bench.use(old);
      bench.preauthorize(id, k2, { force: true });
      const token = bench.knock(id, k2).body;
      expect([bench.use(old), bench.use(token), bench.use(old)]).toEqual([200, 200, 401]);
    });

  it('down: management calls fail, auth requests and login go on', () => {
    const bench = new Bench(mode, { redis: 'up' });
    bench.core.environment.redis = 'down';
    expect(bench.probe(bench.admin)).toMatchObject({ status: 500, error: 'internal error' });
    expect([bench.knock(id, k1).status, bench.login().status]).toEqual([401, 200]);
  });
});

describe.each(MODES)('rate limits, %s', (mode) => {
  it('429 with Retry-After on management calls, which then did nothing', () => {
    const bench = new Bench(mode, { quota });
    bench.knock(id, k1);
    const { id: device } = bench.device(id);
    const answers = Array.from({ length: 6 }, () => bench.probe(bench.admin).status);
    expect(answers).toEqual([200, 200, 200, 200, 200, 429]);
    const late = bench.put(device, bench.setId(id, k1), 'accepted');
    expect(late).toMatchObject({ status: 429, error: 'too many requests' });
    expect(late.headers['content-type']).toBe('application/json');
    expect(Number(late.headers['retry-after'])).toBe(60);
    expect(bench.device(id).status).toBe('pending');
    bench.now += Number(late.headers['retry-after']) * 1000;
    expect(bench.put(device, bench.setId(id, k1), 'accepted').status).toBe(204);
  });

  it('per device on device calls, never on login or auth requests', () => {
    const bench = new Bench(mode, { quota });
    const token = bench.admit(id, k1);
    expect(Array.from({ length: 4 }, () => bench.use(token))).toEqual([200, 200, 200, 429]);
    expect(Array.from({ length: 8 }, () => bench.login().status)).toEqual(Array(8).fill(200));
    expect(Array.from({ length: 8 }, () => bench.knock(id, k1).status)).toEqual(Array(8).fill(200));
    expect(claims(token)['sub']).toBe(bench.device(id).id);
  });
});
