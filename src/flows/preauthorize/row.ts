import type { Identity } from '../../model/identity.ts';
import type { ErrorReport } from '../../model/job.ts';
import type { RowOutcome } from '../../model/batch.ts';
import type { NewDevice } from '../../servers/preauthorization.ts';

/** A row that is to be preauthorized. */
export interface RunRow extends NewDevice {
  /** Its line in the file that was imported. */
  readonly line: number;
  /** When it was first about to be sent, by this station's wall clock; null where it never was. */
  readonly intendedAt: number | null;
}

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
}
