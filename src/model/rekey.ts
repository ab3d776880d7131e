import type { Device } from './device.ts';
import type { Identity } from './identity.ts';
import type { ErrorReport, JobId, StepName, Verdict } from './job.ts';
import type { KeyFingerprint } from './key.ts';
import type { Right } from './rights.ts';
import type { KeyMaker } from './step-labels.ts';

/** Why a unit gets a new key, from a list; what is not in it is `other`, with words. */
export const REKEY_REASONS = [
  'returned',
  'key-lost',
  'key-exposed',
  'board-replaced',
  'change-of-owner',
  'scheduled',
  'other',
] as const;
export type RekeyReasonCode = (typeof REKEY_REASONS)[number];

/** `text`: an operator's own words; needed for `other`. */
export interface RekeyReason {
  readonly code: RekeyReasonCode;
  readonly text: string;
}

/**
 * What kind of case a returned unit is, told in a plain sentence before anything is changed.
 *
 * - `known`: accepted on the server with the key that it holds.
 * - `other-key`: accepted there, but with a key that it does not hold.
 * - `unknown`: the server has no device of this identity.
 * - `rejected`, `decommissioned` (or being so), `not-accepted` (pending, preauthorized or without an auth set).
 * - `key-unreadable`, `key-missing`: the board holds none that anybody can read, or none at all.
 * - `identity-changed`: the board's key is known here or there under another identity (a replaced network board).
 * - `elsewhere`: its configuration points at another server, or names another organization.
 * - `fixed-key`: in an engine, a token or behind a passphrase, or that of a client certificate; it cannot be replaced
 *   over the line.
 */
export type UnitCase =
  | 'known'
  | 'other-key'
  | 'unknown'
  | 'rejected'
  | 'decommissioned'
  | 'not-accepted'
  | 'key-unreadable'
  | 'key-missing'
  | 'identity-changed'
  | 'elsewhere'
  | 'fixed-key';

/** The cases that a re-keying goes on with only when a person has confirmed them. */
export const TO_CONFIRM = [
  'identity-changed',
  'elsewhere',
  'unknown',
  'rejected',
] as const satisfies readonly UnitCase[];
export type CaseToConfirm = (typeof TO_CONFIRM)[number];

/** A returned unit as it was found. Reading it changed nothing. */
export interface UnitReport {
  readonly port: string;
  readonly slot: string;
  readonly identity: Identity;
  readonly key: {
    readonly fingerprint: KeyFingerprint | null;
    readonly type: string | null;
    readonly path: string;
  };
  readonly staged: { readonly fingerprint: KeyFingerprint | null } | null;
  readonly serverUrls: readonly string[];
  /** Null where the server has none; `offline`: it could not be asked, and why. */
  readonly device: Device | null;
  readonly offline: ErrorReport | null;
  /** Earlier jobs with this unit or this key, newest first: their records' `seq`, see `journal.list`. */
  readonly jobs: readonly {
    readonly job: string;
    readonly at: string;
    readonly verdict: Verdict;
    readonly flow: 'provision' | 'rekey';
  }[];
  /** For `identity-changed`: who it was, and its device on the server. */
  readonly former: { readonly identity: Identity; readonly device: Device | null } | null;
  /** All that apply, the most important first. */
  readonly cases: readonly UnitCase[];
  /** What this case means and what a re-key would do, in sentences. */
  readonly sentences: readonly string[];
  /** Why it cannot be re-keyed as it is; null where it can. */
  readonly obstacle: ErrorReport | null;
}

/** What would be done to one board and its server, from the decision function itself. Nothing was changed. */
export interface Plan {
  readonly port: string;
  readonly slot: string;
  readonly identity: Identity | null;
  readonly actions: readonly {
    readonly action: string;
    readonly on: 'board' | 'server' | 'station';
    readonly says: string;
  }[];
  /** `stop`: why the flow would not go on. */
  readonly ends: 'pass' | 'already' | 'stop';
  readonly error: ErrorReport | null;
  readonly notes: readonly string[];
}

/** A job whose station ended in the middle of it, or that waits for its board or server. */
export interface InterruptedJob {
  readonly job: JobId;
  readonly flow: 'provision' | 'rekey';
  readonly startedAt: string;
  readonly port: string;
  readonly slot: string;
  readonly identity: Identity | null;
  readonly server: string;
  readonly profile: string;
  /** Who makes the key of its board, as far as its server is known. */
  readonly keyMaker: KeyMaker;
  /** The step it was cut in; null before the first. */
  readonly step: StepName | null;
  /** `interrupted`: its station ended. `waiting`: staged, the old key active, nothing sent. */
  readonly state: 'interrupted' | 'waiting';
  /** What state the board was left in, in a sentence. */
  readonly left: string;
  /** Whether the board may be unplugged and used as it is. */
  readonly safe: boolean;
  /** The port where a board of this identity is now; null where none was seen. */
  readonly boardAt: string | null;
  /** For `waiting`: until when it is waited for; ISO 8601. */
  readonly deadline: string | null;
  /** Whether an admin elsewhere was asked to approve its key: it is finished with the approval. */
  readonly requested: boolean;
  /** What whoever finishes it needs: what it would take to begin it. To provision without a batch may be everybody's. */
  readonly right: Right;
}
