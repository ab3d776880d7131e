import type { Identity } from '../../model/identity.ts';
import type { ErrorReport } from '../../model/job.ts';
import type { RowOutcome } from '../../model/batch.ts';
import type { NewDevice } from '../../servers/preauthorization.ts';

/** A row that is to be preauthorized. */
export interface RunRow extends NewDevice {
  /** Its line in the file that was imported. */
  readonly line: number;
  /** When runs that never told what came of it may have sent it; empty where it certainly never was sent. */
  readonly sent: readonly SentSpan[];
}

/** A time in which a run may have sent a row, by this station's wall clock, in milliseconds. */
export interface SentSpan {
  readonly from: number;
  /** The last that the record has of the run: it sends nothing longer than `SILENT_MS` after that. */
  readonly until: number;
}

/** A run that has recorded nothing for so long records what it is about to send once more, in milliseconds. */
export const SILENT_MS = 5000;

/**
 * What became of a row. `created`: this batch made the device; `already`: it was there with this key, accepted or
 * preauthorized; `conflict`: the identity is there with something else.
 */
export interface RowResult {
  readonly line: number;
  readonly identity: Identity;
  readonly outcome: Exclude<RowOutcome, 'pending'>;
  readonly deviceId: string | null;
  /** Why it is no good outcome. */
  readonly error: ErrorReport | null;
}

/** Where rows come from and verdicts go to. */
export interface RowStore {
  /** Rows that are to be done, after a line, in the order of their lines. */
  rows(after: number, limit: number): readonly RunRow[];
  /**
   * Takes verdicts, and rows that are about to be sent. On the disk when it returns: no row is sent before it stands here,
   * so that whatever cuts the run, the next one knows which rows the server may have.
   */
  record(outcomes: readonly RowResult[], intended: readonly RunRow[]): void;
  /** Takes back that rows were about to be sent: none of them was. */
  release(rows: readonly RunRow[]): void;
}
