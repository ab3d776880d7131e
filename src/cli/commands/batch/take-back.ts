import type { Command } from 'commander';
import type { TakeBackReport, TakenBackRow } from '../../../contract/preauthorize.ts';
import { identityLabel } from '../../../model/identity.ts';
import { action, type ProgramParts } from '../../context.ts';
import { exitStatusOf } from '../../exit-status.ts';
import { table } from '../../output.ts';
import { showBatchProgress } from './progress.ts';

interface TakeBackOptions {
  readonly server: string;
  readonly dryRun?: boolean;
}

/** So many rows are shown to a person. */
const SHOWN = 50;

/** `station batch take-back`. */
export function addBatchTakeBackCommand(batch: Command, parts: ProgramParts): void {
  const command = batch
    .command('take-back')
    .description('remove from a server what a batch created there and nobody has used')
    .argument('<name>', 'the batch')
    .requiredOption('--server <name>', 'the server that it was sent to')
    .option('--dry-run', 'only look what would be removed');
  action<TakeBackOptions>(command, parts, (context, { server, dryRun = false }, [name = '']) =>
    context.withStation('write', async (station) => {
      const { io, output, common } = context;
      const rows: TakenBackRow[] = [];
      let report: TakeBackReport;
      {
        using _progress = showBatchProgress(station, io, output, common.quiet, name);
        const stop = station.subscribe((event) => {
          if (event.type !== 'batch-taken-back' || event.name !== name) return;
          // Lines have them already; a person is shown the exceptions.
          if (output.json === 'document') rows.push(...event.rows);
          else if (output.json === false)
            rows.push(
              ...event.rows.filter(({ outcome }) => outcome !== 'removed').slice(0, SHOWN - rows.length),
            );
        });
        try {
          report = await station.call('batch.take-back', { name, server, dryRun }, io.interrupted);
        } finally {
          stop();
        }
      }
      const { counts, reason, inFlight } = report;
      output.result({ ...report, ...(output.json === 'document' ? { rows } : {}) }, () => text(report, rows));
      if (io.interrupted.aborted) return 130;
      if (reason !== null) {
        output.error(`${output.style('red', `error ${reason.code}`)}: ${reason.message}`);
        output.error(`  ${reason.remedy}`);
        return exitStatusOf(reason.code as Parameters<typeof exitStatusOf>[0]);
      }
      return counts.used + counts.failed + inFlight > 0 ? 1 : 0;
    }),
  );
}

function text(
  { batch, server, dryRun, counts, inFlight }: TakeBackReport,
  rows: readonly TakenBackRow[],
): string {
  const said = [
    `${counts.removed} ${dryRun ? 'would be removed' : 'removed'}`,
    ...(counts.gone === 0 ? [] : [`${counts.gone} were gone already`]),
    ...(counts.used === 0 ? [] : [`${counts.used} are in use or changed, and stay`]),
    ...(counts.failed === 0 ? [] : [`${counts.failed} could not be told: run it again`]),
    ...(inFlight === 0
      ? []
      : [`${inFlight} have no lasting answer and were left alone: go on with the batch first (--resume)`]),
  ];
  const shown = rows.filter(({ outcome }) => outcome !== 'removed');
  return [
    `${batch} at ${server}: ${said.join('; ')}.`,
    ...(shown.length === 0
      ? []
      : [
          table(
            ['LINE', 'IDENTITY', 'OUTCOME', 'DEVICE', 'WHY'],
            shown.map(({ line, identity, outcome, deviceId, error }) => [
              String(line),
              identityLabel(identity),
              outcome,
              deviceId ?? '',
              error?.message ?? '',
            ]),
          ),
        ]),
  ].join('\n');
}
