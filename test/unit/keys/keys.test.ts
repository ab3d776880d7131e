import { createHash, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { toBoardPem } from '../../../src/keys/board-pem.ts';
import { chooseKeyType, readableKeyTypes } from '../../../src/keys/client-key-types.ts';
import { createKeyGenerator } from '../../../src/keys/generate.ts';
import { fingerprintOfPem, isSameKey, publicKey } from '../../../src/keys/public-key.ts';
import { sign, verify } from '../../../src/keys/sign.ts';
import { KEY_TYPES, type KeyPair, type KeyType } from '../../../src/model/key.ts';
import { run, scratch } from './fixtures.ts';

const never = new AbortController().signal;
const generator = createKeyGenerator();
const made = new Map<KeyType, Promise<KeyPair>>();
afterAll(() => generator[Symbol.asyncDispose]());

function pairOf(type: KeyType): Promise<KeyPair> {
  const pair = made.get(type) ?? generator.generate(type, never);
  made.set(type, pair);
  return pair;
}

describe.each(KEY_TYPES)('a generated %s key', (type) => {
  test('is of that type, and its board PEM is what openssl makes of it', async () => {
    const pair = await pairOf(type);
    expect(pair.type).toBe(type);
    for (const format of ['traditional', 'pkcs8'] as const) {
      const pem = toBoardPem(pair, format).reveal();
      expect(run('openssl', ['pkey', '-pubout'], pem).toString()).toBe(pair.pem);
      expect(
        run('openssl', ['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], pem).equals(
          pair.privateKey.reveal(),
        ),
      ).toBe(true);
      expect(Buffer.from(pem).toString()).toMatch(
        /^-----BEGIN [^\n]*-----\n([^\n]{64}\n)*[^\n]{1,64}\n-----END [^\n]*-----\n$/,
      );
    }
  });

  test('has its traditional label on the board', async () => {
    const label = Buffer.from(toBoardPem(await pairOf(type)).reveal())
      .toString()
      .split('\n')[0];
    const kind = type.startsWith('rsa') ? 'RSA ' : type === 'ed25519' ? '' : 'EC ';
    expect(label).toBe(`-----BEGIN ${kind}PRIVATE KEY-----`);
  });

  test('has the fingerprint of its SPKI DER', async () => {
    const pair = await pairOf(type);
    const der = run('openssl', ['pkey', '-pubin', '-outform', 'DER'], pair.pem);
    const expected = `sha256:${createHash('sha256').update(der).digest('hex')}`;
    expect(pair.fingerprint).toBe(expected);
    expect(publicKey(der)).toEqual({ type, pem: pair.pem, fingerprint: expected });
    expect(fingerprintOfPem(pair.pem)).toBe(expected);
  });

  test('signs what openssl verifies, and the reverse', async () => {
    await using dir = await scratch();
    const pair = await pairOf(type);
    const [body, signature, pub, priv] = ['body', 'sig', 'pub', 'priv'].map((name) => join(dir.path, name));
    const bytes = Buffer.from('{"id_data":"{}"}');
    await writeFile(body!, bytes);
    await writeFile(signature!, sign(pair, bytes));
    await writeFile(pub!, pair.pem);
    await writeFile(priv!, toBoardPem(pair).reveal());
    const how = type === 'ed25519' ? ['-rawin'] : ['-rawin', '-digest', 'sha256'];
    run('openssl', [
      'pkeyutl',
      '-verify',
      ...how,
      '-pubin',
      '-inkey',
      pub!,
      '-in',
      body!,
      '-sigfile',
      signature!,
    ]);
    const theirs = run('openssl', ['pkeyutl', '-sign', ...how, '-inkey', priv!, '-in', body!]);
    expect(verify(pair, bytes, theirs)).toBe(true);
    expect(verify(pair, Buffer.from('other'), theirs)).toBe(false);
  });

  test('cannot be used, written or seen once destroyed', async () => {
    const pair = await generator.generate(type, never);
    expect(inspect(pair) + JSON.stringify(pair)).not.toMatch(/PRIVATE|\d+,\s*\d+/);
    pair.privateKey.destroy();
    expect(() => sign(pair, Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'key/unreadable' }));
    expect(() => toBoardPem(pair)).toThrow(expect.objectContaining({ code: 'key/unreadable' }));
  });
});

test('keys of one type differ', async () => {
  expect(isSameKey(await generator.generate('p256', never), await pairOf('p256'))).toBe(false);
});

describe('generating RSA keys', () => {
  test('leaves the event loop free', async () => {
    let turns = 0;
    const busy = Promise.all([1, 2, 3].map(() => generator.generate('rsa3072', never)));
    const turning = setInterval(() => (turns += 1), 1);
    await busy;
    clearInterval(turning);
    expect(turns).toBeGreaterThan(10);
  });

  test('an aborted wait ends at once with the reason, and the next key still comes', async () => {
    await using one = createKeyGenerator({ threads: 1 });
    const abort = new AbortController();
    const running = one.generate('rsa4096', abort.signal);
    const queued = one.generate('rsa4096', abort.signal);
    const after = one.generate('rsa2048', never);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await expect(queued).rejects.toThrow('enough');
    expect((await after).type).toBe('rsa2048');
    await expect(one.generate('ed25519', abort.signal)).rejects.toThrow('enough');
  });

  test('closing rejects what is still asked for', async () => {
    const closing = createKeyGenerator();
    const asked = [1, 2, 3].map(() => closing.generate('rsa4096', never));
    const settled = Promise.allSettled(asked);
    await closing[Symbol.asyncDispose]();
    for (const outcome of await settled)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'job/cancelled' } });
    await expect(closing.generate('rsa2048', never)).rejects.toMatchObject({ code: 'job/cancelled' });
  });
});

