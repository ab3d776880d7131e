import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTES,
  AUTH_REQUESTS,
  Bench,
  claims,
  DEVAUTH,
  keyOf,
  MODES,
  newKey,
  type Key,
} from './bench.ts';

function pair(type: 'rsa', options: { modulusLength: number }): Key;
function pair(type: 'ec', options: { namedCurve: string }): Key;
function pair(type: 'ed25519' | 'ed448' | 'x25519' | 'rsa-pss' | 'dsa', options?: object): Key;
function pair(type: string, options: object = {}): Key {
  const generate = generateKeyPairSync as (
    kind: string,
    how: object,
  ) => { privateKey: KeyObject; publicKey: KeyObject };
  const { privateKey, publicKey } = generate(type, options);
  return keyOf(privateKey, publicKey);
}

const rsa = pair('rsa', { modulusLength: 2048 });
const p256 = pair('ec', { namedCurve: 'P-256' });
const p384 = pair('ec', { namedCurve: 'P-384' });
const p521 = pair('ec', { namedCurve: 'P-521' });
const ed25519 = pair('ed25519');
const rsa1024 = pair('rsa', { modulusLength: 1024 });
const rsa3072 = pair('rsa', { modulusLength: 3072 });
const otherRsa = pair('rsa', { modulusLength: 2048 });
const dsa = pair('dsa', { modulusLength: 1024, divisorLength: 160 });

