import * as z from 'zod';
import type { RowOutcome } from '../model/batch.ts';
import type { Identity } from '../model/identity.ts';
import type { ErrorReport } from '../model/job.ts';
import { batchName } from './batches.ts';

/** What a front end may have done at a server with a batch, and what it is told of it. */

const serverName = z.string().min(1).max(64);

/**
 * What `reconcile` can mend, each asked for by its name. `missing` and `dead`: the row is sent again by the batch's next
 * run. `stray-pending`: what waits beside the key in use is removed. `pending`: the key of the list is accepted.
 */
export const RECONCILE_FIXES = ['missing', 'dead', 'stray-pending', 'pending'] as const;
export type ReconcileFix = (typeof RECONCILE_FIXES)[number];

export const PREAUTHORIZE_CALLS = {
  /** Preauthorizes the rows of a batch. Resolves when the run has ended or was stopped; progress comes as events. */
  'batch.preauthorize': z.strictObject({
    name: batchName,
    server: serverName,
    /** Go on with a run that was cut off or paused. */
    resume: z.boolean().default(false),
    /** Rows that failed are tried again, too. */
    retry: z.boolean().default(false),
    /** Where the identity is there with another key, have the server change over; servers of today alone. */
    forceRekey: z.boolean().default(false),
    /** Go on although the server has no room for all of them. */
    ignoreLimit: z.boolean().default(false),
  }),
  /** Ends the run after what is under way; it goes on with `resume`. */
  'batch.pause': z.strictObject({ name: batchName }),
  /** Ends the run after what is under way. What has been created stays: see `batch.take-back`. */
  'batch.cancel': z.strictObject({ name: batchName }),
  /** Removes from a server what this batch created there and nobody has used. */
  'batch.take-back': z.strictObject({
    name: batchName,
    server: serverName,
    dryRun: z.boolean().default(false),
  }),
  /** Compares a server with a batch, or with all that the record has of it. Changes nothing but what `fix` names. */
  'batch.reconcile': z.strictObject({
    server: serverName,
    batch: batchName.optional(),
    fix: z.enum(RECONCILE_FIXES).optional(),
  }),
} as const;

export interface PreauthorizeCallResults {
  'batch.preauthorize': PreauthorizeReport;
  'batch.pause': null;
  'batch.cancel': null;
  'batch.take-back': TakeBackReport;
  'batch.reconcile': ReconcileReport;
}

export type PreauthorizeStationEvent =
  /** Rows that have their outcome, which is recorded; in the order of the answers. */
  | { readonly type: 'batch-outcomes'; readonly name: string; readonly rows: readonly BatchOutcomeView[] }
  /** Rows that were taken back, or not. */
  | { readonly type: 'batch-taken-back'; readonly name: string; readonly rows: readonly TakenBackRow[] }
  /** How devices of a server differ from what is expected, as a comparison finds it and, where asked for, has mended it. */
  | {
      readonly type: 'reconcile-findings';
      readonly server: string;
      readonly findings: readonly ReconcileFinding[];
    };

/** What became of a row. */
export interface BatchOutcomeView {
  readonly line: number;
  readonly identity: Identity;
  readonly outcome: RowOutcome;
  readonly deviceId: string | null;
  readonly error: ErrorReport | null;
}

/** How a run ended. Its rows are told by `batch.rows`. */
export interface PreauthorizeReport {
  readonly batch: string;
  readonly server: string;
  readonly state: 'ended' | 'paused' | 'cancelled';
  /** Why it could not go on; null where it came to its end or was asked to stop. */
  readonly reason: ErrorReport | null;
  /** Of the whole batch. */
  readonly counts: Readonly<Record<RowOutcome, number>>;
  /** Rows that got their outcome in this run. */
  readonly done: number;
  /** Rows that the server could not be brought to answer; they are `pending`. The first hundred. */
  readonly unsettled: readonly { readonly line: number; readonly error: ErrorReport }[];
  /** What the server had room for before the run; `limit` is null where there is none. Null: stopped before it was asked. */
  readonly room: {
    readonly limit: number | null;
    readonly accepted: number;
    readonly preauthorized: number;
  } | null;
  readonly elapsedMs: number;
}

/**
 * `removed`: its device is gone from the server (`dry run`: would be); `gone`: was gone already; `used`: the device is in
 * use or was changed, and stays; `failed`: it could not be told. Devices that were there before this batch are no rows of it.
 */
export type TakeBackOutcome = 'removed' | 'gone' | 'used' | 'failed';

export interface TakenBackRow {
  readonly line: number;
  readonly identity: Identity;
  readonly outcome: TakeBackOutcome;
  readonly deviceId: string | null;
  readonly error: ErrorReport | null;
}

export interface TakeBackReport {
  readonly batch: string;
  readonly server: string;
  readonly dryRun: boolean;
  /** `stopped`: asked to stop, or for the reason; run it again for the rest. */
  readonly state: 'ended' | 'stopped';
  readonly reason: ErrorReport | null;
  readonly counts: Readonly<Record<TakeBackOutcome, number>>;
  /** Rows that the server never answered lastingly: whether it has them nobody knows, and they were left alone. */
  readonly inFlight: number;
  readonly elapsedMs: number;
}

/** How a server differs from what is expected there; see the kinds in docs/batches.md. */
export type ReconcileFindingKind =
  'missing' | 'extra' | 'other-key' | 'other-status' | 'pending' | 'stray-pending' | 'dead';

export interface ReconcileFinding {
  readonly kind: ReconcileFindingKind;
  readonly identity: Identity;
  /** The line of its row; null outside of a batch. */
  readonly line: number | null;
  readonly deviceId: string | null;
  /** What the device is and has, in words. */
  readonly found: string;
  /** Null where mending was not asked for. */
  readonly fixed: boolean | null;
  readonly error: ErrorReport | null;
}

export interface ReconcileReport {
  readonly batch: string | null;
  readonly server: string;
  /** Devices that the server has in all. */
  readonly devices: number;
  /** Of those expected, the ones that are as expected. */
  readonly matching: number;
  readonly counts: Readonly<Record<ReconcileFindingKind, number>>;
  /** The first ten thousand. */
  readonly findings: readonly ReconcileFinding[];
  readonly elapsedMs: number;
}