describe('publicKey', () => {
  test('gives one form for every spelling of a PEM', async () => {
    const { pem, fingerprint } = await pairOf('p256');
    const body = pem.split('\n').slice(1, -2).join('');
    const spellings = [
      pem,
      pem.trimEnd(),
      pem.replaceAll('\n', '\r\n'),
      `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`,
      `some text\n${pem}`,
    ];
    for (const spelling of spellings) {
      expect(publicKey(spelling)).toMatchObject({ pem, fingerprint });
      expect(fingerprintOfPem(spelling)).toBe(fingerprint);
    }
  });

  test('writes a compressed point in full, as the server needs it', () => {
    const pem = run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout']);
    const full = run('openssl', ['ec', '-pubout'], pem).toString();
    const short = run('openssl', ['ec', '-pubout', '-conv_form', 'compressed'], pem).toString();
    expect(short).not.toBe(full);
    expect(publicKey(short)).toEqual(publicKey(full));
    expect(publicKey(short).type).toBe('p256');
  });

  test.each([
    ['RSA 1024', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['X25519', () => generateKeyPairSync('x25519')],
  ])('calls %s another type', (_, make) => {
    expect(publicKey(make().publicKey).type).toBe('other');
  });

  test.each(['', 'no key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'])(
    'refuses %j',
    (text) => {
      expect(() => publicKey(text)).toThrow(expect.objectContaining({ code: 'key/unreadable' }));
      expect(() => publicKey(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'key/unreadable' }));
    },
  );

  test('fingerprintOfPem reads nothing but a PUBLIC KEY block', () => {
    fc.assert(fc.property(fc.string(), (text) => fingerprintOfPem(text) === null));
    expect(fingerprintOfPem('-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----')).toBeNull();
  });
});

describe('the key types that a client reads', () => {
  const rsa = ['rsa3072', 'rsa4096', 'rsa2048'];
  const all = ['ed25519', 'p256', 'p384', ...rsa];
  test.each([
    ['3', '2.0.0', rsa],
    ['3', '2.5.1', rsa],
    ['3', '2.6.0', all],
    ['3', '3.4.0', all],
    ['3', '3.10.2', all],
    ['3', null, rsa],
    ['3', 'unknown', rsa],
    ['4', '4.0.7', all],
    ['4', '5.1.0-build2', all],
    ['4', null, all],
    ['none', null, []],
  ] as const)('generation %s, version %s', (generation, version, expected) => {
    expect(readableKeyTypes({ generation, version })).toEqual(expected);
  });

  test('every type can be chosen', () => {
    expect(new Set(readableKeyTypes({ generation: '4', version: '5.0.0' }))).toEqual(new Set(KEY_TYPES));
  });

  test.each([
    ['a board with openssl 3', ['ed25519', 'p256', 'rsa3072'], '3.4.0', { from: 'board', type: 'ed25519' }],
    ['openssl 1.1.1 cannot sign with Ed25519', ['p256', 'rsa3072'], '3.4.0', { from: 'board', type: 'p256' }],
    ['an old client', ['ed25519', 'p256', 'rsa3072'], '2.0.0', { from: 'board', type: 'rsa3072' }],
    ['no openssl', [], '3.4.0', { from: 'generate', type: 'ed25519' }],
    ['no openssl and an old client', [], '2.1.0', { from: 'generate', type: 'rsa3072' }],
    ['only unreadable types', ['ed25519'], '2.1.0', { from: 'generate', type: 'rsa3072' }],
  ] as const)('the default for %s', (_, canSign, version, expected) => {
    expect(chooseKeyType(canSign, { generation: '3', version })).toEqual(expected);
  });

  test('no client, no choice', () => {
    expect(chooseKeyType(['ed25519'], { generation: 'none', version: null })).toBeNull();
  });
});
