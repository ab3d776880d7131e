import type * as z from 'zod';
import type { BATCH_SHARE_CALLS, BatchShareCallResults } from '../../contract/batch-shares.ts';
import type { BatchRecord } from '../../model/batch.ts';
import type { BatchParts } from './handlers.ts';
import { mergeBatch } from './merging.ts';
import { batchNamed } from './named.ts';
import { returnShare, shareBatch } from './sharing.ts';
import { batchView } from './views.ts';

export type BatchShareHandlers = {
  readonly [N in keyof typeof BATCH_SHARE_CALLS]: (
    params: z.output<(typeof BATCH_SHARE_CALLS)[N]>,
    signal: AbortSignal | undefined,
  ) => BatchShareCallResults[N] | Promise<BatchShareCallResults[N]>;
};

/** The calls about batches that several benches work on; the parts are asked for at each call. */
export function batchShareHandlers(parts: () => BatchParts): BatchShareHandlers {
  const view = (batch: BatchRecord): BatchShareCallResults['batch.return-share'] =>
    batchView(batch, parts().run(batch));
  return {
    'batch.share': ({ name, ...request }) => {
      const { record, tell } = parts();
      record.writer();
      const report = shareBatch(batchNamed(record, name), request, parts(), view);
      tell({ type: 'batch', batch: report.batch });
      return report;
    },
    'batch.return-share': ({ name, part }) => {
      const { record, operator, tell } = parts();
      const journal = record.writer();
      const batch = batchNamed(record, name);
      returnShare(batch, part, journal, operator());
      const now = view(journal.batches.byId(batch.id) ?? batch);
      tell({ type: 'batch', batch: now });
      return now;
    },
    'batch.merge': async ({ name, ...request }, signal = new AbortController().signal) => {
      const { record, tell } = parts();
      if (!request.dryRun) record.writer();
      const report = await mergeBatch(batchNamed(record, name), request, parts(), view, signal);
      if (!request.dryRun) tell({ type: 'batch', batch: report.batch });
      return report;
    },
  };
}
