import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { KeyFingerprint } from '../model/key.ts';

/**
 * The hash before the first row: 32 zero bytes. Each row's hash is SHA-256(hash of the row before || canonical body in
 * UTF-8), so the last one, the head, stands for every byte of every row and for their order.
 */
export const GENESIS: Uint8Array = new Uint8Array(32);

/** A place in the chain: the number of the last row and its hash (hex). */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** A head as people copy it: `SEQ:HASH`. */
export function parseHead(text: string): Head {
  const at = text.indexOf(':');
  return { seq: Number(text.slice(0, at)), hash: text.slice(at + 1).toLowerCase() };
}

/** The hash of a row, from the hash of the row before it and its own canonical text. */
export function chainHash(previous: Uint8Array, body: string): Buffer {
  return createHash('sha256').update(previous).update(body, 'utf8').digest();
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The station's key as the journal uses it. */
export interface JournalSigner {
  readonly fingerprint: KeyFingerprint;
  /** SPKI DER, base64. */
  readonly publicKey: string;
  /** Who the private half is safe from: the class of the key store that holds it. */
  readonly protection: string;
  /** Ed25519 (RFC 8032) over the message itself. */
  sign(message: Uint8Array): Uint8Array;
}

/** What is signed: the head with the station's name, and a first line that no other use of the key has. */
export function headMessage(station: string, { seq, hash }: Head): Buffer {
  return Buffer.from(`station-journal-head/1\n${station}\n${seq}\n${hash}\n`);
}

/** `sha256:` and the hex SHA-256 of a public key's SPKI DER. */
export function keyFingerprint(publicKey: string): KeyFingerprint {
  return `sha256:${createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex')}` as KeyFingerprint;
}

/** An Ed25519 public key (SPKI DER, base64); null for anything else. */
export function readPublicKey(publicKey: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null; // what it says is no key; the caller names the row
  }
}

export function isSignedBy(key: KeyObject, station: string, head: Head, signature: string): boolean {
  return verify(null, headMessage(station, head), key, Buffer.from(signature, 'base64'));
}
