import { Option, type Command } from 'commander';
import { RECONCILE_FIXES, type ReconcileFix, type ReconcileReport } from '../../contract/preauthorize.ts';
import { identityLabel } from '../../model/identity.ts';
import { action, type ProgramParts } from '../context.ts';
import { table } from '../output.ts';

interface ReconcileOptions {
  readonly server: string;
  readonly batch?: string;
  readonly fix?: ReconcileFix;
}

/** So many findings are shown to a person. */
const SHOWN = 200;

/** `station reconcile`. */
export function addReconcileCommand(program: Command, parts: ProgramParts): void {
  const command = program
    .command('reconcile')
    .description(
      'compare a server with a batch, or with all that the record has of it; changes nothing without --fix',
    )
    .requiredOption('--server <name>', 'the server')
    .option('--batch <name>', 'only the rows of this batch')
    .addOption(
      new Option(
        '--fix <kind>',
        'mend these, one by one: missing (rows are to be sent again), dead (remove, to be sent again), stray-pending (remove what waits beside the key in use), pending (accept the key of the list)',
      ).choices([...RECONCILE_FIXES]),
    );
  action<ReconcileOptions>(command, parts, ({ io, output, withStation }, { server, batch, fix }) =>
    withStation(fix === undefined ? 'read' : 'write', async (station) => {
      const params = {
        server,
        ...(batch === undefined ? {} : { batch }),
        ...(fix === undefined ? {} : { fix }),
      };
      const stop = station.subscribe((event) => {
        if (event.type !== 'reconcile-findings') return;
        for (const finding of event.findings) output.line({ type: 'finding', ...finding });
      });
      let report: ReconcileReport;
      try {
        report = await station.call('batch.reconcile', params, io.interrupted);
      } finally {
        stop();
      }
      output.result(report, reportText);
      const left = report.findings.filter(({ fixed }) => fixed !== true).length;
      return left > 0 ? 1 : 0;
    }),
  );
}

function reportText({ batch, server, devices, matching, counts, findings }: ReconcileReport): string {
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  const head = `${server}: ${devices} devices; ${matching} as ${batch === null ? 'the record' : batch} has them`;
  if (found.length === 0) return `${head}. Nothing differs.`;
  return [
    `${head}; ${found.map(([kind, count]) => `${kind} ${count}`).join(', ')}.`,
    table(
      ['FINDING', 'IDENTITY', 'LINE', 'DEVICE', 'FOUND', 'MENDED'],
      findings
        .slice(0, SHOWN)
        .map(({ kind, identity, line, deviceId, found: what, fixed, error }) => [
          kind,
          identityLabel(identity),
          line === null ? '' : String(line),
          deviceId ?? '',
          what,
          fixed === null ? '' : fixed ? 'yes' : `no: ${error?.message ?? ''}`,
        ]),
    ),
    ...(findings.length > SHOWN ? [`... and more: --json lists them.`] : []),
    ...RECONCILE_FIXES.filter(
      (fix) => counts[fix] > 0 && findings.some(({ kind, fixed }) => kind === fix && fixed === null),
    ).map(
      (fix) =>
        `Mend: station reconcile --server ${server}${batch === null ? '' : ` --batch "${batch}"`} --fix ${fix}`,
    ),
  ].join('\n');
}
