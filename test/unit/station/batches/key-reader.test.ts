import { createHash, createPublicKey, ECDH, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyReader } from '../../../../src/station/batches/file/key-reader.ts';

const spkiOf = (key: { publicKey: ReturnType<typeof createPublicKey> }): Buffer =>
  key.publicKey.export({ type: 'spki', format: 'der' });
const rsa = (modulusLength: number, publicExponent = 0x10001): Buffer =>
  spkiOf(generateKeyPairSync('rsa', { modulusLength, publicExponent }));
const ec = (namedCurve: string): Buffer => spkiOf(generateKeyPairSync('ec', { namedCurve }));

/** One for all, since they take long to make. */
const RSA = rsa(2048);

/** What OpenSSL makes of it: the normal form, or nothing. */
function normal(der: Buffer): string | null {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return key.export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return null;
  }
}

function concat(...parts: readonly (Buffer | readonly number[])[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function element(tag: number, content: Buffer, lengthBytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return lengthBytes === 0
    ? concat([tag, content.length], content)
    : concat([tag, 0x80 | lengthBytes], length.subarray(4 - lengthBytes), content);
}

/** An RSA key as other programs write it: `of` changes the two numbers and the lengths before them. */
function rsaWritten(of: {
  readonly modulus?: (modulus: Buffer) => Buffer;
  readonly exponent?: readonly number[];
  readonly noNull?: true;
  readonly lengthBytes?: number;
  readonly unused?: number;
}): Buffer {
  const { n = '' } = createPublicKey({ key: RSA, format: 'der', type: 'spki' }).export({ format: 'jwk' });
  const modulus = of.modulus ?? ((bare) => concat([0], bare));
  const length = of.lengthBytes ?? 2;
  const pair = concat(
    element(2, modulus(Buffer.from(n, 'base64url')), 2),
    element(2, Buffer.from(of.exponent ?? [1, 0, 1]), 0),
  );
  const oid = Buffer.from('06092a864886f70d010101', 'hex');
  return element(
    0x30,
    concat(
      element(0x30, of.noNull === true ? oid : concat(oid, [5, 0]), 0),
      element(3, concat([of.unused ?? 0], element(0x30, pair, length)), length),
    ),
    length,
  );
}

/** Points of a curve in their short form, or their hybrid one. */
function pointWritten(curve: string, form: 'compressed' | 'hybrid'): Buffer {
  const spki = ec(curve);
  const at = spki.indexOf(Buffer.from([0, 4]), 20) + 1;
  const point = Buffer.from(ECDH.convertKey(spki.subarray(at), curve, undefined, undefined, form) as Buffer);
  const head = Buffer.from(spki.subarray(0, at - 1));
  // The algorithm, which begins where the outer header ends, and the point after it.
  const algorithm = head.subarray(spki[1] === 0x81 ? 3 : 2);
  const own = algorithm.subarray(0, 2 + (algorithm[1] ?? 0));
  const bits = concat([0], point);
  const string = element(3, bits, bits.length < 0x80 ? 0 : 1);
  const content = concat(own, string);
  return element(0x30, content, content.length < 0x80 ? 0 : 1);
}

describe('public keys of a list', () => {
  const keys = {
    'RSA of 1024 bits': () => rsa(1024),
    'RSA of 2048 bits': () => RSA,
    'RSA of an odd size': () => rsa(1030),
    'RSA with the exponent 3': () => rsa(1024, 3),
    Ed25519: () => spkiOf(generateKeyPairSync('ed25519')),
    'P-224': () => ec('secp224r1'),
    'P-256': () => ec('prime256v1'),
    'P-384': () => ec('secp384r1'),
    'P-521': () => ec('secp521r1'),
    'RSA written by hand': () => rsaWritten({}),
    'RSA with lengths of three bytes': () => rsaWritten({ lengthBytes: 3 }),
    'RSA with a zero too many': () => rsaWritten({ modulus: (bare) => concat([0, 0], bare) }),
    'RSA with a negative modulus': () => rsaWritten({ modulus: (bare) => bare }),
    'RSA with an exponent of zeros': () => rsaWritten({ exponent: [0, 0, 3] }),
    'RSA without the NULL': () => rsaWritten({ noNull: true }),
    'RSA with bytes behind it': () => concat(RSA, [0]),
    'RSA that is cut off': () => RSA.subarray(0, -1),
    'RSA with unused bits': () => rsaWritten({ unused: 1 }),
    'Ed25519 with bytes behind it': () => concat(spkiOf(generateKeyPairSync('ed25519')), [0]),
    'Ed25519 that is cut off': () => spkiOf(generateKeyPairSync('ed25519')).subarray(0, -1),
    'P-256 that is on no curve': () => {
      const spki = Buffer.from(ec('prime256v1'));
      spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
      return spki;
    },
    'P-521 that is on no curve': () => {
      const spki = Buffer.from(ec('secp521r1'));
      spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
      return spki;
    },
    'P-521 compressed': () => pointWritten('secp521r1', 'compressed'),
    'P-256 hybrid': () => pointWritten('prime256v1', 'hybrid'),
  } satisfies Readonly<Record<string, () => Buffer>>;

  it.each(Object.entries(keys))('are read as OpenSSL writes them: %s', async (_, make) => {
    await using reader = new KeyReader(1);
    const ders = Array.from({ length: 4 }, make);
    const read = await reader.read(ders.map((der) => ({ form: 'spki', der: der.toString('base64') })));
    expect(read.map((key) => (typeof key === 'string' ? null : key.spki))).toEqual(ders.map(normal));
    for (const key of read)
      if (typeof key !== 'string')
        expect(key.fingerprint).toBe(
          `sha256:${createHash('sha256').update(Buffer.from(key.spki, 'base64')).digest('hex')}`,
        );
  });

  it('of which some are refused, and some are written anew', () => {
    const made = (name: keyof typeof keys): string => {
      const der = keys[name]();
      const own = normal(der);
      return own === null ? 'refused' : own === der.toString('base64') ? 'as it is' : 'anew';
    };
    expect(made('RSA written by hand')).toBe('as it is');
    expect(made('P-521 that is on no curve')).toBe('refused');
    expect(made('RSA with bytes behind it')).toBe('anew');
    expect(made('RSA without the NULL')).toBe('anew');
  });
});
