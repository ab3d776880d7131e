import type * as z from 'zod';
import type {
  INVENTORY_CALLS,
  InventoryCallResults,
  InventoryRetry,
  InventoryView,
} from '../../contract/inventory.ts';
import type { InventoryQuery, InventoryRecord } from '../../journal/index.ts';
import type { BatchId } from '../../model/batch.ts';
import { identityLabel } from '../../model/identity.ts';
import type { InventoryEvent } from '../../model/inventory-event.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { DeviceServer } from '../../servers/index.ts';
import { batchNamed } from '../batches/named.ts';
import type { RecordAccess } from '../record-access.ts';
import { applyToBatch } from './applying.ts';
import type { InventoryQueue } from './queue.ts';

export interface InventoryParts {
  readonly record: RecordAccess;
  readonly queue: InventoryQueue;
  readonly operator: () => string | null;
  readonly profile: (server: string) => ServerProfile;
  /** A server with its login. */
  readonly server: (name: string, signal: AbortSignal) => Promise<DeviceServer>;
  readonly batchChanged: (batch: BatchId) => void;
}

export type InventoryHandlers = {
  readonly [N in keyof typeof INVENTORY_CALLS]: (
    params: z.output<(typeof INVENTORY_CALLS)[N]>,
    signal: AbortSignal | undefined,
  ) => InventoryCallResults[N] | Promise<InventoryCallResults[N]>;
};

const PAGE = 200;

/** The calls about name tags, tags and groups; the parts are asked for at each call. */
export function inventoryHandlers(parts: () => InventoryParts): InventoryHandlers {
  return {
    'inventory.list': ({ batch, ...query }) => {
      const { record } = parts();
      return record.reader.inventory
        .list({ ...query, ...inBatch(record, batch) })
        .map((wish) => view(record, wish));
    },
    'inventory.counts': ({ batch, job }) => {
      const { record } = parts();
      return record.reader.inventory.counts({ ...inBatch(record, batch), job });
    },
    'inventory.retry': ({ batch, job }) => retry({ ...inBatch(parts().record, batch), job }, parts()),
    'inventory.apply': ({ batch, server }, signal = new AbortController().signal) =>
      applyToBatch(batchNamed(parts().record, batch), server, parts(), signal),
  };
}

/** What was given up is wished for anew; what is open is tried now. */
function retry(
  what: Pick<InventoryQuery, 'batch' | 'job'>,
  { record, queue, operator, batchChanged }: InventoryParts,
): InventoryRetry {
  const journal = record.writer();
  let again = 0;
  for (;;) {
    // Each page leaves the list by being asked for again.
    const failed = journal.inventory.list({ ...what, state: 'failed', limit: PAGE });
    if (failed.length === 0) break;
    journal.appendTogether(failed.map((wish) => anew(wish, operator())));
    again += failed.length;
  }
  queue.hurry();
  if (what.batch !== undefined && again > 0) batchChanged(what.batch);
  return { again, counts: journal.inventory.counts(what) };
}

function anew(
  { server, serverUrl, deviceId, identity, job, batch, tags, group }: InventoryRecord,
  operator: string | null,
): InventoryEvent {
  const device = { server, serverUrl, deviceId, identity, job, batch };
  return { kind: 'inventory-wanted', ...device, operator, tags, group };
}

function inBatch(record: RecordAccess, name: string | undefined): Pick<InventoryQuery, 'batch'> {
  return name === undefined ? {} : { batch: batchNamed(record, name).id };
}

function view({ reader }: RecordAccess, wish: InventoryRecord): InventoryView {
  const { serverUrl: _, identity, batch, ...rest } = wish;
  return {
    ...rest,
    identity: identityLabel(identity),
    batch: batch === null ? null : (reader.batches.byId(batch)?.name ?? null),
  };
}
