import { createHash, createPublicKey, KeyObject } from 'node:crypto';
import type { KeyFingerprint, KeyType, PublicKey, PublicKeyPem } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';

/**
 * A public key in the forms that a flow needs: PEM in the Mender server's normal form, fingerprint, type.
 *
 * @param from SPKI DER, PEM text (also of a private key or a certificate: its public half is taken) or a key object.
 * @throws StationError `key/unreadable`.
 */
export function publicKey(from: Uint8Array | string | KeyObject): PublicKey {
  let key = from instanceof KeyObject ? publicHalf(from) : parse(from);
  if (isCompressed(key)) key = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  const spki = key.export({ type: 'spki', format: 'der' });
  return { type: keyType(key) ?? 'other', pem: spkiPem(spki), fingerprint: fingerprint(spki) };
}

/** Two public keys are one when their fingerprints are: PEM has many spellings. */
export function isSameKey(a: { fingerprint: KeyFingerprint }, b: { fingerprint: KeyFingerprint }): boolean {
  return a.fingerprint === b.fingerprint;
}

/** The fingerprint of a public key's SPKI DER. */
export function fingerprint(spki: Uint8Array): KeyFingerprint {
  return `sha256:${createHash('sha256').update(spki).digest('hex')}` as KeyFingerprint;
}

/**
 * The fingerprint of a key as a server lists it, whatever its type: the PEM's bytes are hashed without being understood,
 * so that a device with a key that this runtime cannot read is still a device.
 *
 * @returns null when there is no `PUBLIC KEY` block in the text.
 */
export function fingerprintOfPem(pem: string): KeyFingerprint | null {
  const body = /-----BEGIN PUBLIC KEY-----([^-]*)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  if (body === undefined) return null;
  const spki = Buffer.from(body, 'base64');
  return spki.length === 0 ? null : fingerprint(spki);
}

/** The station's name for a key's type; null for a type that it does not make or import. */
export function keyType(key: KeyObject): KeyType | null {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'ed25519';
    case 'ec':
      return EC_TYPES.get(key.asymmetricKeyDetails?.namedCurve ?? '') ?? null;
    case 'rsa':
      return RSA_TYPES.get(key.asymmetricKeyDetails?.modulusLength ?? 0) ?? null;
    default:
      return null;
  }
}

/** The names that OpenSSL and BoringSSL give the two curves. */
const EC_TYPES: ReadonlyMap<string, KeyType> = new Map([
  ['prime256v1', 'p256'],
  ['P-256', 'p256'],
  ['secp384r1', 'p384'],
  ['P-384', 'p384'],
]);

const RSA_TYPES: ReadonlyMap<number, KeyType> = new Map([
  [2048, 'rsa2048'],
  [3072, 'rsa3072'],
  [4096, 'rsa4096'],
]);

/** Bytes of an SPKI whose point is compressed: the server (Go's x509) takes points in full alone. */
const COMPRESSED_SPKI = new Set([59, 72]);

/** Whether an EC key's point is written compressed. */
export function isCompressed(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'ec' || keyType(key) === null) return false;
  return COMPRESSED_SPKI.has(publicHalf(key).export({ type: 'spki', format: 'der' }).length);
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

function parse(from: Uint8Array | string): KeyObject {
  try {
    if (typeof from === 'string') return createPublicKey(from);
    return createPublicKey({ key: Buffer.from(from), format: 'der', type: 'spki' });
  } catch (error) {
    throw new StationError('key/unreadable', {}, { cause: error });
  }
}

function spkiPem(spki: Uint8Array): PublicKeyPem {
  const lines = Buffer.from(spki)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN PUBLIC KEY-----\n${lines}-----END PUBLIC KEY-----\n` as PublicKeyPem;
}
