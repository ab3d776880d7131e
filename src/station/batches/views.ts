import type { BatchRowView, BatchRunView, BatchView } from '../../contract/batches.ts';
import type { BatchRecord, BatchRowState } from '../../model/batch.ts';
import { identityLabel } from '../../model/identity.ts';

/** A batch as people see it; `live` is the run that goes on in this process. */
export function batchView(batch: BatchRecord, live: BatchRunView | null): BatchView {
  const { run, columns: _columns, identityColumns: _identity, ...rest } = batch;
  return {
    ...rest,
    open: batch.closed === null && batch.units < batch.rows,
    server: run?.server ?? null,
    run: live ?? cutOff(batch),
  };
}

/** A run that has not ended and that nobody is at. */
function cutOff({ run, rows, counts }: BatchRecord): BatchRunView | null {
  if (run === null || (run.state !== 'begun' && run.state !== 'paused')) return null;
  return {
    state: run.state === 'paused' ? 'paused' : 'interrupted',
    server: run.server,
    done: rows - counts.pending,
    total: rows,
    perSecond: null,
    remainingMs: null,
    waitsMs: 0,
    counts,
  };
}

export function batchRowView(row: BatchRowState): BatchRowView {
  return { ...row, label: identityLabel(row.identity) };
}
