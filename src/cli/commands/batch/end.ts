import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { action, type ProgramParts } from '../../context.ts';
import { statusText } from './list.ts';

interface ExportOptions {
  readonly format: 'csv' | 'json';
  readonly out: string;
  readonly failed?: boolean;
  readonly force?: boolean;
}

interface CertificateOptions {
  readonly format: 'csv' | 'json' | 'pdf';
  readonly out: string;
  readonly force?: boolean;
}

/** `station batch export`, `certificate`, `close` and `remove`. */
export function addBatchEndCommands(batch: Command, parts: ProgramParts): void {
  const command = batch
    .command('export')
    .description('the rows in a file: csv for spreadsheets; json, signed, for another station')
    .argument('<name>', 'the batch')
    .addOption(new Option('--format <format>', 'csv or json').choices(['csv', 'json']).default('csv'))
    .requiredOption('--out <file>', 'the file to write')
    .option('--failed', 'the rows that have to be mended, with the reason; mended, they are imported again')
    .option('--force', 'overwrite an earlier export of that name');
  action<ExportOptions>(
    command,
    parts,
    ({ output, withStation }, { format, out, failed, force }, [name = '']) =>
      withStation('read', async (station) => {
        const written = await station.call('batch.export', {
          name,
          format,
          path: resolve(out),
          failed: failed === true,
          force: force === true,
        });
        output.result(written, ({ path, rows, key }) =>
          [`${path}: ${rows} row(s)`, ...(key === null ? [] : [`signed by the station key ${key}`])].join(
            '\n',
          ),
        );
        return 0;
      }),
  );
  const certificate = batch
    .command('certificate')
    .description('every board that is through, with the head of the record: for who gets the boards')
    .argument('<name>', 'the batch')
    .addOption(
      new Option('--format <format>', 'pdf, csv or json').choices(['pdf', 'csv', 'json']).default('pdf'),
    )
    .requiredOption('--out <file>', 'the file to write')
    .option('--force', 'overwrite an earlier certificate of that name');
  action<CertificateOptions>(
    certificate,
    parts,
    ({ output, withStation }, { format, out, force }, [name = '']) =>
      withStation('read', async (station) => {
        const path = resolve(out);
        const written = await station.call('batch.certificate', {
          name,
          format,
          path,
          force: force === true,
        });
        output.result(written, ({ rows }) => `${path}: ${rows} board(s)`);
        return 0;
      }),
  );
  const close = batch
    .command('close')
    .description('takes no more boards from here on')
    .argument('<name>', 'the batch');
  action(close, parts, ({ output, withStation }, _, [name = '']) =>
    withStation('write', async (station) => {
      output.result(await station.call('batch.close', { name }), statusText);
      return 0;
    }),
  );
  const remove = batch
    .command('remove')
    .description('takes a batch that nobody has used off the list; its rows stay in the record')
    .argument('<name>', 'the batch');
  action(remove, parts, ({ output, withStation }, _, [name = '']) =>
    withStation('write', async (station) => {
      await station.call('batch.remove', { name });
      output.result({ removed: name }, ({ removed }) => `${removed} is on no list any more.`);
      return 0;
    }),
  );
}
