import * as z from 'zod';
import {
  ROW_OUTCOMES,
  type BatchKind,
  type BatchRecord,
  type BatchRowState,
  type RowOutcome,
} from '../model/batch.ts';

/** All that a front end may ask of a station about batches, and all that it is told of them. */

/** A batch by its name. */
export const batchName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blank . _ - (64 at most)');

export const BATCH_CALLS = {
  /** All batches, the newest first. */
  'batch.list': z.strictObject({}),
  'batch.show': z.strictObject({ name: batchName }),
  /** Rows in the order of the file, with what became of them. */
  'batch.rows': z.strictObject({
    name: batchName,
    /** `failed`: conflict, limit or refused. `sent`: cut off before there was an answer. */
    outcome: z.enum([...ROW_OUTCOMES, 'failed', 'sent']).optional(),
    /** Those after this line. */
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(10_000).default(200),
  }),
} as const;

export interface BatchCallResults {
  'batch.list': readonly BatchView[];
  'batch.show': BatchView;
  'batch.rows': readonly BatchRowView[];
}

export type BatchStationEvent =
  | { readonly type: 'batch'; readonly batch: BatchView }
  | { readonly type: 'batch-gone'; readonly name: string };

/** A batch as people see it. */
export interface BatchView extends Omit<BatchRecord, 'run' | 'columns' | 'identityColumns'> {
  readonly kind: BatchKind;
  /** Whether it takes boards: neither closed nor full. */
  readonly open: boolean;
  /** The server that it was sent to last. */
  readonly server: string | null;
  /** The run at a server that goes on now, or that was cut off or paused and can be resumed. */
  readonly run: BatchRunView | null;
}

/** A run at a server, as it goes. */
export interface BatchRunView {
  /** `interrupted`: cut off, and nobody is at it; to be resumed. */
  readonly state: 'running' | 'paused' | 'cancelling' | 'interrupted';
  readonly server: string;
  /** Rows that have their outcome, of how many. */
  readonly done: number;
  readonly total: number;
  /** Null before there is a rate to tell. */
  readonly perSecond: number | null;
  /** Milliseconds. */
  readonly remainingMs: number | null;
  /** Milliseconds for which the server has asked everybody to wait, or is in trouble; 0 where it is not so. */
  readonly waitsMs: number;
  readonly counts: Readonly<Record<RowOutcome, number>>;
}

/** A row, with the values of its identity for people. */
export interface BatchRowView extends BatchRowState {
  readonly label: string;
}
