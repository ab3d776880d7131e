import type { Head } from './chain.ts';
import type { JobRecord } from './journal.ts';

/** The first member of a record's file. */
export const RECORD_FORMAT = 'station-record/1';

/** One ended job as another system gets it. */
export interface RecordDocument extends Omit<JobRecord, 'result'> {
  readonly format: typeof RECORD_FORMAT;
  readonly station: string;
  /** The row of its verdict, by which it is found again in an export of the journal. */
  readonly row: Head;
  readonly result: NonNullable<JobRecord['result']>;
}