describe.each(MODES)('auth requests, %s', (mode) => {
  const modern = mode === '2026';

  /** Sends a body with a signature text of any make. */
  const send = (bench: Bench, text: string, signature: string | undefined) =>
    bench.send('POST', AUTH_REQUESTS, {
      token: null,
      headers: {
        'content-type': 'application/json',
        ...(signature === undefined ? {} : { 'x-men-signature': signature }),
      },
      body: text,
    });

  describe('by the state of the device', () => {
    it.each(['pending', 'rejected', 'noauth', 'decommissioning'])(
      '%s: 401 dev auth: unauthorized',
      (state) => {
        const bench = new Bench(mode);
        const id = { sn: '1' };
        bench.knock(id, p256);
        const device = bench.device(id);
        const set = bench.setId(id, p256);
        if (state === 'rejected') bench.put(device.id, set, 'rejected');
        if (state === 'noauth') bench.deleteSet(device.id, set);
        if (state === 'decommissioning') bench.send('DELETE', `${DEVAUTH}/devices/${device.id}`);
        const answer = bench.knock(id, p256);
        expect([answer.status, answer.error]).toEqual([401, 'dev auth: unauthorized']);
      },
    );

    it.each(['accepted', 'preauthorized'])('%s: 200 and a bare token', (state) => {
      const bench = new Bench(mode);
      if (state === 'preauthorized') bench.preauthorize({ sn: '1' }, p256);
      else bench.admit({ sn: '1' }, p256);
      const answer = bench.knock({ sn: '1' }, p256);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(
        modern ? 'application/jwt' : 'application/json; charset=utf-8',
      );
      expect(answer.body).toHaveLength(854);
      expect(bench.use(answer.body)).toBe(200);
    });

    it('preauthorized at the device limit: 401 unauthorized without prefix, and it stays preauthorized', () => {
      const bench = new Bench(mode, { limit: 1 });
      bench.admit({ sn: 'full' }, newKey());
      expect(bench.preauthorize({ sn: '1' }, p256).status).toBe(201);
      const answer = bench.knock({ sn: '1' }, p256);
      expect([answer.status, answer.error]).toEqual([401, 'unauthorized']);
      expect(bench.device({ sn: '1' }).status).toBe('preauthorized');
      bench.core.environment.limit = 2;
      expect(bench.knock({ sn: '1' }, p256).status).toBe(200);
    });

    it('workflows down: an error, and a half-made device that knocks again until it is well', () => {
      const bench = new Bench(mode, { workflows: 'down' });
      for (let n = 0; n < 2; n += 1) {
        const answer = bench.knock({ sn: '1' }, p256);
        expect([answer.status, answer.error]).toEqual(
          modern ? [503, 'service unavailable'] : [500, 'internal error'],
        );
      }
      expect(bench.device({ sn: '1' })).toMatchObject({ status: 'noauth', sets: [] });
      bench.core.environment.workflows = 'up';
      expect(bench.knock({ sn: '1' }, p256).status).toBe(401);
      expect(bench.device({ sn: '1' }).status).toBe('pending');
    });

    it('eight identical first requests make one device with one set', () => {
      const bench = new Bench(mode);
      const all = Array.from({ length: 8 }, () => bench.knock({ sn: '1' }, p256).status);
      expect(all).toEqual(Array(8).fill(401));
      expect(bench.core.inspect().map((device) => device.sets.length)).toEqual([1]);
    });
  });

  describe('by the body', () => {
    const good = { id_data: '{"sn":"1"}', pubkey: p256.pem };
    it.each([
      ['no JSON', '{"id_data":', 'failed to decode auth request: unexpected end of JSON input'],
      ['nothing', '', 'failed to decode auth request: unexpected end of JSON input'],
      [
        'an array',
        '[]',
        'failed to decode auth request: json: cannot unmarshal array into Go value of type model.AuthReq',
      ],
      ['null', 'null', 'invalid auth request: id_data must be provided'],
      ['two values', '{} {}', "failed to decode auth request: invalid character '{' after top-level value"],
      ['empty id_data', { ...good, id_data: '' }, 'invalid auth request: id_data must be provided'],
      ['no id_data', { pubkey: p256.pem }, 'invalid auth request: id_data must be provided'],
      ['empty pubkey', { ...good, pubkey: '' }, 'invalid auth request: pubkey must be provided'],
      ['no pubkey', { id_data: '{}' }, 'invalid auth request: pubkey must be provided'],
      [
        'id_data no JSON',
        { ...good, id_data: 'mac=aa' },
        "invalid auth request: invalid character 'm' looking for beginning of value",
      ],
      [
        'id_data an array',
        { ...good, id_data: '["a"]' },
        'invalid auth request: json: cannot unmarshal array into Go value of type map[string]interface {}',
      ],
      [
        'id_data a string',
        { ...good, id_data: '"a"' },
        'invalid auth request: json: cannot unmarshal string into Go value of type map[string]interface {}',
      ],
      [
        'id_data a number',
        { ...good, id_data: '12' },
        'invalid auth request: json: cannot unmarshal number into Go value of type map[string]interface {}',
      ],
      [
        'id_data sent as object',
        { ...good, id_data: { sn: '1' } },
        'failed to decode auth request: json: cannot unmarshal object into Go struct field AuthReq.id_data of type string',
      ],
      [
        'pubkey a number',
        { ...good, pubkey: 5 },
        'failed to decode auth request: json: cannot unmarshal number into Go struct field AuthReq.pubkey of type string',
      ],
      [
        'tenant_token a number',
        { ...good, tenant_token: 5 },
        'failed to decode auth request: json: cannot unmarshal number into Go struct field AuthReq.tenant_token of type string',
      ],
      ['pubkey garbage', { ...good, pubkey: 'garbage' }, 'invalid auth request: cannot decode public key'],
    ])('400 for %s', (_what, body, error) => {
      const bench = new Bench(mode);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const answer = bench.knockText(text, p256);
      expect([answer.status, answer.error]).toEqual([400, error]);
      expect(bench.core.inspect()).toEqual([]);
    });

    it.each([
      ['extra members', JSON.stringify({ ...good, seq_no: 1, tier: 'micro' })],
      ['pretty-printed with a newline', `${JSON.stringify(good, null, 2)}\n`],
      ['a tenant token nobody asked for', JSON.stringify({ ...good, tenant_token: 'dummy' })],
    ])('fine with %s', (_what, text) => {
      expect(new Bench(mode).knockText(text, p256).error).toBe('dev auth: unauthorized');
    });

    it('a wrong Authorization header is ignored, and replays are accepted', () => {
      const bench = new Bench(mode);
      const text = JSON.stringify(good);
      const headers = { authorization: 'Bearer garbage' };
      expect([1, 2, 3].map(() => bench.knockText(text, p256, headers).error)).toEqual(
        Array(3).fill('dev auth: unauthorized'),
      );
    });
  });

  describe('signatures that verify', () => {
    it.each([
      ['RSA 1024', rsa1024],
      ['RSA 2048', rsa],
      ['RSA 3072', rsa3072],
      ['ECDSA P-224', pair('ec', { namedCurve: 'secp224r1' })],
      ['ECDSA P-256', p256],
      ['ECDSA P-384', p384],
      ['ECDSA P-521', p521],
      ['Ed25519', ed25519],
    ])('%s', (_name, key) => {
      const bench = new Bench(mode);
      const token = bench.admit({ sn: '1' }, key);
      expect(bench.use(token)).toBe(200);
      expect(bench.get(bench.device({ sn: '1' }).id).device.auth_sets?.[0]?.pubkey).toBe(key.pem);
    });

    it('RSA 512: only with the 2023 server', () => {
      const answer = new Bench(mode).knock({ sn: '1' }, pair('rsa', { modulusLength: 512 }));
      expect(answer.error).toBe(modern ? 'signature verification failed' : 'dev auth: unauthorized');
    });

    it.each([
      [
        'bytes after the DER',
        (text: string) =>
          Buffer.concat([sign('sha256', Buffer.from(text), p256.privateKey), Buffer.from('xyz')]),
      ],
    ])('ECDSA with %s', (_what, make) => {
      const text = JSON.stringify({ id_data: '{"sn":"1"}', pubkey: p256.pem });
      expect(send(new Bench(mode), text, make(text).toString('base64')).error).toBe('dev auth: unauthorized');
    });
  });

  describe('signatures that do not', () => {
    const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest();
    it.each<[string, Key, (data: Buffer) => string]>([
      [
        'RSA-PSS',
        rsa,
        (data) =>
          sign('sha256', data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }).toString(
            'base64',
          ),
      ],
      ['RSA SHA-1', rsa, (data) => sign('sha1', data, rsa.privateKey).toString('base64')],
      ['RSA SHA-384', rsa, (data) => sign('sha384', data, rsa.privateKey).toString('base64')],
      ['RSA SHA-512', rsa, (data) => sign('sha512', data, rsa.privateKey).toString('base64')],
      [
        'ECDSA raw r||s',
        p256,
        (data) =>
          sign('sha256', data, { key: p256.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64'),
      ],
      ['ECDSA P-384 SHA-384', p384, (data) => sign('sha384', data, p384.privateKey).toString('base64')],
      ['ECDSA P-521 SHA-512', p521, (data) => sign('sha512', data, p521.privateKey).toString('base64')],
      [
        'Ed25519 over SHA-256',
        ed25519,
        (data) => sign(null, digest('sha256', data.toString()), ed25519.privateKey).toString('base64'),
      ],
      [
        'Ed25519 over SHA-512',
        ed25519,
        (data) => sign(null, digest('sha512', data.toString()), ed25519.privateKey).toString('base64'),
      ],
      ['another key', rsa, (data) => sign('sha256', data, otherRsa.privateKey).toString('base64')],
      ['another body', rsa, () => sign('sha256', Buffer.from('{}'), rsa.privateKey).toString('base64')],
      [
        'base64url',
        rsa,
        (data) => `${sign('sha256', data, rsa.privateKey).toString('base64').slice(0, -6)}-_-_==`,
      ],
      ['unpadded', p256, (data) => unpadded(data)],
      ['hex', rsa, (data) => sign('sha256', data, rsa.privateKey).toString('hex')],
      [
        'folded with blanks',
        rsa,
        (data) =>
          sign('sha256', data, rsa.privateKey)
            .toString('base64')
            .replace(/(.{64})/g, '$1 '),
      ],
      ['not base64', rsa, () => '!!!'],
    ])('%s: 401 signature verification failed, nothing stored', (_what, key, make) => {
      const bench = new Bench(mode);
      const text = JSON.stringify({ id_data: '{"sn":"1"}', pubkey: key.pem });
      const answer = send(bench, text, make(Buffer.from(text)));
      expect([answer.status, answer.error]).toEqual([401, 'signature verification failed']);
      expect(bench.core.inspect()).toEqual([]);
    });

    function unpadded(data: Buffer): string {
      for (;;) {
        const text = sign('sha256', data, p256.privateKey).toString('base64');
        if (text.endsWith('=')) return text.replace(/=+$/, '');
      }
    }

    it.each([
      ['missing', undefined],
      ['empty', ''],
    ])('header %s: 400', (_what, signature) => {
      const answer = send(
        new Bench(mode),
        JSON.stringify({ id_data: '{"sn":"1"}', pubkey: rsa.pem }),
        signature,
      );
      expect([answer.status, answer.error]).toEqual([400, 'missing request signature header']);
    });

    it('blanks around the header are harmless', () => {
      const text = JSON.stringify({ id_data: '{"sn":"1"}', pubkey: rsa.pem });
      const signature = sign('sha256', Buffer.from(text), rsa.privateKey).toString('base64');
      expect(send(new Bench(mode), text, `  ${signature} `).error).toBe('dev auth: unauthorized');
    });
  });

  describe('keys that are refused', () => {
    const unknown = 'cannot decode public key: x509: unknown public key algorithm';
    const curve = 'cannot decode public key: x509: unsupported elliptic curve';
    it.each([
      ['secp256k1', pair('ec', { namedCurve: 'secp256k1' }), curve],
      ['brainpool', pair('ec', { namedCurve: 'brainpoolP256r1' }), curve],
      ['Ed448', pair('ed448'), unknown],
      ['X25519', pair('x25519'), modern ? 'unrecognized public key type' : unknown],
      ['DSA', dsa, 'unrecognized public key type'],
      ['RSA-PSS', pair('rsa-pss', { modulusLength: 2048 }), unknown],
    ])('%s', (_name, key, error) => {
      const answer = send(
        new Bench(mode),
        JSON.stringify({ id_data: '{"sn":"1"}', pubkey: key.pem }),
        'AAAA',
      );
      expect([answer.status, answer.error]).toEqual([400, `invalid auth request: ${error}`]);
    });
  });

  describe('PEM', () => {
    const lines = rsa.pem.trim().split('\n');
    const base64 = lines.slice(1, -1).join('');
    const wrap = (body: string, label = 'PUBLIC KEY') =>
      `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
    const pkcs1 = rsaPkcs1();

    it.each([
      ['as exported', rsa.pem],
      ['without newline at the end', rsa.pem.trimEnd()],
      ['CRLF', rsa.pem.replaceAll('\n', '\r\n')],
      ['base64 on one line', wrap(base64)],
      ['76 columns', wrap(base64.replace(/(.{76})/g, '$1\n'))],
      ['headers', wrap(`Comment: x\n\n${base64}`)],
      ['text before', `hello\n${rsa.pem}`],
      ['blank lines before', `\n\n  \n${rsa.pem}`],
      ['a second block after', `${rsa.pem}${p256.pem}`],
    ])('%s makes no difference: the normal form is stored', (_what, pubkey) => {
      const bench = new Bench(mode);
      bench.knock({ sn: '1' }, { ...rsa, pem: pubkey });
      bench.knock({ sn: '1' }, rsa);
      expect(bench.device({ sn: '1' }).sets.map((set) => set.pubkey)).toEqual([rsa.pem]);
    });

    it.each([
      ['indented lines', rsa.pem.replaceAll('\n', '\n  ')],
      ['PKCS#1', wrap(pkcs1, 'RSA PUBLIC KEY')],
      ['a wrong label', wrap(base64, 'RSA PUBLIC KEY')],
      ['PKCS#1 under the right label', wrap(pkcs1)],
      ['a private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      ['a JWK', '{"kty":"RSA","n":"meE8","e":"AQAB"}'],
      ['ssh-rsa', 'ssh-rsa AAAAB3NzaC1yc2E='],
      ['bare base64', base64],
      ['DER that is none', wrap('AAAA')],
    ])('%s: 400', (_what, pubkey) => {
      const answer = send(new Bench(mode), JSON.stringify({ id_data: '{"sn":"1"}', pubkey }), 'AAAA');
      expect(answer.status).toBe(400);
      expect(answer.error).toMatch(/^invalid auth request: cannot decode public key/);
    });

    function rsaPkcs1(): string {
      const der = createPublicKey(rsa.privateKey).export({ type: 'pkcs1', format: 'der' });
      return der.toString('base64');
    }
  });

  describe('identity', () => {
    const devices = (...texts: string[]) => {
      const bench = new Bench(mode);
      for (const text of texts) expect(bench.knock(text, p256).error).toBe('dev auth: unauthorized');
      return bench.core.inspect().length;
    };

    it.each([
      ['key order', '{"a":"1","b":"2"}', '{"b":"2","a":"1"}'],
      ['white space', '{"a":"1"}', ' { "a" :\n"1" } '],
      ['nested key order', '{"a":{"x":1,"y":2}}', '{"a":{"y":2,"x":1}}'],
      ['an escape', '{"a":"\\u00e5"}', '{"a":"å"}'],
      ['a duplicate key: the last wins', '{"a":"1","a":"2"}', '{"a":"2"}'],
      ['1 and 1.0', '{"a":1}', '{"a":1.0}'],
      ['1e2 and 100', '{"a":1e2}', '{"a":100}'],
      ['integers above 2^53', '{"a":9007199254740993}', '{"a":9007199254740992}'],
    ])('%s: the same device', (_what, one, other) => {
      expect(devices(one, other)).toBe(1);
    });

    it.each([
      ['array order', '{"a":[1,2]}', '{"a":[2,1]}'],
      ['a number and a text', '{"a":1}', '{"a":"1"}'],
      ['case', '{"a":"x"}', '{"a":"X"}'],
      ['NFC and NFD', '{"a":"\u00e5"}', '{"a":"a\u030a"}'],
      ['an extra key', '{"a":1}', '{"a":1,"b":1}'],
      ['null and absent', '{"a":1,"b":null}', '{"a":1}'],
    ])('%s: another device', (_what, one, other) => {
      expect(devices(one, other)).toBe(2);
    });

    it('{} and null are two identities, shown as null', () => {
      const bench = new Bench(mode);
      for (const text of ['{}', 'null', '{}']) bench.knock(text, p256);
      const list = bench.send('GET', `${DEVAUTH}/devices`).json as { readonly identity_data: unknown }[];
      expect(list.map((device) => device.identity_data)).toEqual([null, null]);
    });

    it('nested values are returned, keys sorted', () => {
      const bench = new Bench(mode);
      bench.knock('{"mac":"n1","deep":{"b":1,"a":[1,{"z":1,"y":2}]},"10":1,"9":2}', p256);
      const [device] = bench.core.inspect();
      expect(bench.get(device?.id ?? '').body).toContain(
        '"identity_data":{"10":1,"9":2,"deep":{"a":[1,{"y":2,"z":1}],"b":1},"mac":"n1"}',
      );
    });

    it('a number out of range is no identity', () => {
      expect(new Bench(mode).knock('{"a":1e400}', p256).status).toBe(400);
    });
  });

  describe('device tokens', () => {
    it('carry auth set and device', () => {
      const bench = new Bench(mode);
      const token = bench.admit({ sn: '1' }, p256);
      const { exp, iat, ...rest } = claims(token);
      expect(Number(exp) - Number(iat)).toBe(604_800);
      expect(rest).toEqual({
        jti: bench.setId({ sn: '1' }, p256),
        sub: bench.device({ sn: '1' }).id,
        iss: 'Mender',
        nbf: -62_135_596_800,
        'mender.device': true,
        'mender.plan': 'enterprise',
        'mender.trial': false,
        'mender.addons': ['configure', 'troubleshoot', 'monitor'].map((name) => ({ name, enabled: true })),
      });
    });

    it('several are valid at once', () => {
      const bench = new Bench(mode);
      const first = bench.admit({ sn: '1' }, p256);
      bench.now += 1000;
      const second = bench.knock({ sn: '1' }, p256).body;
      expect(first).not.toBe(second);
      expect([bench.use(first), bench.use(second)]).toEqual([200, 200]);
    });

    it.each(['a management token', 'an expired token', 'nothing', 'garbage'])(
      '%s on a device call: 401 with an empty body',
      (what) => {
        const bench = new Bench(mode);
        const token = bench.admit({ sn: '1' }, p256);
        if (what === 'an expired token') bench.now += 604_800_000;
        const used = {
          'a management token': bench.login().body,
          'an expired token': token,
          nothing: null,
          garbage: 'abc',
        }[what];
        const answer = bench.send('PATCH', ATTRIBUTES, { token: used ?? null, body: [] });
        expect([answer.status, answer.body]).toEqual([401, '']);
      },
    );
  });

  describe('organizations', () => {
    it.each([
      ['missing', {}, 'tenant token missing'],
      ['empty', { tenant_token: '' }, 'tenant token missing'],
      ['wrong', { tenant_token: 'other' }, 'tenant token verification failed: tenant token invalid'],
      ['good', { tenant_token: 'opaque-token' }, 'dev auth: unauthorized'],
    ])('tenant token %s', (_what, extra, error) => {
      const bench = new Bench(mode, { tenant: { token: 'opaque-token' } });
      const answer = bench.knock({ sn: '1' }, p256, extra);
      expect([answer.status, answer.error]).toEqual([401, error]);
    });

    it('tokens name the organization and its plan, and an admin can read its token', () => {
      const bench = new Bench(mode, { tenant: { token: 'opaque-token', id: 'org-1', plan: 'professional' } });
      bench.knock({ sn: '1' }, p256, { tenant_token: 'opaque-token' });
      bench.accept({ sn: '1' }, p256);
      const token = bench.knock({ sn: '1' }, p256, { tenant_token: 'opaque-token' }).body;
      for (const each of [token, bench.admin]) {
        expect(claims(each)).toMatchObject({ 'mender.tenant': 'org-1', 'mender.plan': 'professional' });
      }
      const tenant = bench.send('GET', '/api/management/v1/tenantadm/user/tenant');
      expect([tenant.status, (tenant.json as { tenant_token: string }).tenant_token]).toEqual([
        200,
        'opaque-token',
      ]);
    });

    it('without one there is no such service', () => {
      expect(new Bench(mode).send('GET', '/api/management/v1/tenantadm/user/tenant').status).toBe(404);
    });
  });
});
