import type * as z from 'zod';
import type { BATCH_CALLS, BatchCallResults, BatchRunView } from '../../contract/batches.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import type { RecordAccess } from '../record-access.ts';
import { batchRowView, batchView } from './views.ts';

export interface BatchParts {
  readonly record: RecordAccess;
  /** The run at a server that goes on in this process, by the batch's id. */
  readonly run: (batch: BatchRecord) => BatchRunView | null;
}

export type BatchHandlers = {
  readonly [N in keyof typeof BATCH_CALLS]: (
    params: z.output<(typeof BATCH_CALLS)[N]>,
    signal: AbortSignal | undefined,
  ) => BatchCallResults[N] | Promise<BatchCallResults[N]>;
};

/** The calls about batches; the parts are asked for at each call. */
export function batchHandlers(parts: () => BatchParts): BatchHandlers {
  const view = (batch: BatchRecord): BatchCallResults['batch.show'] => batchView(batch, parts().run(batch));
  return {
    'batch.list': () => parts().record.reader.batches.list().map(view),
    'batch.show': ({ name }) => view(batchNamed(parts().record, name)),
    'batch.rows': ({ name, ...query }) => {
      const { record } = parts();
      return record.reader.batches.rows(batchNamed(record, name).id, query).map(batchRowView);
    },
  };
}

/** @throws StationError `batch/unknown`. */
export function batchNamed(record: RecordAccess, name: string): BatchRecord {
  const batch = record.reader.batches.byName(name);
  if (batch === null) throw new StationError('batch/unknown', { name });
  return batch;
}
