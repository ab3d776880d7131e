import type { JournalReader } from '../../journal/index.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import type { RecordAccess } from '../record-access.ts';

/** @throws StationError `batch/unknown`. */
export function batchNamed({ reader }: RecordAccess, name: string): BatchRecord {
  return batchIn(reader, name);
}

/** The same in a record that is at hand. */
export function batchIn({ batches }: JournalReader, name: string): BatchRecord {
  const batch = batches.byName(name);
  if (batch === null) throw new StationError('batch/unknown', { name });
  return batch;
}
