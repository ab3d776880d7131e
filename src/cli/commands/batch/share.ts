import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { BatchMergeReport, BatchShareReport } from '../../../contract/batch-shares.ts';
import { collect } from '../../collect.ts';
import { action, type ProgramParts } from '../../context.ts';
import { wholeNumber } from '../../numbers.ts';
import { table } from '../../output.ts';
import { statusText } from './list.ts';

interface ShareOptions {
  readonly benches: string;
  readonly keep?: boolean;
  readonly out: string;
}

interface MergeOptions {
  readonly trust?: readonly string[];
  readonly dryRun?: boolean;
}

const MOST_BENCHES = 99;

const SHARE_HELP = `
Each bench imports its file, provisions its rows, and exports what came of them; this station merges that:
  station batch share "Order 4711" --benches 3 --keep --out /media/stick     two files; this bench keeps a third
  station batch import "Order 4711 part 2 of 3.json"                         at the second bench
  station batch export "Order 4711" --format json --out two.json             there, when its boards are through
  station batch merge "Order 4711" two.json three.json                       here
Rows that were given away are refused here until they are merged, or taken back.`;

/** `station batch share`, `merge` and `return-share`: one batch over several benches. */
export function addBatchShareCommands(batch: Command, parts: ProgramParts): void {
  const share = batch
    .command('share')
    .description('rows that are not through yet as signed files, one for each of several benches')
    .argument('<name>', 'the batch')
    .requiredOption('--benches <n>', 'in how many parts')
    .option('--keep', 'this station is one of the benches: it keeps the first part')
    .requiredOption('--out <folder>', 'where the files go')
    .addHelpText('after', SHARE_HELP);
  action<ShareOptions>(share, parts, ({ output, withStation }, { benches, keep, out }, [name = '']) =>
    withStation('write', async (station) => {
      const report = await station.call('batch.share', {
        name,
        benches: wholeNumber(benches, '--benches', 1, MOST_BENCHES),
        keep: keep === true,
        folder: resolve(out),
      });
      output.result(report, shareText);
      return 0;
    }),
  );
  const back = batch
    .command('return-share')
    .description('what is left of a part is this station’s again: nobody else provisions it any more')
    .argument('<name>', 'the batch')
    .requiredOption('--part <n>', 'which one');
  action<{ readonly part: string }>(back, parts, ({ output, withStation }, { part }, [name = '']) =>
    withStation('write', async (station) => {
      const number = wholeNumber(part, '--part', 1, Number.MAX_SAFE_INTEGER);
      output.result(await station.call('batch.return-share', { name, part: number }), statusText);
      return 0;
    }),
  );
  const merge = batch
    .command('merge')
    .description('count what other benches did, from their signed exports; all of it or nothing')
    .argument('<name>', 'the batch')
    .argument('<files...>', 'exports of its parts (batch export --format json)')
    .option('--trust <key>', 'a bench’s key, once it was compared with station doctor there; repeat', collect)
    .option('--dry-run', 'say what would be counted');
  action<MergeOptions>(
    merge,
    parts,
    ({ io, output, withStation }, { trust, dryRun }, [name = '', ...files]) =>
      withStation(dryRun === true ? 'read' : 'write', async (station) => {
        const report = await station.call(
          'batch.merge',
          {
            name,
            files: files.map((file) => resolve(file)),
            trust: [...(trust ?? [])],
            dryRun: dryRun === true,
          },
          io.interrupted,
        );
        output.result(report, mergeText);
        return 0;
      }),
  );
}

function shareText({ batch, files, key }: BatchShareReport): string {
  return [
    ...files.map(({ path, part, parts, rows }) => `${path}: part ${part} of ${parts}, ${rows} row(s)`),
    `signed by the station key ${key}`,
    '',
    'These rows are refused here until they are merged (station batch merge) or taken back (station batch return-share).',
    `At the other bench: station batch import FILE. Its answer: station batch merge "${batch.name}" FILE`,
  ].join('\n');
}

function mergeText({ batch, files, dryRun }: BatchMergeReport): string {
  return [
    table(
      ['PART', 'STATION', 'BOARDS', 'NEW', 'KEY'],
      files.map(({ part, station, units, added, key, returned }) => [
        `${part}${returned ? ' (closed: the rest is back)' : ''}`,
        station,
        String(units),
        String(added),
        key,
      ]),
    ),
    '',
    ...files
      .filter(({ known }) => !known)
      .map(({ station, key }) => `The key of ${station} is not known here: compare it, then --trust ${key}`),
    ...(dryRun ? ['Nothing was changed: this was a dry run.'] : [statusText(batch)]),
  ].join('\n');
}
