import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyFingerprint } from '../model/key.ts';
import { secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import type { KeyStore } from './key-store.ts';

const NAME = 'station/journal-key';

/** The station's own key, by which its record is signed. The private half leaves the key store for this process alone. */
export interface StationKey {
  readonly fingerprint: KeyFingerprint;
  /** SPKI DER, base64. */
  readonly publicKey: string;
  /** The class of the key store that holds it. */
  readonly protection: string;
  /** Ed25519 over the message itself. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The station's key, made at its first use. One that is there but cannot be read any more is replaced: the record says
 * so, and goes on signed.
 *
 * @throws StationError `station/key-store` where none can be stored.
 */
export function openStationKey(store: KeyStore): StationKey {
  const found = readable(store);
  if (found !== null) return found;
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  store.set(NAME, secret(der.toString('base64')));
  der.fill(0);
  // Read back: another process may have been faster, and what cannot be read again must sign nothing.
  const stored = findStationKey(store);
  if (stored === null)
    throw new StationError('station/key-store', { detail: 'the station key was not stored' });
  return stored;
}

/** The station's key where there is one. Makes none. @throws StationError `station/key-store` where it cannot be read. */
export function findStationKey(store: KeyStore): StationKey | null {
  const text = store.get(NAME);
  if (text === null) return null;
  const der = Buffer.from(text.reveal(), 'base64');
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    fingerprint: `sha256:${createHash('sha256').update(spki).digest('hex')}` as KeyFingerprint,
    publicKey: spki.toString('base64'),
    protection: store.protection.class,
    sign: (message) => sign(null, message, privateKey),
  };
}

function readable(store: KeyStore): StationKey | null {
  try {
    return findStationKey(store);
  } catch {
    return null; // what is stored next says whether the key store works at all
  }
}
