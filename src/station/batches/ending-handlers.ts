import type { BatchView } from '../../contract/batches.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import { exportCsv } from './exporting.ts';
import type { BatchHandlers, BatchParts } from './handlers.ts';
import { batchNamed } from './named.ts';
import { exportSigned } from './signed-export.ts';

/** The calls that end a batch, or put it in a file. */
export function endingHandlers(
  parts: () => BatchParts,
  view: (batch: BatchRecord) => BatchView,
): Pick<BatchHandlers, 'batch.export' | 'batch.certificate' | 'batch.close' | 'batch.remove'> {
  return {
    'batch.export': async ({ name, format, ...request }) => {
      const { record, clock, signing } = parts();
      const batch = batchNamed(record, name);
      if (format === 'json') return exportSigned(batch, request, record.reader, signing(), clock.now());
      using reader = record.separateReader();
      return await exportCsv(batch, request, reader);
    },
    'batch.certificate': async ({ name, ...request }) => {
      const { record, clock, signing } = parts();
      const { certifyBatch } = await import('./certifying.ts');
      return await certifyBatch(batchNamed(record, name), request, record.reader, signing, clock.now());
    },
    'batch.close': ({ name }) => {
      const { record, operator, tell } = parts();
      const journal = record.writer();
      const batch = batchNamed(record, name);
      if (batch.closed === null)
        journal.append({ kind: 'batch-closed', batch: batch.id, why: 'operator', operator: operator() });
      const closed = view(journal.batches.byId(batch.id) ?? batch);
      tell({ type: 'batch', batch: closed });
      return closed;
    },
    'batch.remove': ({ name }) => {
      const { record, operator, tell, isAtWork } = parts();
      const journal = record.writer();
      const batch = batchNamed(record, name);
      const sent = journal.batches.inFlightRows(batch.id, 0, 1).length > 0;
      const use = sent
        ? 'of some rows nobody knows yet whether the server has them'
        : journal.batches.hasKept(batch.id, null)
          ? 'devices of it are in use at a server from which it was taken back'
          : useOf(batch, isAtWork(batch));
      if (use !== null) throw new StationError('batch/in-use', { name, detail: use });
      journal.append({ kind: 'batch-removed', batch: batch.id, operator: operator() });
      tell({ type: 'batch-gone', name });
      return null;
    },
  };
}

/** What a batch was used for, in words; null where nobody used it. */
function useOf({ units, admitted, counts, run, shares }: BatchRecord, atWork: boolean): string | null {
  if (atWork) return 'it is being worked on';
  if (units + admitted > 0) return `${units + admitted} board(s) were provisioned against it`;
  const away = shares.filter(({ returnedAt }) => returnedAt === null).length;
  if (away > 0) return `${away} part(s) of it are at other benches`;
  if (counts.created > 0) return `${counts.created} device(s) of it are preauthorized`;
  return run?.state === 'begun' || run?.state === 'paused' ? `its run at ${run.server} has not ended` : null;
}
