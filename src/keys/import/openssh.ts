import { createDecipheriv, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import bcrypt from 'bcrypt-pbkdf';
import { bitString, explicit, integer, objectIdentifier, octetString, sequence } from './der.ts';

/**
 * OpenSSH's own container for private keys, `openssh-key-v1`: magic, cipher, key derivation and its options, the number
 * of keys, the public key, and the private section padded to the cipher's block. All strings have a 32-bit length before
 * them. Source: PROTOCOL.key in OpenSSH.
 */
const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1');

/** What reading gave: a key, or why not. `passphrase`: it needs one, or this one is wrong. */
export type OpenSshReading =
  | { readonly key: KeyObject }
  | { readonly problem: 'passphrase' }
  | { readonly problem: 'unusable'; readonly detail: string };

/** Ciphers that ssh-keygen has written by default (AES-256-CTR since 2014, before that AES-256-CBC), and their kin. */
const CIPHERS: ReadonlyMap<string, { readonly algorithm: string; readonly keyBytes: number }> = new Map(
  ['128', '192', '256'].flatMap((bits) =>
    ['ctr', 'cbc'].map((mode) => [
      `aes${bits}-${mode}`,
      { algorithm: `aes-${bits}-${mode}`, keyBytes: Number(bits) / 8 },
    ]),
  ),
);
const IV_BYTES = 16;
/** ssh-keygen's default is 16 to 24; more only delays. */
const MOST_ROUNDS = 1024;

const CURVES: ReadonlyMap<string, Uint8Array> = new Map([
  ['nistp256', Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)],
  ['nistp384', Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x22)],
]);
const EC_PUBLIC_KEY = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const ED25519 = Uint8Array.of(0x2b, 0x65, 0x70);

/** Reads the bytes of a `BEGIN OPENSSH PRIVATE KEY` block: RSA, ECDSA on P-256 and P-384, Ed25519. */
export function readOpenSsh(blob: Uint8Array, passphrase: Uint8Array | null): OpenSshReading {
  const outer = new SshReader(blob);
  let clear: Uint8Array | null = null;
  try {
    if (!MAGIC.equals(outer.bytes(MAGIC.length))) return unusable('it does not begin as an OpenSSH key');
    const cipher = outer.text();
    const derivation = outer.text();
    const options = outer.string();
    if (outer.uint32() !== 1) return unusable('it does not hold exactly one key');
    outer.string();
    const section = outer.string();
    if (cipher === 'none') {
      clear = Uint8Array.from(section);
    } else {
      const suite = CIPHERS.get(cipher);
      if (suite === undefined || derivation !== 'bcrypt') return unusable(`it is encrypted with ${cipher}`);
      if (passphrase === null || passphrase.length === 0) return { problem: 'passphrase' };
      clear = decrypt(section, suite, new SshReader(options), passphrase);
    }
    const inner = new SshReader(clear);
    if (inner.uint32() !== inner.uint32())
      return cipher === 'none' ? unusable('it is damaged') : { problem: 'passphrase' };
    return readSection(inner);
  } catch (error) {
    return unusable(error instanceof Truncated ? 'it is cut short' : 'it is damaged');
  } finally {
    clear?.fill(0);
  }
}

/** Reads a line of an OpenSSH `.pub` file; null for a type that the station does not handle. */
export function readOpenSshPublic(line: string): KeyObject | null {
  const [, text] = /^(?:ssh-\S+|ecdsa-\S+)\s+([A-Za-z0-9+/=]+)/.exec(line.trim()) ?? [];
  if (text === undefined) return null;
  try {
    const reader = new SshReader(Buffer.from(text, 'base64'));
    const spki = (der: Uint8Array): KeyObject =>
      createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    switch (reader.text()) {
      case 'ssh-rsa': {
        const e = reader.string();
        const key = Buffer.from(sequence(integer(reader.string()), integer(e)));
        return createPublicKey({ key, format: 'der', type: 'pkcs1' });
      }
      case 'ecdsa-sha2-nistp256':
      case 'ecdsa-sha2-nistp384': {
        const curve = CURVES.get(reader.text());
        if (curve === undefined) return null;
        const algorithm = sequence(objectIdentifier(EC_PUBLIC_KEY), objectIdentifier(curve));
        return spki(sequence(algorithm, bitString(reader.string())));
      }
      case 'ssh-ed25519':
        return spki(sequence(sequence(objectIdentifier(ED25519)), bitString(reader.string())));
      default:
        return null;
    }
  } catch {
    // Anything that is not such a key is none; the caller says so with the file's name.
    return null;
  }
}

