import * as z from 'zod';
import { canonicalJson } from '../journal/canonical-json.ts';
import type { Identity } from '../model/identity.ts';
import type { KeyFingerprint, PublicKey } from '../model/key.ts';
import { REKEY_REASONS } from '../model/rekey.ts';
import { secret, type Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import { publicKey as readPublicKey } from '../keys/index.ts';
import { seal, unseal, type Sealed } from './seal.ts';
import {
  documentHash,
  readDocument,
  signDocument,
  type DocumentSigner,
  type ReadDocument,
} from './signed-document.ts';

/**
 * The three files by which a unit gets its new key without an admin's login on the laptop: an approver's keys, a
 * laptop's request, an admin's approval. Each is signed by the station that wrote it.
 */
const APPROVER = 'station-approver/1';
const REQUEST = 'station-rekey-request/1';
const APPROVAL = 'station-rekey-approval/1';

const text = z.string().max(4096);
const fingerprint = z.string().regex(/^sha256:[0-9a-f]{64}$/) as unknown as z.ZodType<KeyFingerprint>;
const identity = z.record(text, z.union([text, z.array(text)])) as unknown as z.ZodType<Identity>;
const time = z.iso.datetime();

const approverSchema = z.strictObject({
  station: text,
  /** Where requests are sealed to: X25519, SPKI DER, base64. */
  sealingKey: text,
  at: time,
});

const sealedSchema = z.strictObject({
  to: z.string().regex(/^[0-9a-f]{64}$/),
  ephemeral: text,
  nonce: text,
  ciphertext: z.string().max(100_000),
  tag: text,
}) satisfies z.ZodType<Sealed>;

const requestSchema = z.strictObject({
  /** The job on the laptop that staged and proved the key. */
  job: text,
  station: text,
  operator: text.nullable(),
  at: time,
  expires: time,
  serverUrl: text,
  identity,
  /** SPKI PEM of the new key. */
  publicKey: text,
  fingerprint,
  /** The key that the unit had; null where nobody could tell. */
  oldKey: fingerprint.nullable(),
  /** Whether the unit itself can sign with its new key, so that its first request is seen. */
  unitSigns: z.boolean(),
  reason: z.strictObject({ code: z.enum(REKEY_REASONS), text }),
  /** The signed auth request of the new key, sealed to the approver; null where nobody could sign one. */
  sealed: sealedSchema.nullable(),
});

const approvalSchema = z.strictObject({
  /** Hash of the request that is approved. */
  request: z.string().regex(/^[0-9a-f]{64}$/),
  job: text,
  station: text,
  operator: text.nullable(),
  at: time,
  /** Where the key was brought in: the approver's own address of the server. */
  serverUrl: text,
  /** Set where the approver said that this is the server that the unit knows by another address. */
  otherAddress: z.literal(true).optional(),
  fingerprint,
  /** `preauthorized`: the unit's first request makes the server change keys. `accepted`: it has changed; the unit has to follow. */
  how: z.enum(['preauthorized', 'accepted']),
  deviceId: text,
  /** The auth sets of the device as the approval left them. */
  authSets: z
    .array(
      z.strictObject({
        id: text,
        fingerprint,
        status: z.enum(['accepted', 'preauthorized', 'pending', 'rejected']),
      }),
    )
    .max(100),
});

export type Approver = z.infer<typeof approverSchema>;
export type RekeyFileRequest = z.infer<typeof requestSchema>;
export type RekeyApproval = z.infer<typeof approvalSchema>;

/** A signed auth request: what the server takes as the unit's own word. */
export interface SignedAuthRequest {
  readonly body: Secret<Uint8Array>;
  readonly signature: Secret<Uint8Array>;
}

export function writeApprover(approver: Approver, signer: DocumentSigner): string {
  return signDocument(APPROVER, approver, signer);
}

/** @throws StationError `request/unreadable`, `request/altered`. */
export function readApprover(file: string): ReadDocument<Approver> {
  return readDocument(file, APPROVER, approverSchema);
}

/** Writes a request, its auth request sealed to the approver's key and bound to everything else in it. */
export function writeRequest(
  request: Omit<RekeyFileRequest, 'sealed'>,
  auth: SignedAuthRequest | null,
  sealingKey: string,
  signer: DocumentSigner,
): string {
  return signDocument(
    REQUEST,
    { ...request, sealed: auth === null ? null : sealAuthRequest(auth, sealingKey, canonicalJson(request)) },
    signer,
  );
}

function sealAuthRequest(
  { body, signature }: SignedAuthRequest,
  sealingKey: string,
  context: string,
): Sealed {
  const plain = Buffer.from(
    JSON.stringify({
      body: Buffer.from(body.reveal()).toString('base64'),
      signature: Buffer.from(signature.reveal()).toString('base64'),
    }),
  );
  try {
    return seal(secret(plain), sealingKey, context);
  } finally {
    plain.fill(0);
  }
}

/**
 * Reads a request: signed by the key that it shows, and not expired at `now` (milliseconds since the epoch); null where it
 * does not count how old it is.
 *
 * @throws StationError `request/unreadable`, `request/altered`, `request/expired`.
 */
export function readRequest(file: string, now: number | null): ReadDocument<RekeyFileRequest> {
  const read = readDocument(file, REQUEST, requestSchema);
  const { publicKey, fingerprint: named } = read.body;
  if (publicKeyOf(publicKey).fingerprint !== named)
    throw new StationError('request/altered', { detail: 'its key is not the one that it names' });
  if (now !== null) refuseExpired(read.body, now);
  return read;
}

/** @throws StationError `request/expired`. */
export function refuseExpired({ expires }: RekeyFileRequest, now: number): void {
  if (Date.parse(expires) <= now) throw new StationError('request/expired', { at: expires });
}

/** The new key of a request in every form that a server call needs. */
export function keyOfRequest({ publicKey }: RekeyFileRequest): PublicKey {
  return publicKeyOf(publicKey);
}

const authSchema = z.strictObject({ body: z.string(), signature: z.string() });

/** The auth request of a request; null where it has none. @throws StationError `request/other-approver`, `request/altered`. */
export function openAuthRequest(
  { sealed, ...request }: RekeyFileRequest,
  sealingKey: Secret<Uint8Array>,
): SignedAuthRequest | null {
  if (sealed === null) return null;
  const plain = unseal(sealed, sealingKey, canonicalJson(request));
  try {
    const { body, signature } = authSchema.parse(JSON.parse(Buffer.from(plain.reveal()).toString('utf8')));
    return {
      body: secret(Buffer.from(body, 'base64')),
      signature: secret(Buffer.from(signature, 'base64')),
    };
  } catch (thrown) {
    throw new StationError(
      'request/altered',
      { detail: 'its seal holds no auth request' },
      { cause: thrown },
    );
  } finally {
    plain.destroy();
  }
}

/** The hash by which an approval names its request. */
export function requestHash(request: RekeyFileRequest): string {
  return documentHash(REQUEST, request);
}

export function writeApproval(approval: RekeyApproval, signer: DocumentSigner): string {
  return signDocument(APPROVAL, approval, signer);
}

/** @throws StationError `request/unreadable`, `request/altered`. */
export function readApproval(file: string): ReadDocument<RekeyApproval> {
  return readDocument(file, APPROVAL, approvalSchema);
}

function publicKeyOf(pem: string): PublicKey {
  let key: PublicKey;
  try {
    key = readPublicKey(pem);
  } catch (thrown) {
    throw new StationError('request/unreadable', { detail: 'its public key is none' }, { cause: thrown });
  }
  // Also a private key would have a public half: it has no business here.
  if (key.pem !== pem) throw new StationError('request/unreadable', { detail: 'its public key is none' });
  return key;
}
