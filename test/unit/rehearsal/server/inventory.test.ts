import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, Bench, MODES, newKey } from './bench.ts';

const key = newKey();
const id = { sn: '1', mac: 'aa' };
const V1 = '/api/management/v1/inventory/devices';
const SEARCH = '/api/management/v2/inventory/filters/search';

describe.each(MODES)('the inventory, %s', (mode) => {
  const find = (bench: Bench, attribute: string, value: unknown, scope = 'identity') =>
    bench.send('POST', SEARCH, {
      body: { page: 1, per_page: 10, filters: [{ scope, attribute, type: '$eq', value }] },
    });

  it('finds a device by its identity, some time after devauth knows it', () => {
    const bench = new Bench(mode, { inventoryLagMs: 3000 });
    bench.knock(id, key);
    expect(find(bench, 'sn', '1').json).toEqual([]);
    bench.now += 3000;
    const found = find(bench, 'sn', '1');
    expect(found.headers['x-total-count']).toBe('1');
    const [device] = found.json as { id: string; attributes: unknown[] }[];
    expect(device?.id).toBe(bench.device(id).id);
    expect(device?.attributes).toContainEqual({ name: 'mac', value: 'aa', scope: 'identity' });
    expect(device?.attributes).toContainEqual({ name: 'status', value: 'pending', scope: 'identity' });
    expect(find(bench, 'sn', 1).json).toEqual([]);
    expect(find(bench, 'sn', '2').json).toEqual([]);
  });

  it('a status in the identity is not the one that is found', () => {
    const bench = new Bench(mode);
    bench.knock({ sn: 'x', status: 'accepted' }, key);
    expect(find(bench, 'status', 'accepted').json).toEqual([]);
    expect(find(bench, 'status', 'pending').json).toHaveLength(1);
  });

  it.each([
    { filters: [{ scope: 'identity', attribute: 'sn', type: '$regex', value: 'x' }] },
    { filters: 5 },
    { per_page: 501 },
    [],
  ])('search %j: 400', (body) => {
    expect(new Bench(mode).send('POST', SEARCH, { body }).status).toBe(400);
  });

  it('tags: 404 at first, then set and changed, twenty at most', () => {
    const bench = new Bench(mode, { inventoryLagMs: 3000 });
    bench.admit(id, key);
    const path = `${V1}/${bench.device(id).id}/tags`;
    const tag = (tags: unknown, headers = {}) => bench.send('PATCH', path, { body: tags, headers }).status;
    expect(tag([{ name: 'name', value: 'unit 1' }])).toBe(404);
    bench.now += 3000;
    expect(tag([{ name: 'name', value: 'unit 1' }])).toBe(200);
    expect(tag([{ name: 'line', value: 'A' }])).toBe(200);
    expect(bench.device(id).tags).toEqual({ name: 'unit 1', line: 'A' });
    expect(tag(Array.from({ length: 19 }, (_, n) => ({ name: `t${n}`, value: '' })))).toBe(400);
    expect(tag([{ value: 'no name' }])).toBe(400);
    expect(bench.device(id).tags).toEqual({ name: 'unit 1', line: 'A' });
  });

  it('tags with If-Match are refused when they changed meanwhile', () => {
    const bench = new Bench(mode);
    bench.admit(id, key);
    const path = `${V1}/${bench.device(id).id}`;
    const etag = String(bench.send('GET', path).headers['etag']);
    const tag = (value: string) =>
      bench.send('PATCH', `${path}/tags`, { headers: { 'If-Match': etag }, body: [{ name: 'name', value }] })
        .status;
    expect([tag('first'), tag('second')]).toEqual([200, 412]);
    expect(bench.device(id).tags).toEqual({ name: 'first' });
  });

  it('group', () => {
    const bench = new Bench(mode);
    bench.admit(id, key);
    const put = (device: string, group: unknown) =>
      bench.send('PUT', `${V1}/${device}/group`, { body: { group } }).status;
    const { id: device } = bench.device(id);
    expect([put(device, 'line-7'), put('nope', 'line-7'), put(device, 'ä b'), put(device, '')]).toEqual([
      204, 404, 400, 400,
    ]);
    expect(bench.device(id).group).toBe('line-7');
  });

  it('a device reports with its token, and gets no deployment', () => {
    const bench = new Bench(mode);
    const token = bench.admit(id, key);
    expect(bench.send('PATCH', ATTRIBUTES, { token, body: [{ name: 'kernel', value: '6.1' }] }).status).toBe(
      200,
    );
    expect(bench.send('PATCH', ATTRIBUTES, { token, body: { kernel: '6.1' } }).status).toBe(400);
    expect(find(bench, 'kernel', '6.1', 'inventory').json).toHaveLength(1);
    const next = '/api/devices/v1/deployments/device/deployments/next';
    expect([
      bench.send('GET', next, { token }).status,
      bench.send('GET', next, { token: null }).status,
    ]).toEqual([204, 401]);
  });

  it('forgets a decommissioned device', () => {
    const bench = new Bench(mode, { decommissionMs: 0 });
    bench.admit(id, key);
    const { id: device } = bench.device(id);
    bench.send('DELETE', `/api/management/v2/devauth/devices/${device}`);
    expect(find(bench, 'sn', '1').json).toEqual([]);
    expect(bench.send('GET', `${V1}/${device}`).status).toBe(404);
  });
});
