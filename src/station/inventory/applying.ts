import type { InventoryApplied } from '../../contract/inventory.ts';
import type { BatchRecord, BatchRowState } from '../../model/batch.ts';
import { NO_WISH } from '../../model/inventory.ts';
import type { InventoryEvent } from '../../model/inventory-event.ts';
import { StationError } from '../../model/station-error.ts';
import type { InventoryParts } from './handlers.ts';
import { descriptionOf } from './wanting.ts';

/** Rows that the server has a device for. */
const THERE = ['created', 'already'] as const;
const PAGE = 100;

/**
 * Asks for tags and groups of the devices that a batch's rows were preauthorized as and that have come since. Before that an
 * inventory has no such device, so nothing can be asked for earlier.
 *
 * @throws StationError `batch/no-keys`, `batch/not-sent`, `batch/other-server`, and those of a call.
 */
export async function applyToBatch(
  batch: BatchRecord,
  serverName: string,
  { record, queue, profile, server: connect, batchChanged, operator }: InventoryParts,
  signal: AbortSignal,
): Promise<InventoryApplied> {
  const journal = record.writer();
  const { url } = profile(serverName);
  if (batch.kind !== 'keys') throw new StationError('batch/no-keys', { batch: batch.name });
  if (batch.run === null || batch.run.state === 'taken-back')
    throw new StationError('batch/not-sent', { batch: batch.name, server: serverName });
  if (batch.run.serverUrl !== url)
    throw new StationError('batch/other-server', { batch: batch.name, server: batch.run.server });
  const server = await connect(serverName, signal);
  const applied = { wanted: 0, before: 0, notYet: 0 };
  const wantedBy = async (row: BatchRowState): Promise<InventoryEvent | null> => {
    const described = descriptionOf(NO_WISH, row, row.identity);
    if (described === null || row.deviceId === null) return null;
    if (journal.inventory.has(url, row.deviceId)) {
      applied.before += 1;
      return null;
    }
    const device = await server.device(row.deviceId, signal);
    if (device?.status !== 'accepted') {
      applied.notYet += 1;
      return null;
    }
    return {
      kind: 'inventory-wanted',
      server: serverName,
      serverUrl: url,
      deviceId: row.deviceId,
      identity: row.identity,
      job: null,
      batch: batch.id,
      operator: operator(),
      ...described,
    };
  };
  for (const outcome of THERE)
    for (let after = 0; ;) {
      const rows = journal.batches.rows(batch.id, { outcome, after, limit: PAGE });
      const wanted: InventoryEvent[] = [];
      for (const row of rows) {
        after = row.line;
        const event = await wantedBy(row);
        if (event !== null) wanted.push(event);
      }
      if (wanted.length > 0) {
        journal.appendTogether(wanted);
        applied.wanted += wanted.length;
        queue.wake();
        batchChanged(batch.id);
      }
      if (rows.length < PAGE) break;
    }
  return applied;
}
