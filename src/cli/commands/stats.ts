import type { Command } from 'commander';
import type { Percentiles, Statistics } from '../../journal/index.ts';
import { ROW_OUTCOMES } from '../../model/batch.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';

/** `station stats`. */
export function addStatsCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('stats')
    .description('units, yield, first-pass yield, takt, where jobs fail, and the batches')
    .option('--since <time>', 'ISO 8601, e.g. 2026-11-21T08:00:00Z; counted from the full hour on');
  action<{ readonly since?: string }>(command, parts, ({ output, withStation }, { since }) =>
    withStation('read', async (station) => {
      const found = await station.call('journal.stats', since === undefined ? {} : { since });
      output.result(found, told);
      return 0;
    }),
  );
}

function told({ since, jobs, units, firstPass, jobMs, taktMs, failures, batches }: Statistics): string {
  const rows = [
    ['since', since ?? 'the beginning'],
    ['jobs', `${jobs.pass} pass, ${jobs.already} already, ${jobs.fail} fail, ${jobs.stopped} stopped`],
    ['units', `${units.total}, of which ${units.good} good: ${percent(units)}`],
    ['first pass', `${firstPass.good} of ${firstPass.total} new units: ${percent(firstPass)}`],
    ['job', duration(jobMs)],
    ['takt', duration(taktMs)],
  ];
  const lines = rows.map(([name = '', text = '']) => `${name.padEnd(11)} ${text}`);
  const where = table(
    ['STEP', 'ERROR', 'JOBS'],
    failures.map(({ step, code, jobs: count }) => [step, code, String(count)]),
  );
  return [
    lines.join('\n'),
    ...(failures.length === 0 ? [] : [where]),
    ...(batches.length === 0 ? [] : [batchTable(batches)]),
  ].join('\n\n');
}

function batchTable(batches: Statistics['batches']): string {
  return table(
    ['BATCH', 'ROWS', 'BOARDS', 'PASS', 'ALREADY', 'FAIL', 'STOPPED', 'AT SERVERS'],
    batches.map(({ name, rows, units, jobs, outcomes }) => [
      name,
      String(rows),
      `${units} of ${rows}`,
      ...[jobs.pass, jobs.already, jobs.fail, jobs.stopped].map(String),
      // What no server was asked for is in neither column.
      ROW_OUTCOMES.filter((outcome) => outcome !== 'pending' && outcomes[outcome] > 0)
        .map((outcome) => `${outcomes[outcome]} ${outcome}`)
        .join(', '),
    ]),
  );
}

function percent({ yield: share }: Statistics['units']): string {
  return share === null ? 'none yet' : `${(share * 100).toFixed(1)} %`;
}

function duration(found: Percentiles | null): string {
  if (found === null) return 'none yet';
  return `p50 ${(found.p50 / 1000).toFixed(1)} s, p95 ${(found.p95 / 1000).toFixed(1)} s (${found.n})`;
}
