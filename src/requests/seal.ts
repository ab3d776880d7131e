import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { secret, Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';

/**
 * A secret that one station alone can open: an ephemeral X25519 key agreed with that station's own (RFC 7748), a key by
 * HKDF-SHA-256 (RFC 5869) over both public keys, AES-256-GCM. What it belongs to goes in as authenticated data, so that a
 * seal taken from one file opens in no other. All binary members are base64.
 */
export interface Sealed {
  /** SHA-256 of the SPKI of the key that opens it, hex. */
  readonly to: string;
  /** SPKI DER. */
  readonly ephemeral: string;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

const ALGORITHM = 'aes-256-gcm';
const INFO = Buffer.from('station sealed request 1');

/** A new X25519 private key, PKCS#8 DER. */
export function makeSealingKey(): Secret<Uint8Array> {
  const { privateKey } = generateKeyPairSync('x25519');
  return secret(privateKey.export({ format: 'der', type: 'pkcs8' }));
}

/** The public half of a sealing key, SPKI DER in base64. */
export function sealingPublicKey(key: Secret<Uint8Array>): string {
  return spkiOf(createPublicKey(privateKeyOf(key))).toString('base64');
}

/** The name by which a seal says whose it is: hex SHA-256 of the public key. @throws StationError `request/unreadable`. */
export function sealingKeyId(publicKey: string): string {
  return createHash('sha256')
    .update(spkiOf(publicKeyOf(publicKey)))
    .digest('hex');
}

/**
 * Seals to the station whose sealing key is `publicKey` (SPKI DER, base64).
 *
 * @throws StationError `request/unreadable` where that is no X25519 key.
 */
export function seal(plain: Secret<Uint8Array>, publicKey: string, context: string): Sealed {
  const recipient = publicKeyOf(publicKey);
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralSpki = spkiOf(ephemeral.publicKey);
  const key = sharedKey(ephemeral.privateKey, recipient, ephemeralSpki, spkiOf(recipient));
  const nonce = randomBytes(12);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const ciphertext = Buffer.concat([cipher.update(plain.reveal()), cipher.final()]);
  key.fill(0);
  return {
    to: createHash('sha256').update(spkiOf(recipient)).digest('hex'),
    ephemeral: ephemeralSpki.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
  };
}

/**
 * Opens what was sealed to this station, in the context that it was sealed in.
 *
 * @throws StationError `request/other-approver` for what is sealed to another station, `request/altered` where it, or
 * what it belongs to, is not as it was.
 */
export function unseal(sealed: Sealed, key: Secret<Uint8Array>, context: string): Secret<Uint8Array> {
  const privateKey = privateKeyOf(key);
  const own = spkiOf(createPublicKey(privateKey));
  if (createHash('sha256').update(own).digest('hex') !== sealed.to)
    throw new StationError('request/other-approver');
  const ephemeral = publicKeyOf(sealed.ephemeral);
  const shared = sharedKey(privateKey, ephemeral, spkiOf(ephemeral), own);
  try {
    const decipher = createDecipheriv(ALGORITHM, shared, Buffer.from(sealed.nonce, 'base64'), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(Buffer.from(sealed.tag, 'base64'));
    return secret(
      Buffer.concat([decipher.update(Buffer.from(sealed.ciphertext, 'base64')), decipher.final()]),
    );
  } catch (thrown) {
    throw new StationError('request/altered', { detail: 'its seal does not open' }, { cause: thrown });
  } finally {
    shared.fill(0);
  }
}

function sharedKey(
  privateKey: KeyObject,
  publicKey: KeyObject,
  ephemeral: Buffer,
  recipient: Buffer,
): Buffer {
  let agreed: Buffer;
  try {
    agreed = diffieHellman({ privateKey, publicKey });
  } catch (thrown) {
    // A public key of low order agrees on nothing.
    throw new StationError('request/altered', { detail: 'its key cannot be agreed with' }, { cause: thrown });
  }
  const key = Buffer.from(hkdfSync('sha256', agreed, Buffer.concat([ephemeral, recipient]), INFO, 32));
  agreed.fill(0);
  return key;
}

function privateKeyOf(key: Secret<Uint8Array>): KeyObject {
  return createPrivateKey({ key: Buffer.from(key.reveal()), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(text: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'x25519') return key;
  } catch {
    // told below
  }
  throw new StationError('request/unreadable', { detail: 'it holds no X25519 key where one belongs' });
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' });
}
