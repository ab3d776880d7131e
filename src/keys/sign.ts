import { createPublicKey, sign as cryptoSign, verify as cryptoVerify, type KeyObject } from 'node:crypto';
import type { KeyPair, PublicKeyPem } from '../model/key.ts';
import { privateKeyObject } from './key-pair.ts';

/**
 * Signs as Mender's device authentication verifies: RSA with PKCS#1 v1.5 over SHA-256, ECDSA in ASN.1 DER always over
 * SHA-256 whatever the curve, Ed25519 pure.
 *
 * @throws StationError `key/unreadable` when the pair was destroyed.
 */
export function sign(pair: KeyPair, bytes: Uint8Array): Uint8Array {
  const key = privateKeyObject(pair);
  return cryptoSign(digest(key), bytes, key);
}

/** Whether a signature is this key's over these bytes, by the rules of {@link sign}. False for any other type of key. */
export function verify(
  key: { readonly pem: PublicKeyPem },
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const object = createPublicKey(key.pem);
  if (!['rsa', 'ec', 'ed25519'].includes(object.asymmetricKeyType ?? '')) return false;
  return cryptoVerify(digest(object), bytes, object, signature);
}

function digest(key: KeyObject): 'sha256' | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
}
