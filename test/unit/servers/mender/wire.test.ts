import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { fingerprintOfPem, publicKey } from '../../../../src/keys/index.ts';
import { isMendersOwn } from '../../../../src/servers/mender/answer.ts';
import { MENDER_CALLS, menderCall } from '../../../../src/servers/mender/calls.ts';
import {
  asDevice,
  isDeviceOf,
  nextPage,
  readToken,
  wireCount,
  wireDevice,
  wireDevices,
  wireError,
  wireLimit,
  wireUser,
} from '../../../../src/servers/mender/wire.ts';

const exchange = z.object({
  label: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number(),
  resHeaders: z
    .record(z.string(), z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(', '))]))
    .default({}),
  resBody: z.string().default(''),
});
type Exchange = z.output<typeof exchange>;

function recorded(year: string): readonly Exchange[] {
  const path = new URL(`../../../data/mender-wire-${year}.jsonl`, import.meta.url);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => exchange.parse(JSON.parse(line)));
}

/** Which call of the station's an exchange is, by method and path. */
function callOf({ method, path }: Exchange): string | null {
  const [bare = ''] = path.split('?');
  const fits = ([, shape]: [string, { method: string; path: string }]): boolean =>
    shape.method === method &&
    new RegExp(`^${shape.path.replaceAll('.', '\\.').replaceAll('{}', '[^/]+')}$`).test(bare);
  // `devices/count` is not the device with the id `count`.
  const fitting = Object.entries(MENDER_CALLS).filter(fits);
  return fitting.find(([, { path: exact }]) => exact === bare)?.[0] ?? fitting[0]?.[0] ?? null;
}

/** Long bodies were cut when they were recorded. */
function isCut(body: string): boolean {
  return body.length >= 3000;
}

const BODIES: Readonly<Record<string, z.ZodType>> = {
  device: wireDevice,
  devices: wireDevices,
  'device count': wireCount,
  'device limit': wireLimit,
  user: wireUser,
};

describe.each(['2026', '2023'])('what a real server of %s answered', (year) => {
  const exchanges = recorded(year);
  const ours = exchanges.flatMap((one) => {
    const call = callOf(one);
    return call === null ? [] : [{ ...one, call }];
  });

  test('is read, every answer to a call of the station', () => {
    const read: Record<string, number> = {};
    for (const { call, status, resBody, label } of ours) {
      const schema =
        status === 200 ? BODIES[call] : call === 'preauthorize' && status === 409 ? wireDevice : undefined;
      if (schema === undefined || isCut(resBody)) continue;
      const parsed = schema.safeParse(JSON.parse(resBody));
      expect(parsed.error, `${call}: ${label}`).toBeUndefined();
      read[`${call} ${status}`] = (read[`${call} ${status}`] ?? 0) + 1;
    }
    expect(Object.keys(read).sort()).toEqual(
      [
        'device 200',
        'device count 200',
        'device limit 200',
        'devices 200',
        'preauthorize 409',
        'user 200',
      ].sort(),
    );
  });

  test('is known as Mender’s own, every refusal', () => {
    // The 409 of a preauthorization is no refusal: it carries the device.
    const refusals = ours.filter(({ status }) => status >= 400 && status !== 409);
    expect(refusals.length).toBeGreaterThan(100);
    for (const { resBody, status, label } of refusals) {
      const answer = {
        status,
        headers: new Map<string, string>(),
        body: Buffer.from(resBody),
        requestId: '',
      };
      expect(isMendersOwn(answer), label).toBe(true);
      if (resBody !== '') expect(wireError.safeParse(JSON.parse(resBody)).success, label).toBe(true);
    }
  });

  test('names the fingerprint of every key as the station does', () => {
    const keys = ours.flatMap(({ call, status, resBody }) => {
      if (status !== 200 || isCut(resBody)) return [];
      if (call === 'device') return wireDevice.parse(JSON.parse(resBody)).auth_sets;
      return call === 'devices' ? wireDevices.parse(JSON.parse(resBody)).flatMap((one) => one.auth_sets) : [];
    });
    expect(keys.length).toBeGreaterThan(5);
    for (const { pubkey } of keys) {
      expect(fingerprintOfPem(pubkey)).toBe(publicKey(pubkey).fingerprint);
      // The server's normal form is the station's.
      expect(publicKey(pubkey).pem).toBe(pubkey);
    }
  });

  test('links pages that lead through the whole list', () => {
    const linked = ours.filter(
      ({ call, resHeaders }) => call === 'devices' && resHeaders['link'] !== undefined,
    );
    expect(linked.length).toBeGreaterThan(2);
    for (const { path, resHeaders } of linked) {
      const here = new URL(path, 'http://x').searchParams;
      const next = nextPage(resHeaders['link']);
      if (resHeaders['link']?.includes('rel="next"') === true)
        expect(next?.get('page')).toBe(String(Number(here.get('page') ?? 1) + 1));
      else expect(next).toBeNull();
    }
  });
});

