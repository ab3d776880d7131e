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

/**
 * Why a key file must stay as it is: an engine or a passphrase guards it, or it is the private key of the client's
 * certificate for mutual TLS, which fits no other.
 */
export type FixedKey = 'engine' | 'passphrase' | 'mutual-tls';

export interface BoardFacts {
  readonly inUse: KnownKey;
  readonly staged: KnownKey;
  /** A replaced key that still lies on the board; `none` where there is none. */
  readonly former: KnownKey;
  /** Whether the board itself can sign with the key in use, the staged and the replaced one. */
  readonly signsInUse: boolean;
  readonly signsStaged: boolean;
  readonly signsFormer: boolean;
  /** Whether the public half of the staged key is at hand: without it the server cannot be told of the key. */
  readonly knowsStaged: boolean;
  /** `elsewhere`: it names another server or organization. */
  readonly configuration: 'as-wanted' | 'differs' | 'elsewhere';
  /** Why the key file cannot be replaced, if it cannot. */
  readonly fixedKey: FixedKey | null;
  readonly clock: 'right' | 'wrong';
}

export interface ServerFacts {
  /** False while it cannot be reached: `device` then says nothing. */
  readonly reachable: boolean;
  /** Whether it can preauthorize a key beside an accepted one; known once it was asked. */
  readonly preauthorizesBeside: 'unknown' | 'yes' | 'no';
  /** Whether superseded auth sets are left to somebody who may remove them. */
  readonly leavesTidying?: boolean;
  /** Whether they are told as somebody wrote them down: no refusal can be shown of them. */
  readonly remembersSets?: boolean;
  /** The device of this identity as last read; null where the server has none that this account sees. */
  readonly device: Device | null;
  /** Whether this job saw a device that was gone when it looked again. */
  readonly vanished?: boolean;
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
  /** Whether the last thing that this job did was to read the device once more. */
  readonly verified: boolean;
  /** Whether this job has changed the board or the server. */
  readonly changed: boolean;
  /** Whether this job has put its key, or its configuration, in place. */
  readonly switched: boolean;
  readonly configured: boolean;
  /** Whether the file of an imported key was taken out of the way, or looked for in vain. */
  readonly importSettled: boolean;
  /** The key that was in use when the job began; its pending auth set is a leftover once another key is accepted. */
  readonly formerKey: KnownKey;
  /** The staged key that was seen to be whole and usable on the board. */
  readonly provedStaged: KeyFingerprint | null;
  /** Whether the device was looked for by the board's key, in place of an inventory that may be behind. */
  readonly searched: boolean;
  /** Auth sets whose tokens this job has ended. */
  readonly revoked: readonly string[];
  /** The replaced key that was refused while its auth set was there as rejected. */
  readonly refusalTested: KeyFingerprint | null;
  /** Whether the key that was in use was given to a unit of another identity; and its device, while it is there. */
  readonly identityChanged: boolean;
  readonly formerDevice: string | null;
}

/** What a job is to reach. */
export type Wanted = WantedProvision | WantedRekey;

/** The board has a key that is accepted, in use and proved; one that is accepted already is kept. */
export interface WantedProvision {
  readonly flow: 'provision';
  readonly key: WantedKey;
  readonly leastProof: Proof;
}

/** The board has a key that was made for this job or the one that it resumes, and every other key is refused. */
export interface WantedRekey {
  readonly flow: 'rekey';
  readonly key: WantedKey;
  readonly leastProof: Proof;
  /** Keys that were staged by the job that this one resumes: one of them may be in use or staged by now. */
  readonly resumed: readonly KeyFingerprint[];
  /** Cases in which a person said to go on. */
  readonly confirmed: ReadonlySet<string>;
  readonly decommissionFormer: boolean;
}

/** The request for a key after defaults: which type is made, and where. */
export type WantedKey =
  | { readonly from: 'board'; readonly type: KeyType }
  | { readonly from: 'generate'; readonly type: KeyType }
  | { readonly from: 'import'; readonly directory: string }
  | { readonly from: 'keep' }
  /** The client's own, made by it where there is none yet. */
  | { readonly from: 'client' };
