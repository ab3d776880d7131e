import type { Command } from 'commander';
import type { BatchView } from '../../../contract/batches.ts';
import type { PreauthorizeReport } from '../../../contract/preauthorize.ts';
import { ROW_OUTCOMES } from '../../../model/batch.ts';
import type { Station } from '../../../station.ts';
import { action, type CommandContext, type ProgramParts } from '../../context.ts';
import { exitStatusOf, type ExitStatus } from '../../exit-status.ts';
import { showBatchProgress } from './progress.ts';

interface PreauthorizeOptions {
  readonly server: string;
  readonly resume?: boolean;
  readonly retry?: boolean;
  readonly forceRekey?: boolean;
  readonly ignoreLimit?: boolean;
}

/** `station batch preauthorize`. */
export function addBatchPreauthorizeCommand(batch: Command, parts: ProgramParts): void {
  const command = batch
    .command('preauthorize')
    .description('have a server take the keys of a batch before its boards have ever asked')
    .argument('<name>', 'the batch')
    .requiredOption('--server <name>', 'the server')
    .option('--resume', 'go on with a run that was cut off or paused')
    .option('--retry', 'try rows that failed again, too')
    .option(
      '--force-rekey',
      'where a unit is there with another key, have the server change over at its first contact (servers of today)',
    )
    .option('--ignore-limit', 'go on although the device limit has no room for all rows');
  action<PreauthorizeOptions>(command, parts, (context, options, [name = '']) =>
    context.withStation('write', (station) => preauthorize(context, station, name, options)),
  );
}

async function preauthorize(
  context: CommandContext,
  station: Station,
  name: string,
  { server, resume = false, retry = false, forceRekey = false, ignoreLimit = false }: PreauthorizeOptions,
): Promise<ExitStatus> {
  const { io, output, common } = context;
  let report: PreauthorizeReport;
  {
    using _progress = showBatchProgress(station, io, output, common.quiet, name);
    const params = { name, server, resume, retry, forceRekey, ignoreLimit };
    report = await station.call('batch.preauthorize', params, io.interrupted);
  }
  const { batch, counts, elapsedMs, state, reason, unsettled } = report;
  const result = {
    batch,
    // A line each has been told already.
    ...(output.json === 'document' ? { rows: await allRows(station, name) } : {}),
    counts,
    elapsedMs,
    state,
    reason,
    unsettled,
  };
  output.result(result, () => summary(report));
  if (io.interrupted.aborted) return 130;
  if (reason !== null) {
    output.error(`${output.style('red', `error ${reason.code}`)}: ${reason.message}`);
    output.error(`  ${reason.remedy}`);
    output.error(`  Then go on: station batch preauthorize "${name}" --server ${server} --resume`);
    return exitStatusOf(reason.code as Parameters<typeof exitStatusOf>[0]);
  }
  return counts.pending + counts.conflict + counts.limit + counts.refused > 0 ? 1 : 0;
}

async function allRows(station: Station, name: string): Promise<readonly object[]> {
  const rows: object[] = [];
  for (let after = 0; ;) {
    const page = await station.call('batch.rows', { name, after, limit: 10_000 });
    const last = page.at(-1);
    if (last === undefined) return rows;
    after = last.line;
    for (const { line, identity, outcome, deviceId, error } of page)
      rows.push({ line, identity, outcome, deviceId, error });
  }
}

function summary({ batch, server, state, counts, done, elapsedMs, unsettled }: PreauthorizeReport): string {
  const rate = elapsedMs === 0 ? 0 : Math.round((done * 1000) / elapsedMs);
  const failed = counts.conflict + counts.limit + counts.refused;
  return [
    `${batch} at ${server}: ${STATES[state]}. ${done} rows in ${(elapsedMs / 1000).toFixed(1)} s (${rate} a second).`,
    `  ${countsText(counts)}`,
    ...(failed === 0
      ? []
      : [
          `  ${failed} failed: station batch rows "${batch}" --outcome failed; as a file that can be mended: station batch export "${batch}" --failed --out FILE`,
        ]),
    ...unsettled.slice(0, 10).map(({ line, error }) => `  line ${line}: ${error.message}`),
    ...(counts.pending === 0 || state === 'ended'
      ? []
      : [`  ${counts.pending} left: station batch preauthorize "${batch}" --server ${server} --resume`]),
  ].join('\n');
}

const STATES = { ended: 'done', paused: 'paused', cancelled: 'cancelled' } as const;

/** `created 10, conflict 2`. */
export function countsText(counts: BatchView['counts']): string {
  return ROW_OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${outcome} ${counts[outcome]}`)
    .join(', ');
}