function readSection(section: SshReader): OpenSshReading {
  const type = section.text();
  switch (type) {
    case 'ssh-rsa': {
      const [n, e, d, qInverse, p, q] = [0, 1, 2, 3, 4, 5].map(() => section.string());
      if (!n || !e || !d || !qInverse || !p || !q) return unusable('it is damaged');
      const [dP, dQ] = [crtExponent(d, p), crtExponent(d, q)];
      const numbers = [Uint8Array.of(0), n, e, d, p, q, dP, dQ, qInverse].map(integer);
      return { key: privateKey(sequence(...numbers), 'pkcs1', [...numbers, dP, dQ]) };
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384': {
      const name = section.text();
      const curve = CURVES.get(name);
      if (curve === undefined) return unusable(`its curve is ${name}`);
      const point = section.string();
      const scalar = fixed(section.string(), (point.length - 1) / 2);
      const parts = [integer(Uint8Array.of(1)), octetString(scalar)];
      const sec1 = sequence(...parts, explicit(0, objectIdentifier(curve)), explicit(1, bitString(point)));
      return { key: privateKey(sec1, 'sec1', [...parts, scalar]) };
    }
    case 'ssh-ed25519': {
      section.string();
      const seed = octetString(section.string().subarray(0, 32));
      const pkcs8 = sequence(
        integer(Uint8Array.of(0)),
        sequence(objectIdentifier(ED25519)),
        octetString(seed),
      );
      return { key: privateKey(pkcs8, 'pkcs8', [seed]) };
    }
    default:
      return unusable(`its type is ${type}`);
  }
}

function privateKey(
  der: Uint8Array,
  type: 'pkcs1' | 'sec1' | 'pkcs8',
  parts: readonly Uint8Array[],
): KeyObject {
  try {
    const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
    return createPrivateKey({ key, format: 'der', type });
  } finally {
    der.fill(0);
    for (const part of parts) part.fill(0);
  }
}

function decrypt(
  section: Uint8Array,
  suite: { readonly algorithm: string; readonly keyBytes: number },
  options: SshReader,
  passphrase: Uint8Array,
): Uint8Array {
  const salt = options.string();
  const rounds = options.uint32();
  if (rounds < 1 || rounds > MOST_ROUNDS) throw new Truncated();
  const material = new Uint8Array(suite.keyBytes + IV_BYTES);
  try {
    const args = [passphrase, passphrase.length, salt, salt.length, material, material.length] as const;
    if (bcrypt.pbkdf(...args, rounds) !== 0) throw new Truncated();
    const key = material.subarray(0, suite.keyBytes);
    const decipher = createDecipheriv(suite.algorithm, key, material.subarray(suite.keyBytes));
    decipher.setAutoPadding(false);
    return Buffer.concat([decipher.update(section), decipher.final()]);
  } finally {
    material.fill(0);
  }
}

/** d mod (prime - 1): OpenSSH leaves it out, PKCS#1 wants it. */
function crtExponent(d: Uint8Array, prime: Uint8Array): Uint8Array {
  const value = toBigInt(d) % (toBigInt(prime) - 1n);
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`);
}

/** An mpint as a scalar of the curve's width. */
function fixed(mpint: Uint8Array, width: number): Uint8Array {
  const scalar = new Uint8Array(width);
  const digits = mpint.subarray(Math.max(0, mpint.length - width));
  scalar.set(digits, width - digits.length);
  return scalar;
}

function unusable(detail: string): OpenSshReading {
  return { problem: 'unusable', detail };
}

class Truncated extends Error {}

class SshReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new Truncated();
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  uint32(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  string(): Uint8Array {
    return this.bytes(this.uint32());
  }

  text(): string {
    return Buffer.from(this.string()).toString('latin1');
  }
}
