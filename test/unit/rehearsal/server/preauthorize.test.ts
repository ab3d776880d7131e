import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Bench, DEVAUTH, keyOf, MODES, newKey } from './bench.ts';

const [k1, k2, k3] = [newKey(), newKey(), newKey()];
const id = { mac: 'aa', sn: '1' };

function generated(type: 'rsa' | 'ed25519') {
  const { privateKey, publicKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  return keyOf(privateKey, publicKey);
}

describe.each(MODES)('preauthorizing, %s', (mode) => {
  const modern = mode === '2026';

  it.each([
    ['RSA', generated('rsa')],
    ['ECDSA', k1],
    ['Ed25519', generated('ed25519')],
  ])('%s: 201 with a relative place, and the first auth request is let in at once', (_type, key) => {
    const bench = new Bench(mode);
    const answer = bench.preauthorize(id, key);
    const device = bench.device(id);
    expect([answer.status, answer.body, answer.headers['location']]).toEqual([
      201,
      '',
      `devices/${device.id}`,
    ]);
    expect(device).toMatchObject({ status: 'preauthorized', sets: [{ status: 'preauthorized' }] });
    expect(bench.knock(id, key).status).toBe(200);
    expect(bench.device(id)).toMatchObject({
      status: 'accepted',
      provisioned: 1,
      sets: [{ status: 'accepted' }],
    });
  });

  it.each([
    ['{"identity_data":{"a":1}}', 'pubkey: cannot be blank.'],
    ['{"pubkey":"x"}', 'identity_data: cannot be blank.'],
    ['{"identity_data":{},"pubkey":"x"}', 'identity_data: cannot be blank.'],
    ['{"identity_data":{"a":1},"pubkey":"x"}', 'cannot decode public key'],
    [
      '{"identity_data":"{}","pubkey":"x"}',
      'json: cannot unmarshal string into Go struct field preAuthReq.identity_data of type map[string]interface {}',
    ],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{', 'unexpected EOF'],
    ['', 'EOF'],
  ])('%s: 400', (body, error) => {
    const answer = new Bench(mode).send('POST', `${DEVAUTH}/devices`, {
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer).toMatchObject({ status: 400, error: `failed to decode preauth request: ${error}` });
  });

  it.each(['pending', 'rejected', 'accepted', 'preauthorized', 'noauth', 'decommissioning'])(
    '409 with the device, without its sets, when the identity is %s',
    (state) => {
      const bench = new Bench(mode);
      if (state === 'preauthorized') bench.preauthorize(id, k1);
      else bench.knock(id, k1);
      const device = bench.device(id).id;
      if (state === 'rejected' || state === 'accepted') bench.put(device, bench.setId(id, k1), state);
      if (state === 'noauth') bench.deleteSet(device, bench.setId(id, k1));
      if (state === 'decommissioning') bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
      for (const key of [k1, k2]) {
        const answer = bench.preauthorize({ sn: '1', mac: 'aa' }, key);
        expect(answer.status).toBe(409);
        expect(answer.json).toMatchObject({
          id: device,
          identity_data: id,
          status: state === 'decommissioning' ? 'pending' : state,
          decommissioning: state === 'decommissioning',
          auth_sets: null,
        });
      }
    },
  );

  it('the way out: delete the device, wait for 404, preauthorize', () => {
    const bench = new Bench(mode, { decommissionMs: 500 });
    bench.knock(id, k1);
    const device = bench.device(id).id;
    bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
    expect(bench.preauthorize(id, k2).status).toBe(409);
    bench.now += 500;
    expect(bench.get(device).status).toBe(404);
    expect(bench.preauthorize(id, k2).status).toBe(201);
  });

  it('another key knocks first: a pending set beside the preauthorized one', () => {
    const bench = new Bench(mode);
    bench.preauthorize(id, k1);
    expect(bench.knock(id, k2).error).toBe('dev auth: unauthorized');
    expect(bench.device(id).status).toBe('preauthorized');
    expect([bench.setStatus(id, k1), bench.setStatus(id, k2)]).toEqual(['preauthorized', 'pending']);
    expect(bench.knock(id, k1).status).toBe(200);
  });

  it('accepting that one by hand', () => {
    const bench = new Bench(mode);
    bench.preauthorize(id, k1);
    bench.knock(id, k2);
    expect(bench.accept(id, k2).status).toBe(204);
    expect(bench.setStatus(id, k1)).toBe(modern ? 'preauthorized' : 'rejected');
    expect(bench.knock(id, k1).status).toBe(modern ? 200 : 401);
    expect([bench.setStatus(id, k1), bench.setStatus(id, k2)]).toEqual(
      modern ? ['accepted', 'rejected'] : ['rejected', 'accepted'],
    );
  });

  it('workflows down: 500, the device stays preauthorized, and a retry is a conflict', () => {
    const bench = new Bench(mode, { workflows: 'down' });
    expect(bench.preauthorize(id, k1)).toMatchObject({ status: 500, error: 'internal error' });
    bench.core.environment.workflows = 'up';
    expect(bench.preauthorize(id, k1).status).toBe(409);
    expect(bench.device(id)).toMatchObject({
      status: 'preauthorized',
      sets: modern ? [{ status: 'preauthorized' }] : [],
    });
    expect(bench.knock(id, k1).status).toBe(modern ? 200 : 401);
  });
});

describe('forced, 2023', () => {
  it('is an unknown field', () => {
    const bench = new Bench('2023');
    bench.knock(id, k1);
    expect(bench.preauthorize(id, k2, { force: true }).status).toBe(409);
    expect(bench.preauthorize({ sn: 'new' }, k2, { force: true }).status).toBe(201);
  });
});

describe('forced, 2026', () => {
  const force = (bench: Bench, key: typeof k1) => bench.preauthorize(id, key, { force: true });

  it('adds a set and touches nothing else; when the new key knocks it takes over in one request', () => {
    const bench = new Bench('2026');
    const old = bench.admit(id, k1);
    expect(force(bench, k2).status).toBe(201);
    expect(bench.device(id).status).toBe('accepted');
    expect(bench.use(old)).toBe(200);
    expect(bench.knock(id, k1).status).toBe(200);
    expect(bench.knock(id, k2).status).toBe(200);
    expect([bench.setStatus(id, k1), bench.setStatus(id, k2)]).toEqual(['rejected', 'accepted']);
    expect(bench.use(old)).toBe(401);
    expect(bench.knock(id, k1).status).toBe(401);
  });

  it('answers the place of a device that does not exist', () => {
    const bench = new Bench('2026');
    bench.knock(id, k1);
    const place = String(force(bench, k2).headers['location']).replace('devices/', '');
    expect(place).not.toBe(bench.device(id).id);
    expect(bench.get(place).status).toBe(404);
  });

  it('with the accepted key: its token is refused until it authenticates again', () => {
    const bench = new Bench('2026');
    const token = bench.admit(id, k1);
    force(bench, k1);
    expect(bench.setStatus(id, k1)).toBe('preauthorized');
    expect(bench.use(token)).toBe(401);
    expect(bench.use(bench.knock(id, k1).body)).toBe(200);
  });

  it.each(['pending', 'noauth'])('on a %s device its status stays until the knock', (state) => {
    const bench = new Bench('2026');
    bench.knock(id, k1);
    if (state === 'noauth') bench.deleteSet(bench.device(id).id, bench.setId(id, k1));
    force(bench, k1);
    expect(bench.device(id).status).toBe(state);
    expect(bench.knock(id, k1).status).toBe(200);
    expect(bench.device(id).status).toBe('accepted');
  });

  it('on a decommissioning one: 201, then everything is deleted', () => {
    const bench = new Bench('2026');
    bench.knock(id, k1);
    const device = bench.device(id).id;
    bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
    expect(force(bench, k2).status).toBe(201);
    bench.core.finishDecommissions();
    expect(bench.core.inspect()).toEqual([]);
    expect(bench.knock(id, k2).status).toBe(401);
  });

  it('two preauthorized sets at once: 500 after having acted, until one is deleted', () => {
    const bench = new Bench('2026');
    bench.admit(id, k1);
    force(bench, k2);
    force(bench, k3);
    expect(bench.knock(id, k1).status).toBe(200);
    const { id: device } = bench.device(id);
    expect(bench.put(device, bench.setId(id, k1), 'rejected')).toMatchObject({
      status: 500,
      error: 'internal error',
    });
    expect(bench.setStatus(id, k1)).toBe('rejected');
    expect(bench.knock(id, k1).status).toBe(401);
    expect(bench.deleteSet(device, bench.setId(id, k2)).status).toBe(204);
    expect(bench.knock(id, k3).status).toBe(200);
  });
});
