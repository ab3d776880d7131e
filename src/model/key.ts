import type { Secret } from './secret.ts';

/** The key types that a station makes and imports; each is accepted by Mender servers of 2023 and of today. */
export const KEY_TYPES = ['ed25519', 'p256', 'p384', 'rsa2048', 'rsa3072', 'rsa4096'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** Where the private key of a job was born: on the board, at this station, elsewhere (imported), before this job, or at the server. */
export type KeyOrigin = 'board' | 'station' | 'import' | 'kept' | 'server';

declare const fingerprint: unique symbol;
/** `sha256:` and the hex SHA-256 of the public key's SPKI DER. Never taken over PEM text, which has many spellings. */
export type KeyFingerprint = `sha256:${string}` & { readonly [fingerprint]: true };

declare const publicKeyPem: unique symbol;
/** A public key as SPKI PEM in the server's normal form: label `PUBLIC KEY`, 64 columns, LF, a newline at the end. */
export type PublicKeyPem = string & { readonly [publicKeyPem]: true };

/** A public key in every form that a flow needs. */
export interface PublicKey {
  readonly type: KeyType | 'other';
  readonly pem: PublicKeyPem;
  readonly fingerprint: KeyFingerprint;
}

/** A key pair whose private half is at the station for the length of one job. */
export interface KeyPair extends PublicKey {
  readonly type: KeyType;
  /** PKCS#8 DER. Its owner calls `destroy()` when the job ends. */
  readonly privateKey: Secret<Uint8Array>;
}

/** A request for a key: `board`, `generate`, `generate:<type>`, `import:DIR` or `keep`, as the command spells it. */
export type KeySource =
  | { readonly from: 'board'; readonly type?: KeyType }
  | { readonly from: 'generate'; readonly type?: KeyType }
  | { readonly from: 'import'; readonly directory: string }
  | { readonly from: 'keep' };
