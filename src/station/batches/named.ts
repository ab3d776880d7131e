import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import type { RecordAccess } from '../record-access.ts';

/** @throws StationError `batch/unknown`. */
export function batchNamed({ reader }: RecordAccess, name: string): BatchRecord {
  const batch = reader.batches.byName(name);
  if (batch === null) throw new StationError('batch/unknown', { name });
  return batch;
}
