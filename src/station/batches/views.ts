import type { BatchRowView, BatchRunView, BatchView } from '../../contract/batches.ts';
import type { BatchRecord, BatchRowState } from '../../model/batch.ts';
import { identityLabel } from '../../model/identity.ts';
import { isDescribing } from './file/columns.ts';

/** A batch as people see it; `live` is the run that goes on in this process. */
export function batchView(batch: BatchRecord, live: BatchRunView | null): BatchView {
  const { run, columns, identityColumns: _identity, ...rest } = batch;
  return {
    ...rest,
    open: batch.closed === null && batch.units < batch.rows,
    describes: columns.some(isDescribing),
    server: run?.server ?? null,
    run: live ?? cutOff(batch),
  };
}

/** A run that has not ended and that nobody is at. */
function cutOff({ run, counts }: BatchRecord): BatchRunView | null {
  if (run === null || (run.state !== 'begun' && run.state !== 'paused')) return null;
  const total = sentHere(counts);
  return {
    state: run.state === 'paused' ? 'paused' : 'interrupted',
    server: run.server,
    done: total - counts.pending,
    total,
    perSecond: null,
    remainingMs: null,
    waitsMs: 0,
    counts,
  };
}

/** Rows that this station sends itself: all but those that other benches have. */
export function sentHere(counts: BatchRecord['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

export function batchRowView(row: BatchRowState): BatchRowView {
  return { ...row, label: identityLabel(row.identity) };
}
