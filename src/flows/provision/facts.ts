import type { Device } from '../../model/device.ts';
import type { Proof } from '../../model/job.ts';
import type { KeyFingerprint, KeyType } from '../../model/key.ts';

/**
 * What a provisioning knows at one moment, reduced to what its decisions depend on. Nothing here is remembered from an
 * earlier run: it was seen on the board or on the server, or is held by this job.
 */
export interface Facts {
  readonly board: BoardFacts;
  readonly server: ServerFacts;
  readonly job: JobFacts;
}

/** `unknown`: there is a key file whose public half nobody can tell. */
export type KnownKey = KeyFingerprint | 'none' | 'unknown';

export interface BoardFacts {
  readonly inUse: KnownKey;
  readonly staged: KnownKey;
  /** Whether the board itself can sign with the key in use, and with the staged one. */
  readonly signsInUse: boolean;
  readonly signsStaged: boolean;
  readonly configuration: 'as-wanted' | 'differs';
  /** Why the key file cannot be replaced, if it cannot. */
  readonly fixedKey: 'engine' | 'passphrase' | null;
  readonly clock: 'right' | 'wrong';
}

export interface ServerFacts {
  /** The device of this identity as last read; null where the server has none that this account sees. */
  readonly device: Device | null;
  /** Keys with which an auth request of this job was refused: the server knows of them, pending at best. */
  readonly refused: readonly KeyFingerprint[];
}

export interface JobFacts {
  /** The key that this job made or imported; its private half is at the station or staged on the board. */
  readonly key: KeyFingerprint | null;
  /** Whether this station can sign with `key`. */
  readonly holdsPrivateKey: boolean;
  /** The key with which the server gave a token during this job, for the device that it has. */
  readonly authenticated: KeyFingerprint | null;
  /** How often this job had the client ask, to find out which key it has. */
  readonly knocks: number;
  /** The strongest proof that this job has of the key in use. */
  readonly proof: Proof | null;
  /** Whether this job has changed the board or the server. */
  readonly changed: boolean;
  /** Whether this job has put its key, or its configuration, in place. */
  readonly switched: boolean;
  readonly configured: boolean;
  /** Whether the file of an imported key was taken out of the way, or looked for in vain. */
  readonly importSettled: boolean;
  /** The key that was in use when the job began; its pending auth set is a leftover once another key is accepted. */
  readonly formerKey: KnownKey;
}

/** What a provisioning is to reach. */
export interface Wanted {
  readonly key: WantedKey;
  readonly leastProof: Proof;
}

/** The request for a key after defaults: which type is made, and where. */
export type WantedKey =
  | { readonly from: 'board'; readonly type: KeyType }
  | { readonly from: 'generate'; readonly type: KeyType }
  | { readonly from: 'import'; readonly directory: string }
  | { readonly from: 'keep' }
  /** The client's own, made by it where there is none yet. */
  | { readonly from: 'client' };
