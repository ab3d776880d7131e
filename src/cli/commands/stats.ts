import type { Command } from 'commander';
import type { Percentiles, Statistics } from '../../journal/index.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';

/** `station stats`. */
export function addStatsCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('stats')
    .description('units, yield, first-pass yield, takt and where jobs fail')
    .option('--since <time>', 'ISO 8601, e.g. 2026-11-21T08:00:00Z; counted from the full hour on');
  action<{ readonly since?: string }>(command, parts, ({ output, withStation }, { since }) =>
    withStation('read', async (station) => {
      const found = await station.call('journal.stats', since === undefined ? {} : { since });
      output.result(found, told);
      return 0;
    }),
  );
}

function told({ since, jobs, units, firstPass, jobMs, taktMs, failures }: Statistics): string {
  const rows = [
    ['since', since ?? 'the beginning'],
    ['jobs', `${jobs.pass} pass, ${jobs.already} already, ${jobs.fail} fail, ${jobs.stopped} stopped`],
    ['units', `${units.total}, of which ${units.good} good: ${percent(units)}`],
    ['first pass', `${firstPass.good} of ${firstPass.total} new units: ${percent(firstPass)}`],
    ['job', duration(jobMs)],
    ['takt', duration(taktMs)],
  ];
  const lines = rows.map(([name = '', text = '']) => `${name.padEnd(11)} ${text}`);
  if (failures.length === 0) return lines.join('\n');
  const where = table(
    ['STEP', 'ERROR', 'JOBS'],
    failures.map(({ step, code, jobs: count }) => [step, code, String(count)]),
  );
  return [...lines, '', where].join('\n');
}

function percent({ yield: share }: Statistics['units']): string {
  return share === null ? 'none yet' : `${(share * 100).toFixed(1)} %`;
}

function duration(found: Percentiles | null): string {
  if (found === null) return 'none yet';
  return `p50 ${(found.p50 / 1000).toFixed(1)} s, p95 ${(found.p95 / 1000).toFixed(1)} s (${found.n})`;
}
