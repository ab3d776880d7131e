import type { Identity } from './identity.ts';
import type { InventoryState } from './inventory.ts';
import type { ErrorReport } from './job.ts';
import type { KeyFingerprint, PublicKeyPem } from './key.ts';

declare const batchId: unique symbol;
/** A ULID: names a batch for ever, whatever becomes of its name. */
export type BatchId = string & { readonly [batchId]: true };

/** `keys`: its rows have keys, to be preauthorized. `expectation`: they have none, and technicians provision against them. */
export const BATCH_KINDS = ['keys', 'expectation'] as const;
export type BatchKind = (typeof BATCH_KINDS)[number];

/**
 * What the server said of a row. `pending`: nothing yet. `created`: it is preauthorized by this batch. `already`: it has
 * this very key accepted or preauthorized. `conflict`: it has the identity with another key or in another state.
 * `limit`: no device more is allowed. `refused`: it takes the row in no case.
 */
export const ROW_OUTCOMES = ['pending', 'created', 'already', 'conflict', 'limit', 'refused'] as const;
export type RowOutcome = (typeof ROW_OUTCOMES)[number];
/** Those that have to be mended, or tried again, by a person. */
export const FAILED_OUTCOMES: readonly RowOutcome[] = ['conflict', 'limit', 'refused'];

/** What servers with tiers know; the others take every device for `standard`. */
export const TIERS = ['standard', 'micro', 'system'] as const;

/** A row of a batch as it was imported. */
export interface BatchRow {
  /** The line of the file that it began in; a file's header is line 1. */
  readonly line: number;
  readonly identity: Identity;
  readonly key: PublicKeyPem | null;
  readonly fingerprint: KeyFingerprint | null;
  /** `standard` unless said. */
  readonly tier: string;
  readonly group: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A row with what became of it. */
export interface BatchRowState extends BatchRow {
  readonly outcome: RowOutcome;
  /** Whether it was about to be sent, by a run that never told what came of it. */
  readonly inFlight: boolean;
  /** When it was about to be sent without a word since; ISO 8601. */
  readonly sentAt: string | null;
  readonly deviceId: string | null;
  readonly error: ErrorReport | null;
  /** The URL of the server that said so; null where none did. */
  readonly serverUrl: string | null;
  /** Its device at a server from which the batch was taken back, where that is in use and stays. */
  readonly kept: KeptDevice | null;
  /** The job whose board counted for this row. */
  readonly unit: BatchUnit | null;
  /** The part that it was given to another bench with; null where it is this station's. */
  readonly share: number | null;
}

/** A device that a batch made at a server, and that was in use when the batch was taken back there. */
export interface KeptDevice {
  readonly server: string;
  readonly serverUrl: string;
  readonly deviceId: string;
}

/** A board that counted in a batch. */
export interface BatchUnit {
  readonly job: string;
  /** ISO 8601. */
  readonly at: string;
  readonly verdict: 'pass' | 'already';
  /** The bench that did it. */
  readonly station: string;
}

/** What an admin may let through. */
export const BATCH_ALLOWANCES = ['stranger', 'repeat', 'other-key'] as const;
export type BatchAllowance = (typeof BATCH_ALLOWANCES)[number];

/** Why a batch takes no more boards. */
export type BatchClosing = 'full' | 'operator';

/** A part of a batch that another station gave to this one. */
export interface BatchShare {
  /** The batch and the station that it is a part of, and the fingerprint of that station's key. */
  readonly batch: BatchId;
  readonly station: string;
  readonly key: KeyFingerprint;
  readonly part: number;
  readonly parts: number;
  /** Rows of the whole batch. */
  readonly rows: number;
}

/** A part of a batch that was given to another bench. */
export interface GivenShare {
  readonly part: number;
  readonly parts: number;
  readonly rows: number;
  /** Boards of it that are through, as far as was merged. */
  readonly units: number;
  /** ISO 8601. */
  readonly at: string;
  /** Since when what is left of it is this station's again; null while the other bench has it. */
  readonly returnedAt: string | null;
}

/** A batch as the record knows it. */
export interface BatchRecord {
  readonly id: BatchId;
  readonly name: string;
  readonly kind: BatchKind;
  /** The file's name, without its folder, and the SHA-256 (hex) of its bytes. */
  readonly file: string;
  readonly sha256: string;
  readonly rows: number;
  /** ISO 8601. */
  readonly at: string;
  readonly operator: string | null;
  /** The columns of the file, in its order. */
  readonly columns: readonly string[];
  /** Those that made up the identity, as `ATTRIBUTE=COLUMN`. */
  readonly identityColumns: readonly string[];
  /** Bad rows that were left out when it was imported. */
  readonly leftOut: number;
  readonly share: BatchShare | null;
  /** Parts of it that other benches have, or had. */
  readonly shares: readonly GivenShare[];
  readonly closed: { readonly at: string; readonly why: BatchClosing } | null;
  /** Of the rows that are this station's. */
  readonly counts: Readonly<Record<RowOutcome, number>>;
  /** Rows whose board has been through, on any bench. */
  readonly units: number;
  /** Boards that an admin let through though they are in no row, or were through already. */
  readonly admitted: number;
  /** Devices whose name tag, tags and group were asked for. */
  readonly inventory: Readonly<Record<InventoryState, number>>;
  /** The last run at a server that has begun; `state` as far as the record tells. */
  readonly run: BatchRunRecord | null;
}

/** A run at a server; `begun` is one that goes on, or was cut off. */
export interface BatchRunRecord {
  readonly run: string;
  readonly server: string;
  readonly serverUrl: string;
  readonly state: BatchRunState;
  readonly at: string;
}
/** `taken-back`: what it had created there and nobody used was removed again; the batch may go to another server. */
export const BATCH_RUN_STATES = ['begun', 'paused', 'ended', 'cancelled', 'taken-back'] as const;
export type BatchRunState = (typeof BATCH_RUN_STATES)[number];
