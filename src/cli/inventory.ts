import type { ProvisionReport, StationApi } from '../contract.ts';
import { systemClock } from '../model/clock.ts';
import type { InventoryStanding, InventoryState } from '../model/inventory.ts';
import type { CommandIo } from './io.ts';

/** How long a command stays for name tags, tags and groups once its boards are done, in milliseconds. */
const STAYS_MS = 3_000;

/** What people read of the states. */
const WORDS: Readonly<Record<InventoryState, string>> = { open: 'pending', done: 'set', failed: 'failed' };

/** How far it is, in words. */
export function inventoryText({ state, error }: Pick<InventoryStanding, 'state' | 'error'>): string {
  return error === null ? WORDS[state] : `${WORDS[state]} (${error.message})`;
}

/** Counts of states in words; empty where there is nothing to tell. */
export function inventoryCounts({ open, done, failed }: Readonly<Record<InventoryState, number>>): string {
  if (open + done + failed === 0) return '';
  return [
    `${done} set`,
    ...(open > 0 ? [`${open} open`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}

/**
 * The report with how it stands with name tags, tags and groups shortly after: an inventory usually learns of a device
 * within seconds. What is open after that is tried by whichever program of the station runs next.
 */
export async function withInventory(
  station: StationApi,
  report: ProvisionReport,
  { interrupted, clock = systemClock }: Pick<CommandIo, 'interrupted' | 'clock'>,
): Promise<ProvisionReport> {
  const found = new Map<string, InventoryStanding | null>();
  const isOpen = ({ job, inventory }: ProvisionReport['jobs'][number]): boolean =>
    (found.get(job) ?? inventory)?.state === 'open';
  if (!report.jobs.some(isOpen) || interrupted.aborted) return report;
  const over = new AbortController();
  const unsubscribe = station.subscribe((event) => {
    if (event.type !== 'record') return;
    found.set(event.record.job, event.record.inventory);
    if (!report.jobs.some(isOpen)) over.abort();
  });
  try {
    // What ended between the report and this moment was told to nobody here.
    for (const record of await station.call('journal.list', { limit: Math.max(100, report.jobs.length) }))
      found.set(record.job, record.inventory);
    if (report.jobs.some(isOpen))
      await clock.sleep(STAYS_MS, AbortSignal.any([over.signal, interrupted])).catch(() => undefined);
  } finally {
    unsubscribe();
  }
  return {
    ...report,
    jobs: report.jobs.map((job) => {
      const inventory = found.get(job.job) ?? job.inventory;
      return inventory === undefined ? job : { ...job, inventory };
    }),
  };
}
