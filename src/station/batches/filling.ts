import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import type { RecordAccess } from '../record-access.ts';

/** Closes batches all of whose boards are through; those that were closed by this. Only where this station may write. */
export function closeFull(record: RecordAccess, batches: readonly BatchRecord[]): readonly BatchRecord[] {
  if (!record.isWriter()) return [];
  const { reader } = record;
  return batches
    .filter(({ closed, units, rows }) => closed === null && units >= rows)
    .filter(({ id }) => {
      try {
        record.append({ kind: 'batch-closed', batch: id, why: 'full', operator: null });
        return true;
      } catch (thrown) {
        // It is full all the same, and takes nobody. The row is written at the next opening; why it could not be
        // written now is told by the record itself.
        if (thrown instanceof StationError) return false;
        throw thrown;
      }
    })
    .flatMap(({ id }) => reader.batches.byId(id) ?? []);
}