describe('reading', () => {
  test('a device of another program', () => {
    const wire = wireDevice.parse({
      id: 'x',
      identity_data: { n: 7, o: { a: 1 }, s: 'a', l: ['a', 'b'] },
      status: 'noauth',
      auth_sets: null,
    });
    expect(asDevice(wire)).toEqual({
      id: 'x',
      identity: { n: '7', o: '{"a":1}', s: 'a', l: ['a', 'b'] },
      status: 'noauth',
      decommissioning: false,
      authSets: [],
    });
    expect(isDeviceOf(wire, { n: '7', o: '{"a":1}', s: 'a', l: ['a', 'b'] })).toBe(false);
    expect(asDevice(wireDevice.parse({ id: 'x', identity_data: null, status: 'pending' })).identity).toEqual(
      {},
    );
  });

  test('an identity does not depend on the order of its keys, but on that of its values', () => {
    const wire = wireDevice.parse({ id: 'x', identity_data: { b: '2', a: ['1', '0'] }, status: 'pending' });
    expect(isDeviceOf(wire, { a: ['1', '0'], b: '2' })).toBe(true);
    expect(isDeviceOf(wire, { a: ['0', '1'], b: '2' })).toBe(false);
    expect(isDeviceOf(wire, { a: ['1', '0'] })).toBe(false);
  });

  test('a token, and anything that is none', () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'RS256', kid: 0 })}.${part({ sub: 's', jti: 'j', exp: 7 })}.c2ln`;
    expect(readToken(`${token}\n`)).toEqual({
      subject: 's',
      id: 'j',
      issued: null,
      expires: 7,
      namesKey: true,
    });
    const old = `${part({ alg: 'RS256' })}.${part({})}.c2ln`;
    expect(readToken(old)).toEqual({
      subject: null,
      id: null,
      issued: null,
      expires: null,
      namesKey: false,
    });
    fc.assert(fc.property(fc.string(), (text) => readToken(text) === null));
  });

  test('no link leads to another path or host', () => {
    const link = '<https://elsewhere/steal?page=2>; rel="next", <//x/y?page=9>; rel="prev"';
    expect(nextPage(link)?.toString()).toBe('page=2');
    expect(nextPage(undefined)).toBeNull();
    expect(nextPage('</a?page=1>; rel="first"')).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => nextPage(text) === null || text.includes('next')));
  });
});

describe('a call', () => {
  test('holds ids in their place, whatever is in them', () => {
    const anyId = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom('.', '..', '../x', 'a/b', '?x=1', '#'),
    );
    fc.assert(
      fc.property(anyId, anyId, (device, set) => {
        const { path } = menderCall('delete auth set', { ids: [device, set] });
        expect(path.split('/')).toHaveLength(9);
        expect(path).not.toMatch(/[?#]|\/\.\.?(\/|$)/);
      }),
    );
  });

  test('says JSON without a charset, and nothing where there is no body', () => {
    expect(menderCall('inventory search', { json: {} }).headers).toEqual({
      'content-type': 'application/json',
    });
    expect(menderCall('device', { ids: ['x'] })).toEqual({
      method: 'GET',
      path: '/api/management/v2/devauth/devices/x',
      headers: {},
    });
  });
});
