import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson } from '../journal/canonical-json.ts';
import type { KeyFingerprint } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';

/** Who signs a document: a station by its key. */
export interface DocumentSigner {
  /** SPKI DER, base64. */
  readonly publicKey: string;
  sign(message: Uint8Array): Uint8Array;
}

/** A document as it was read: its signature is good. Whose key that is, and whether it is to be believed, is the reader's matter. */
export interface ReadDocument<T> {
  readonly body: T;
  readonly key: KeyFingerprint;
}

const frame = z.strictObject({
  kind: z.string(),
  body: z.record(z.string(), z.unknown()),
  /** SPKI DER, base64. */
  key: z.string(),
  signature: z.string(),
});

/** The text of a file: the body with a station's Ed25519 signature over its kind and its canonical JSON. */
export function signDocument(kind: string, body: object, signer: DocumentSigner): string {
  const signature = Buffer.from(signer.sign(message(kind, body))).toString('base64');
  return `${JSON.stringify({ kind, body, key: signer.publicKey, signature }, null, 2)}\n`;
}

/**
 * Reads such a file and checks its signature.
 *
 * @throws StationError `request/unreadable` for a file of another kind, `request/altered` where the signature is not
 * that of its key over what it says.
 */
export function readDocument<T>(text: string, kind: string, schema: z.ZodType<T>): ReadDocument<T> {
  const parsed = frame.safeParse(parseJson(text));
  if (!parsed.success) throw new StationError('request/unreadable', { detail: 'it is no file of a station' });
  const { kind: found, body, key, signature } = parsed.data;
  if (found !== kind)
    throw new StationError('request/unreadable', { detail: `it is a ${printable(found)}, not a ${kind}` });
  const publicKey = ed25519(key);
  if (!verify(null, message(kind, body), publicKey, Buffer.from(signature, 'base64')))
    throw new StationError('request/altered', { detail: 'its signature does not fit' });
  const read = schema.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new StationError('request/unreadable', {
      detail: `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}`,
    });
  }
  return { body: read.data, key: fingerprintOf(publicKey) };
}

/** SHA-256 of what a document says, hex: by it an answer names what it answers. */
export function documentHash(kind: string, body: object): string {
  return createHash('sha256').update(message(kind, body)).digest('hex');
}

function message(kind: string, body: object): Buffer {
  return Buffer.from(`${kind}\n${canonicalJson(body)}`);
}

function ed25519(text: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // told below
  }
  throw new StationError('request/altered', { detail: 'it is signed with no Ed25519 key' });
}

function fingerprintOf(key: KeyObject): KeyFingerprint {
  const spki = key.export({ format: 'der', type: 'spki' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}` as KeyFingerprint;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function printable(text: string): string {
  return text.slice(0, 60).replace(/[^\x20-\x7e]/g, '?');
}
