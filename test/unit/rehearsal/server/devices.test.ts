import { describe, expect, it } from 'vitest';
import { Bench, DEVAUTH, MODES, newKey, type Answer } from './bench.ts';

const keys = Array.from({ length: 4 }, newKey);
const [k1, k2, k3] = [keys[0]!, keys[1]!, keys[2]!];
const id = { sn: '1' };

interface Row {
  readonly id: string;
  readonly status: string;
}

const rows = (answer: Answer): Row[] => answer.json as Row[];

describe.each(MODES)('lists of devices, %s', (mode) => {
  const modern = mode === '2026';
  const bench = new Bench(mode);
  for (let n = 0; n < 25; n += 1) bench.knock({ sn: `d${n}` }, k1);
  for (let n = 0; n < 3; n += 1) bench.accept({ sn: `d${n}` }, k1);
  bench.put(bench.device({ sn: 'd3' }).id, bench.setId({ sn: 'd3' }, k1), 'rejected');
  bench.preauthorize({ sn: 'pre' }, k1);
  bench.knock({ sn: 'd0' }, k2);
  const list = (query: string) => bench.send('GET', `${DEVAUTH}/devices${query}`);
  const ids = ['d0', 'd1', 'd4'].map((sn) => bench.device({ sn }).id) as [string, string, string];

  it('gives twenty by default, sorted by the text of the status, then by id', () => {
    const all = rows(list('?per_page=500'));
    expect(rows(list('')).map((row) => row.id)).toEqual(all.slice(0, 20).map((row) => row.id));
    const keysOf = all.map((row) => `${row.status} ${row.id}`);
    expect(keysOf).toEqual([...keysOf].sort());
    expect(new Set(all.map((row) => row.status))).toEqual(
      new Set(['accepted', 'pending', 'preauthorized', 'rejected']),
    );
  });

  it.each([
    ['?status=accepted', 3],
    ['?status=pending&per_page=500', 21],
    ['?status=accepted&status=rejected', 4],
    ['?status=preauthorized', 1],
    ['?status=noauth', 0],
    [`?id=${ids[0]}`, 1],
    [`?id=${ids[0]}&id=${ids[2]}`, 2],
    [`?id=${ids[0]}&id=${ids[2]}&status=pending`, 1],
    [`?id=${ids[0]},${ids[1]}`, 0],
    [`?id=${ids[0]}&status=rejected`, 0],
  ])('%s finds %i', (query, count) => {
    expect(rows(list(query))).toHaveLength(count);
  });

  it('a device is listed under its own status only: not as pending when it is accepted with a new pending key', () => {
    expect(rows(list(`?status=pending&id=${ids[0]}`))).toEqual([]);
    expect(rows(list(`?status=accepted&id=${ids[0]}`))).toHaveLength(1);
  });

  const path = `${DEVAUTH}/devices`;
  it.each([
    ['?per_page=10', ['first 1', 'next 2'], ['next 2', 'first 1']],
    ['?per_page=10&page=2', ['first 1', 'prev 1', 'next 3'], ['prev 1', 'next 3', 'first 1']],
    ['?per_page=10&page=3', ['first 1', 'prev 2'], ['prev 2', 'first 1']],
    ['?per_page=13&page=2', ['first 1', 'prev 1'], ['prev 1', 'first 1']],
    ['?page=999&per_page=500', ['first 1', 'prev 998'], ['prev 998', 'first 1']],
  ])('links of %s are relative, one a line', (query, in2026, in2023) => {
    const answer = list(query);
    expect(answer.status).toBe(200);
    const perPage = /per_page=(\d+)/.exec(query)?.[1] ?? '';
    const wanted = (modern ? in2026 : in2023).map((link) => {
      const [relation, page] = link.split(' ');
      return `<${path}?page=${page}&per_page=${perPage}>; rel="${relation}"`;
    });
    expect(answer.headers['link']).toEqual(wanted);
  });

  it('links keep the filters, sorted and escaped', () => {
    expect(list('?status=pending&id=a,b').headers['link']).toEqual([
      `<${path}?id=a%2Cb&page=1&per_page=20&status=pending>; rel="first"`,
    ]);
  });

  it.each([
    [
      'page=0',
      'invalid page query: value must be a non-zero positive integer',
      'Param page is out of bounds',
    ],
    ['page=-1', 'invalid page query: value must be a non-zero positive integer', "Can't parse param page"],
    ['page=abc', 'invalid page query: "abc"', "Can't parse param page"],
    [
      'per_page=0',
      'invalid per_page query: value must be a non-zero positive integer',
      'Param per_page is out of bounds',
    ],
    ['per_page=501', 'parameter "per_page" above limit (max: 500)', 'Param per_page is out of bounds'],
    [
      'status=foo',
      'filter status must be one of: accepted, pending, rejected, preauthorized or noauth',
      'filter status must be one of: accepted, pending, rejected, preauthorized or noauth',
    ],
  ])('400 for %s', (query, in2026, in2023) => {
    const answer = list(`?${query}`);
    expect([answer.status, answer.error]).toEqual([400, modern ? in2026 : in2023]);
  });

  it.each([
    [{}, 20],
    [{ id: ids[0] }, 1],
    [{ id: [ids[0], ids[2]], status: 'accepted' }, 1],
    [{ status: ['accepted', 'rejected'] }, 4],
    [{ status: 'foo' }, 0],
  ])('search for %j finds %i', (body, count) => {
    const answer = bench.send('POST', `${path}/search`, { body });
    expect([answer.status, rows(answer).length]).toEqual([200, count]);
    expect(String(answer.headers['link']?.[0])).toContain(`<${path}/search?page=`);
  });

  it.each([
    ['', 'EOF', 'JSON payload is empty'],
    ['{', 'unexpected EOF', 'unexpected end of JSON input'],
    [
      '{"id":5}',
      "invalid JSON type for 'id': must be string or []string",
      "invalid JSON type for 'id': must be string or []string",
    ],
  ])('search with %j: 400', (body, in2026, in2023) => {
    const answer = bench.send('POST', `${path}/search`, {
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([answer.status, answer.error]).toEqual([
      400,
      `api: malformed request body: ${modern ? in2026 : in2023}`,
    ]);
  });

  it.each([
    ['', 26],
    ['?status=accepted', 3],
    ['?status=pending', 21],
    ['?status=accepted&status=pending', 3],
    ['?status=noauth', 0],
  ])('count%s is %i', (query, count) => {
    expect(bench.send('GET', `${path}/count${query}`).json).toEqual({ count });
  });

  it('count of an unknown status: 400', () => {
    expect(bench.send('GET', `${path}/count?status=foo`).status).toBe(400);
  });

  it.each(['00000000-0000-4000-8000-000000000000', 'nope'])('no device %s', (device) => {
    expect([bench.get(device).status, bench.get(device).error]).toEqual([404, 'device not found']);
  });

  it('the status of a set, whatever the device in the path', () => {
    const set = bench.setId({ sn: 'd1' }, k1);
    const status = (device: string, which: string) =>
      bench.send('GET', `${path}/${device}/auth/${which}/status`);
    expect(status(ids[1], set).json).toEqual({ status: 'accepted' });
    expect(status('whatever', set).json).toEqual({ status: 'accepted' });
    expect([status(ids[1], 'nope').status, status(ids[1], 'nope').error]).toEqual([
      404,
      'authorization set not found',
    ]);
  });
});

describe.each(MODES)('setting the status of a set, %s', (mode) => {
  const modern = mode === '2026';

  function at(state: string): { readonly bench: Bench; readonly device: string; readonly set: string } {
    const bench = new Bench(mode);
    if (state === 'preauthorized') bench.preauthorize(id, k1);
    else bench.knock(id, k1);
    const device = bench.device(id).id;
    const set = bench.setId(id, k1);
    if (state === 'accepted' || state === 'rejected') bench.put(device, set, state);
    return { bench, device, set };
  }

  it.each([
    ['pending', 'accepted', 204],
    ['pending', 'rejected', 204],
    ['pending', 'pending', 204],
    ['rejected', 'accepted', 204],
    ['rejected', 'rejected', modern ? 204 : 400],
    ['rejected', 'pending', 204],
    ['accepted', 'accepted', 204],
    ['accepted', 'rejected', 204],
    ['accepted', 'pending', 204],
    ['preauthorized', 'accepted', 400],
    ['preauthorized', 'rejected', 400],
    ['preauthorized', 'pending', 400],
  ])('%s -> %s: %i', (from, to, status) => {
    const { bench, device, set } = at(from);
    const answer = bench.put(device, set, to);
    expect([answer.status, answer.body === '' ? '' : answer.error]).toEqual([
      status,
      status === 204 ? '' : 'dev auth: bad request',
    ]);
    const after = status === 204 ? to : from;
    expect(bench.device(id)).toMatchObject({ status: after, sets: [{ status: after }] });
  });

  it.each([
    ['preauthorized', 'incorrect device status'],
    ['noauth', 'incorrect device status'],
    ['', 'incorrect device status'],
  ])('status %j: 400', (status, error) => {
    const { bench, device, set } = at('pending');
    expect(bench.put(device, set, status)).toMatchObject({ status: 400, error });
  });

  it.each([
    ['{', 'unexpected EOF', 'unexpected end of JSON input'],
    ['', 'EOF', 'JSON payload is empty'],
  ])('body %j: 400', (body, in2026, in2023) => {
    const { bench, device, set } = at('pending');
    const headers = { 'content-type': 'application/json' };
    const answer = bench.send('PUT', `${DEVAUTH}/devices/${device}/auth/${set}/status`, { headers, body });
    expect(answer).toMatchObject({
      status: 400,
      error: `failed to decode status data: ${modern ? in2026 : in2023}`,
    });
  });

  it('an unknown set: 404', () => {
    const { bench, device } = at('pending');
    expect(bench.put(device, 'nope', 'accepted')).toMatchObject({
      status: 404,
      error: 'authorization set not found',
    });
  });

  it.each([
    ['accepted', 'accepted', 'other', 400, 204],
    ['accepted', 'rejected', 'other', 400, 400],
    ['accepted', 'accepted', 'none', 400, 204],
    ['pending', 'accepted', 'other', 400, 400],
    ['pending', 'accepted', 'none', 400, 404],
    ['pending', 'rejected', 'none', 400, 404],
  ])('a set that is %s put %s under the id of %s device', (from, to, whose, in2026, in2023) => {
    const { bench, set } = at(from);
    bench.knock({ sn: 'other' }, k2);
    const device = whose === 'other' ? bench.device({ sn: 'other' }).id : 'nope';
    const before = bench.core.inspect();
    const answer = bench.put(device, set, to);
    expect(answer.status).toBe(modern ? in2026 : in2023);
    if (answer.status === 400) expect(answer.error).toBe('dev auth: dev ID and auth ID mismatch');
    expect(bench.core.inspect()).toEqual(before);
  });

  it.each(['pending', 'rejected'])(
    'accepted -> %s kills the tokens, and accepting again does not revive them',
    (to) => {
      const bench = new Bench(mode);
      const token = bench.admit(id, k1);
      expect(bench.use(token)).toBe(200);
      bench.put(bench.device(id).id, bench.setId(id, k1), to);
      expect(bench.use(token)).toBe(401);
      bench.accept(id, k1);
      expect(bench.use(token)).toBe(401);
      bench.now += 1000;
      expect(bench.use(bench.knock(id, k1).body)).toBe(200);
    },
  );

  it('the device has the strongest status of its sets', () => {
    const bench = new Bench(mode);
    bench.knock(id, k1);
    bench.knock(id, k2);
    const device = bench.device(id).id;
    bench.put(device, bench.setId(id, k1), 'rejected');
    expect(bench.device(id).status).toBe('pending');
    bench.put(device, bench.setId(id, k2), 'rejected');
    expect(bench.device(id).status).toBe('rejected');
    bench.accept(id, k1);
    expect(bench.device(id).status).toBe('accepted');
    bench.put(device, bench.setId(id, k1), 'pending');
    expect(bench.device(id).status).toBe('pending');
    bench.deleteSet(device, bench.setId(id, k1));
    bench.deleteSet(device, bench.setId(id, k2));
    expect(bench.device(id).status).toBe('noauth');
  });
});

describe.each(MODES)('deleting, %s', (mode) => {
  const modern = mode === '2026';

  it('a set: 204, then 404 with an empty body; the device stays without sets', () => {
    const bench = new Bench(mode);
    const token = bench.admit(id, k1);
    const device = bench.device(id).id;
    const set = bench.setId(id, k1);
    expect(bench.deleteSet(device, set)).toMatchObject({ status: 204, body: '' });
    expect(bench.deleteSet(device, set)).toMatchObject({ status: 404, body: '' });
    expect(bench.use(token)).toBe(401);
    expect(bench.get(device).device).toMatchObject({ status: 'noauth', auth_sets: [] });
  });

  it('is not blocking: the same key knocks again as a new pending set of the same device', () => {
    const bench = new Bench(mode);
    bench.knock(id, k1);
    const device = bench.device(id).id;
    const set = bench.setId(id, k1);
    bench.deleteSet(device, set);
    bench.knock(id, k1);
    expect(bench.device(id)).toMatchObject({ id: device, status: 'pending' });
    expect(bench.setId(id, k1)).not.toBe(set);
  });

  it('of the only, preauthorized set: the device goes too', () => {
    const bench = new Bench(mode);
    bench.preauthorize(id, k1);
    const device = bench.device(id).id;
    bench.deleteSet(device, bench.setId(id, k1));
    expect(bench.get(device).status).toBe(404);
  });

  it.each(['another device', 'no device'])('a set under the id of %s', (whose) => {
    const bench = new Bench(mode);
    const token = bench.admit(id, k1);
    const set = bench.setId(id, k1);
    bench.knock({ sn: 'other' }, k2);
    const path = whose === 'no device' ? 'nope' : bench.device({ sn: 'other' }).id;
    expect(bench.deleteSet(path, set)).toMatchObject({ status: modern ? 204 : 404, body: '' });
    expect(bench.use(token)).toBe(modern ? 401 : 200);
    expect(bench.device(id)).toMatchObject({
      status: 'accepted',
      sets: modern ? [] : [{ status: 'accepted' }],
    });
  });

  it('a preauthorized set while another one is pending', () => {
    const bench = new Bench(mode);
    bench.preauthorize(id, k1);
    bench.knock(id, k2);
    const device = bench.device(id).id;
    const pending = bench.setId(id, k2);
    expect(bench.deleteSet(device, bench.setId(id, k1)).status).toBe(204);
    if (modern) {
      expect(bench.device(id)).toMatchObject({ id: device, status: 'pending' });
      expect(bench.put(device, pending, 'accepted').status).toBe(204);
      return;
    }
    expect(bench.get(device).status).toBe(404);
    expect(bench.knock(id, k2).error).toBe('dev auth: unauthorized');
    expect(bench.put(bench.device(id).id, pending, 'accepted')).toMatchObject({
      status: 400,
      error: 'dev auth: dev ID and auth ID mismatch',
    });
    expect(bench.deleteSet(device, pending).status).toBe(500);
  });

  it('decommissioning is asynchronous', () => {
    const bench = new Bench(mode);
    const token = bench.admit(id, k1);
    const device = bench.device(id).id;
    const remove = () => bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
    expect(remove()).toMatchObject({ status: 204, body: '' });
    expect(bench.get(device).device).toMatchObject({ status: 'accepted', decommissioning: true });
    expect(bench.use(token)).toBe(401);
    expect(bench.knock(id, k1)).toMatchObject({ status: 401, error: 'dev auth: unauthorized' });
    const conflict = bench.preauthorize(id, k1);
    expect(conflict.status).toBe(409);
    expect(conflict.json).toMatchObject({ id: device, decommissioning: true, auth_sets: null });
    bench.core.finishDecommissions();
    expect(bench.get(device)).toMatchObject({ status: 404, error: 'device not found' });
    expect(remove()).toMatchObject({ status: 404, body: '' });
    bench.knock(id, k1);
    expect(bench.device(id).id).not.toBe(device);
  });

  it('decommissioning ends by the clock', () => {
    const bench = new Bench(mode, { decommissionMs: 2000 });
    bench.knock(id, k1);
    const device = bench.device(id).id;
    bench.send('DELETE', `${DEVAUTH}/devices/${device}`);
    bench.now += 1999;
    expect(bench.get(device).status).toBe(200);
    bench.now += 1;
    expect(bench.get(device).status).toBe(404);
  });

  it('a token: 204, then 404 with an empty body; the device simply gets a new one', () => {
    const bench = new Bench(mode);
    const token = bench.admit(id, k1);
    const revoke = (jti: string) => bench.send('DELETE', `${DEVAUTH}/tokens/${jti}`);
    expect(revoke(bench.setId(id, k1)).status).toBe(204);
    expect(bench.use(token)).toBe(401);
    expect([revoke(bench.setId(id, k1)), revoke('zzz')]).toMatchObject([
      { status: 404, body: '' },
      { status: 404, body: '' },
    ]);
    expect(bench.device(id).status).toBe('accepted');
    expect(bench.use(bench.knock(id, k1).body)).toBe(200);
  });
});

describe.each(MODES)('the device limit, %s', (mode) => {
  const modern = mode === '2026';
  const limit = (bench: Bench) => bench.send('GET', `${DEVAUTH}/limits/max_devices`).json;

  it('unlimited is -1 today and was 0', () => {
    expect(limit(new Bench(mode))).toEqual({ limit: modern ? -1 : 0 });
  });

  it('other names: 400', () => {
    const answer = new Bench(mode).send('GET', `${DEVAUTH}/limits/foo`);
    expect(answer).toMatchObject({ status: 400, error: 'unsupported limit foo' });
  });

  it.each([
    [0, modern ? 422 : 204],
    [1, 204],
  ])('limit %i: the first accept is answered %i', (value, status) => {
    const bench = new Bench(mode, { limit: value });
    bench.knock(id, k1);
    expect(bench.accept(id, k1).status).toBe(status);
  });

  it('counts accepted devices, and re-keying one at the limit', () => {
    const bench = new Bench(mode, { limit: 1 });
    bench.admit(id, k1);
    bench.knock({ sn: '2' }, k2);
    expect(bench.accept({ sn: '2' }, k2)).toMatchObject({
      status: 422,
      error: 'maximum number of accepted devices reached',
    });
    expect(bench.device({ sn: '2' }).status).toBe('pending');
    bench.knock(id, k3);
    expect(bench.accept(id, k3).status).toBe(modern ? 204 : 422);
    expect(bench.preauthorize({ sn: '3' }, k1).status).toBe(201);
    expect(bench.knock({ sn: '3' }, k1)).toMatchObject({ status: 401, error: 'unauthorized' });
  });
});
