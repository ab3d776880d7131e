import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { KeyPair } from '../model/key.ts';
import { Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import { isCompressed, keyType, publicKey } from './public-key.ts';

/**
 * A private key as a pair that a job can own. Its type has to be one of those that the station makes.
 *
 * @throws StationError `key/unreadable` for any other type of key.
 */
export function keyPair(key: KeyObject): KeyPair {
  const type = keyType(key);
  if (key.type !== 'private' || type === null) throw new StationError('key/unreadable');
  const full = isCompressed(key)
    ? createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })
    : key;
  const { pem, fingerprint } = publicKey(full);
  const privateKey = new Secret<Uint8Array>(full.export({ type: 'pkcs8', format: 'der' }));
  return { type, pem, fingerprint, privateKey };
}

/**
 * The pair's private key for one use.
 *
 * @throws StationError `key/unreadable` when the pair was destroyed.
 */
export function privateKeyObject(pair: KeyPair): KeyObject {
  try {
    const der = pair.privateKey.reveal();
    // A Buffer over the same bytes: no copy of a secret.
    const key = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new StationError('key/unreadable', {}, { cause: error });
  }
}
