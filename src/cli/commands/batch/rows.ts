import { Option, type Command } from 'commander';
import type { BatchRowView } from '../../../contract/batches.ts';
import type { CallParams } from '../../../contract.ts';
import { ROW_OUTCOMES } from '../../../model/batch.ts';
import { action, type ProgramParts } from '../../context.ts';
import { wholeNumber } from '../../numbers.ts';
import { table } from '../../output.ts';

interface RowsOptions {
  readonly outcome?: CallParams<'batch.rows'>['outcome'];
  readonly after: string;
  readonly limit: string;
}

/** `station batch rows`. */
export function addBatchRowsCommand(batch: Command, parts: ProgramParts): void {
  const command = batch
    .command('rows')
    .description('the rows of a batch with what became of them')
    .argument('<name>', 'the batch')
    .addOption(
      new Option('--outcome <outcome>', 'only these; failed: conflict, limit and refused').choices([
        ...ROW_OUTCOMES,
        'failed',
        'sent',
      ]),
    )
    .option('--after <line>', 'rows after this line of the file', '0')
    .option('--limit <n>', 'how many at most', '10000');
  action<RowsOptions>(command, parts, ({ output, withStation }, { outcome, after, limit }, [name = '']) =>
    withStation('read', async (station) => {
      const rows = await station.call('batch.rows', {
        name,
        after: wholeNumber(after, '--after', 0, Number.MAX_SAFE_INTEGER),
        limit: wholeNumber(limit, '--limit', 1, 10_000),
        ...(outcome === undefined ? {} : { outcome }),
      });
      output.result({ batch: name, rows }, (all) => rowsText(all.rows));
      return 0;
    }),
  );
}

function rowsText(rows: readonly BatchRowView[]): string {
  if (rows.length === 0) return 'No such rows.';
  return table(
    ['LINE', 'IDENTITY', 'KEY', 'OUTCOME', 'DEVICE', 'BOARD', 'ERROR'],
    rows.map((row) => [
      String(row.line),
      row.label,
      row.fingerprint?.slice(0, 23) ?? '',
      row.inFlight ? 'sent, no answer' : row.outcome,
      row.deviceId ?? '',
      row.unit === null ? '' : `${row.unit.verdict} ${row.unit.at.slice(0, 16).replace('T', ' ')}`,
      row.error?.code ?? '',
    ]),
  );
}
