import type { Command } from 'commander';
import type { StationApi } from '../../contract.ts';
import type { InventoryView } from '../../contract/inventory.ts';
import { systemClock } from '../../model/clock.ts';
import { INVENTORY_STATES, type InventoryState } from '../../model/inventory.ts';
import { StationError } from '../../model/station-error.ts';
import { action, type CommandContext, type ProgramParts } from '../context.ts';
import { inventoryCounts, inventoryText } from '../inventory.ts';
import { wholeNumber } from '../numbers.ts';
import { table } from '../output.ts';

interface ListOptions {
  readonly batch?: string;
  readonly state?: string;
  readonly limit: string;
}

interface RetryOptions {
  readonly batch?: string;
  readonly wait: string;
}

/** `station inventory`: name tags, tags and groups that devices get after their boards are through. */
export function addInventoryCommands(program: Command, parts: ProgramParts): void {
  const inventory = program
    .command('inventory')
    .description('name tags, tags and groups of devices, set after their boards are through');
  const list = inventory
    .command('list')
    .description('what was asked for and how far it is, the oldest first')
    .option('--batch <name>', 'of one batch alone')
    .option('--state <state>', `those that are ${INVENTORY_STATES.join(', ')}`)
    .option('--limit <n>', 'how many at most', '200');
  action<ListOptions>(list, parts, ({ output, withStation }, { batch, state, limit }) =>
    withStation('read', async (station) => {
      const found = await station.call('inventory.list', {
        ...(batch === undefined ? {} : { batch }),
        ...(state === undefined ? {} : { state: stateOf(state) }),
        limit: wholeNumber(limit, '--limit', 1, 10_000),
      });
      output.result(found, listing);
      return 0;
    }),
  );
  const retry = inventory
    .command('retry')
    .description('try what is open now, and what was given up anew')
    .argument('[job]', 'the device of one job alone')
    .option('--batch <name>', 'of one batch alone')
    .option('--wait <seconds>', 'how long to stay for it', '30');
  action<RetryOptions>(retry, parts, (context, { batch, wait }, [job]) =>
    context.withStation('write', async (station) => {
      const seconds = wholeNumber(wait, '--wait', 0, 86_400);
      const { again, counts } = await retried(context, station, { batch, job }, seconds);
      context.output.result(
        { again, counts },
        (all) => inventoryCounts(all.counts) || 'Nothing was asked for.',
      );
      if (counts.open > 0)
        context.output.note('What is open is tried again by the next command or window that may write here.');
      if (counts.failed > 0) context.output.note('Why: station inventory list --state failed');
      if (context.io.interrupted.aborted) return 130;
      return counts.open + counts.failed === 0 ? 0 : 1;
    }),
  );
  const apply = inventory
    .command('apply')
    .description('tags and groups for preauthorized devices of a batch that have come since')
    .requiredOption('--batch <name>', 'the batch')
    .requiredOption('--server <name>', 'where it was preauthorized')
    .option('--wait <seconds>', 'how long to stay for it', '30');
  action<RetryOptions & { readonly batch: string; readonly server: string }>(
    apply,
    parts,
    (context, { batch, server, wait }) =>
      context.withStation('write', async (station) => {
        const seconds = wholeNumber(wait, '--wait', 0, 86_400);
        const applied = await station.call('inventory.apply', { batch, server }, context.io.interrupted);
        const counts = await settled(context, station, { batch }, seconds);
        context.output.result({ ...applied, counts }, ({ wanted, before, notYet }) =>
          [`${wanted} asked for now, ${before} before; ${notYet} have not come yet`, inventoryCounts(counts)]
            .filter((text) => text !== '')
            .join('\n'),
        );
        if (context.io.interrupted.aborted) return 130;
        return counts.open + counts.failed === 0 ? 0 : 1;
      }),
  );
}

interface Which {
  readonly batch?: string | undefined;
  readonly job?: string | undefined;
}

async function retried(
  context: CommandContext,
  station: StationApi,
  { batch, job }: Which,
  seconds: number,
): Promise<{ readonly again: number; readonly counts: Readonly<Record<InventoryState, number>> }> {
  const which = { ...(batch === undefined ? {} : { batch }), ...(job === undefined ? {} : { job }) };
  const { again } = await station.call('inventory.retry', which);
  return { again, counts: await settled(context, station, which, seconds) };
}

/** The counts once nothing is open any more, or the time is over. */
async function settled(
  { io }: CommandContext,
  station: StationApi,
  which: Which,
  seconds: number,
): Promise<Readonly<Record<InventoryState, number>>> {
  const clock = io.clock ?? systemClock;
  const end = clock.monotonic() + seconds * 1000;
  for (;;) {
    const counts = await station.call('inventory.counts', which);
    const left = end - clock.monotonic();
    if (counts.open === 0 || left <= 0 || io.interrupted.aborted) return counts;
    await clock.sleep(Math.min(LOOK_MS, left), io.interrupted).catch(() => undefined);
  }
}

const LOOK_MS = 200;

function stateOf(text: string): InventoryState {
  const found = INVENTORY_STATES.find((state) => state === text);
  if (found !== undefined) return found;
  throw new StationError('station/usage', {
    detail: `--state takes one of ${INVENTORY_STATES.join(', ')}, not "${text}".`,
  });
}

function listing(wishes: readonly InventoryView[]): string {
  if (wishes.length === 0) return 'No name tag, tag or group was asked for.';
  return table(
    ['TIME', 'STATE', 'IDENTITY', 'DEVICE', 'SERVER', 'GROUP', 'TAGS', 'BATCH'],
    wishes.map(({ at, state, error, identity, deviceId, server, group, tags, batch }) => [
      at,
      inventoryText({ state, error }),
      identity,
      deviceId,
      server,
      group ?? '',
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
      batch ?? '',
    ]),
  );
}
