import type { Command } from 'commander';
import type { BatchView } from '../../../contract/batches.ts';
import { ROW_OUTCOMES } from '../../../model/batch.ts';
import { action, type ProgramParts } from '../../context.ts';
import { inventoryCounts } from '../../inventory.ts';
import { table } from '../../output.ts';

/** `station batch list` and `station batch status`. */
export function addBatchListCommands(batch: Command, parts: ProgramParts): void {
  action(batch.command('list').description('the batches of this station'), parts, ({ output, withStation }) =>
    withStation('read', async (station) => {
      const batches = await station.call('batch.list', {});
      output.result({ batches }, (all) => listText(all.batches));
      return 0;
    }),
  );
  const status = batch
    .command('status')
    .description('counts by outcome, boards provisioned, and what goes on')
    .argument('<name>', 'the batch');
  action(status, parts, ({ output, withStation }, _, [name = '']) =>
    withStation('read', async (station) => {
      output.result(await station.call('batch.show', { name }), statusText);
      return 0;
    }),
  );
}

function listText(batches: readonly BatchView[]): string {
  if (batches.length === 0)
    return 'There is no batch yet. Import one: station batch import FILE --name NAME --dry-run';
  return table(
    ['NAME', 'KIND', 'ROWS', 'BOARDS', 'INVENTORY', 'STATE', 'SERVER', 'IMPORTED'],
    batches.map((batch) => [
      batch.name,
      batch.kind,
      String(batch.rows),
      `${batch.units} of ${batch.rows}`,
      inventoryCounts(batch.inventory),
      stateText(batch),
      batch.server ?? '',
      batch.at.slice(0, 16).replace('T', ' '),
    ]),
  );
}

/** A batch in a few lines. Its texts are made printable by who prints them. */
export function statusText(batch: BatchView): string {
  const inventory = inventoryCounts(batch.inventory);
  const outcomes = ROW_OUTCOMES.filter((outcome) => batch.counts[outcome] > 0);
  return [
    `${batch.name}  ${batch.kind === 'keys' ? 'rows with keys' : 'expected boards'}, ${stateText(batch)}`,
    `  imported  ${batch.at} from ${batch.file}${batch.operator === null ? '' : ` by ${batch.operator}`}`,
    ...(batch.leftOut === 0 ? [] : [`  left out  ${batch.leftOut} bad row(s)`]),
    ...(batch.share === null
      ? []
      : [
          `  share     ${batch.share.part} of ${batch.share.parts}, from ${batch.share.station} (${batch.share.rows} rows in all)`,
        ]),
    ...batch.shares.map(
      ({ part, parts, rows, units, returnedAt }) =>
        `  part      ${part} of ${parts}: ${units} of ${rows} boards${returnedAt === null ? ', at another bench' : ', taken back'}`,
    ),
    ...(batch.kind === 'keys' ? outcomes.map((name) => `  ${name.padEnd(9)} ${batch.counts[name]}`) : []),
    `  boards    ${batch.units} of ${batch.rows}`,
    ...(batch.admitted === 0 ? [] : [`  admitted  ${batch.admitted} by an admin`]),
    ...(inventory === '' ? [] : [`  inventory ${inventory}`]),
    ...(batch.server === null ? [] : [`  server    ${batch.server}`]),
  ].join('\n');
}

function stateText({ open, closed, run }: BatchView): string {
  if (run !== null) return run.state;
  if (closed !== null) return closed.why === 'full' ? 'closed, full' : 'closed';
  return open ? 'open' : 'full';
}
