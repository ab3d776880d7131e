import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { ExportReport } from '../../contract.ts';
import { action, type ProgramParts } from '../context.ts';

interface ExportOptions {
  readonly format: 'csv' | 'json';
  readonly out: string;
  readonly since?: string;
  readonly force?: boolean;
}

/** `station journal export`. */
export function addJournalExportCommand(journal: Command, parts: ProgramParts): void {
  const command = journal
    .command('export')
    .description(
      'the record in a file: json is evidence that verify takes by itself, csv the ended jobs for a spreadsheet',
    )
    .addOption(new Option('--format <format>', 'csv or json').choices(['csv', 'json']).makeOptionMandatory())
    .requiredOption('--out <file>', 'the file to write')
    .option('--since <time>', 'ISO 8601, e.g. 2026-11-21T08:00:00Z')
    .option('--force', 'overwrite an earlier export of that name');
  action<ExportOptions>(command, parts, ({ output, withStation }, { format, out, since, force }) =>
    withStation('read', async (station) => {
      const report = await station.call('journal.export', {
        format,
        path: resolve(out),
        force: force === true,
        ...(since === undefined ? {} : { since }),
      });
      output.result(report, told);
      return 0;
    }),
  );
}

function told({ path, rows, head, key }: ExportReport): string {
  return [
    `${path}: ${rows} row(s)`,
    ...(head === null ? [] : [`head of the record: ${head.seq}:${head.hash}`]),
    ...(key === null ? [] : [`signed by the station key ${key}`]),
  ].join('\n');
}
