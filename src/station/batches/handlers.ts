import type * as z from 'zod';
import type { BATCH_CALLS, BatchCallResults, BatchRunView } from '../../contract/batches.ts';
import type { StationEvent } from '../../contract.ts';
import type { BatchRecord } from '../../model/batch.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { Clock } from '../../model/clock.ts';
import type { DeviceServer } from '../../servers/device-server.ts';
import type { RecordAccess } from '../record-access.ts';
import { endingHandlers } from './ending-handlers.ts';
import { importHandlers } from './import-handlers.ts';
import { batchNamed } from './named.ts';
import type { Signing } from './signed-export.ts';
import { batchRowView, batchView } from './views.ts';

export interface BatchParts {
  readonly record: RecordAccess;
  readonly clock: Clock;
  readonly operator: () => string | null;
  readonly tell: (event: StationEvent) => void;
  /** A server with its login. */
  readonly server: (name: string, signal: AbortSignal) => Promise<DeviceServer>;
  /** Who signs what leaves this station for another one. */
  readonly signing: () => Signing;
  /** Whether a station's key is known here: by its approver, or by a file of it that was taken before. */
  readonly knowsStation: (key: KeyFingerprint) => boolean;
  /** The run at a server that goes on in this process, by the batch's id. */
  readonly run: (batch: BatchRecord) => BatchRunView | null;
  /** Whether something goes on with the batch at a server in this process, a login for that included. */
  readonly isAtWork: (batch: BatchRecord) => boolean;
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
    ...importHandlers(parts, view),
    ...endingHandlers(parts, view),
    'batch.list': () => parts().record.reader.batches.list().map(view),
    'batch.show': ({ name }) => view(batchNamed(parts().record, name)),
    'batch.rows': ({ name, ...query }) => {
      const { record } = parts();
      return record.reader.batches.rows(batchNamed(record, name).id, query).map(batchRowView);
    },
  };
}
