import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { BatchProblem, BatchReport, SharedFile } from '../../../contract/batches.ts';
import type { StationApi } from '../../../contract.ts';
import { TIERS } from '../../../model/batch.ts';
import { collect } from '../../collect.ts';
import { action, type CommandContext, type ProgramParts } from '../../context.ts';
import type { ExitStatus } from '../../exit-status.ts';
import { table, type Output } from '../../output.ts';

interface ImportOptions {
  readonly name?: string;
  readonly dryRun?: boolean;
  readonly acceptGoodRows?: boolean;
  readonly trust?: string;
  readonly server?: string;
  readonly tier?: (typeof TIERS)[number];
  readonly identity?: readonly string[];
  readonly ignore?: readonly string[];
}

const HELP = `
A header row names the columns:
  identity     those named with --identity; else columns "id.NAME"; else mac, serial, serial_number, sn, imei, device_id, uuid
  a key        pubkey (PEM in one cell, or base64 of DER), pubkey_file (from the file's folder on), certificate, csr
  and          tier, group, tag.NAME; a column "reason" is not looked at
Comma, semicolon, tab or |; UTF-8, UTF-16 or Windows-1252: found out by looking. docs/batches.md has all of it.

  station batch import boards.csv --dry-run                    says what is wrong with which row; stores nothing
  station batch import boards.csv --name "Order 4711"          stores it, if every row is good
  station batch import "Order 4711 part 2 of 3.json"           stores this bench’s part of another station’s batch`;

/** `station batch import`. */
export function addBatchImportCommand(batch: Command, parts: ProgramParts): void {
  const command = batch
    .command('import')
    .description(
      'a CSV file as a batch, or a part of another station’s batch; nothing is stored unless all rows are good',
    )
    .argument('<file>', 'the CSV file, or the file of a part (station batch share)')
    .option('--name <name>', 'the name of the batch')
    .option('--dry-run', 'look at it and store nothing')
    .option(
      '--accept-good-rows',
      'store the good rows; the others can be exported, mended and imported again',
    )
    .option('--trust <key>', 'the key of the station that a part of a batch is from, once it was compared')
    .option('--server <name>', 'hold the rows against the devices of this server, too')
    .addOption(new Option('--tier <tier>', 'the tier of rows that name none').choices(TIERS))
    .option('--identity <column>', 'a column of the identity, or ATTRIBUTE=COLUMN; repeat for more', collect)
    .option('--ignore <column>', 'a column that is not to be looked at; repeat for more', collect)
    .addHelpText('after', HELP);
  action<ImportOptions>(command, parts, (context, options, [file = '']) =>
    context.withStation(options.dryRun === true ? 'read' : 'write', async (station) =>
      tellImport(context, await importWith(context, station, resolve(file), options), options),
    ),
  );
}

async function importWith(
  { io, output, common }: CommandContext,
  station: StationApi,
  path: string,
  { name, dryRun, acceptGoodRows, trust, server, tier, identity, ignore }: ImportOptions,
): Promise<BatchReport> {
  using _progress = showProgress(station, io, output, output.json !== false || common.quiet);
  const params = {
    path,
    identity: [...(identity ?? [])],
    ignore: [...(ignore ?? [])],
    ...(server === undefined ? {} : { server }),
    ...(tier === undefined ? {} : { tier }),
  };
  if (dryRun === true)
    return await station.call(
      'batch.check',
      { ...params, ...(name === undefined ? {} : { name }) },
      io.interrupted,
    );
  return await station.call(
    'batch.import',
    {
      ...params,
      ...(name === undefined ? {} : { name }),
      ...(trust === undefined ? {} : { trust }),
      acceptGoodRows: acceptGoodRows === true,
    },
    io.interrupted,
  );
}

/** How far a file is: a line on stderr for people, one of JSON where asked for. */
function showProgress(
  station: StationApi,
  io: CommandContext['io'],
  output: Output,
  silent: boolean,
): Disposable {
  const stop = station.subscribe((event) => {
    if (event.type !== 'batch-progress') return;
    output.line(event);
    if (silent) return;
    const { phase, rows } = event.progress;
    io.stderr.write(`${io.stderr.isTTY === true ? '\r\u001b[2K' : ''}${PHASES[phase]} ${rows}`);
    if (io.stderr.isTTY !== true) io.stderr.write('\n');
  });
  return {
    [Symbol.dispose]: () => {
      stop();
      if (!silent && io.stderr.isTTY === true) io.stderr.write('\r\u001b[2K');
    },
  };
}

const DELIMITERS: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '|': '|' };

const PHASES = { reading: 'rows read:', server: 'devices of the server:', storing: 'rows stored:' } as const;

/** Exit status 1 where a row is bad, whether or not the others were stored. */
function tellImport(
  { output }: CommandContext,
  report: BatchReport,
  { dryRun, acceptGoodRows }: ImportOptions,
): ExitStatus {
  output.result(report, (told) => importText(told, dryRun === true, acceptGoodRows === true));
  return report.problemCount === 0 ? 0 : 1;
}

function importText(report: BatchReport, dryRun: boolean, acceptGoodRows: boolean): string {
  if (report.stored === 'same')
    return `This very file was imported as ${report.batch?.name ?? ''} before: nothing was changed.`;
  if (report.share !== null) return shareText(report, report.share);
  const { file, encoding, delimiter, kind, rows, good, bad, columns, problems, notes, preview } = report;
  const columnsText = columns.map(({ name, use }) => `${name === '' ? '-' : name} (${use})`).join(', ');
  return [
    `${file}: ${encoding}, delimiter ${DELIMITERS[delimiter] ?? 'tab'}, ${rows} row(s), ${kind === 'keys' ? 'with keys' : 'without keys: expected boards'}`,
    `columns: ${columnsText}`,
    ...(preview.length === 0 ? [] : ['', 'What the server will see:', previewText(preview)]),
    ...(problems.length === 0 ? [] : ['', problemsText(problems)]),
    ...(notes.length === 0 ? [] : ['', 'Worth knowing:', problemsText(notes)]),
    '',
    endText(report, dryRun, acceptGoodRows, good, bad),
  ].join('\n');
}

function shareText({ stored, batch, good }: BatchReport, share: SharedFile): string {
  const { batch: from, part, parts, rows, station, key, known } = share;
  return [
    `Part ${part} of ${parts} of ${from} (${rows} rows), from ${station}: ${good} row(s)`,
    `signed by the key ${key}${known ? '' : ', which is not known here: compare it with station doctor there'}`,
    '',
    stored === 'stored'
      ? `Stored as ${batch?.name ?? ''}. When its boards are through: station batch export "${batch?.name ?? ''}" --format json --out FILE`
      : 'Nothing was stored: this was a dry run.',
  ].join('\n');
}

function endText(
  { stored, batch, kind }: BatchReport,
  dryRun: boolean,
  acceptGoodRows: boolean,
  good: number,
  bad: number,
): string {
  const counts = `${good} good row(s), ${bad} bad.`;
  if (stored === 'stored')
    return [
      `${counts} Stored as ${batch?.name ?? ''}.`,
      ...(bad === 0
        ? []
        : [`The bad ones: station batch export "${batch?.name ?? ''}" --failed --format csv --out FILE`]),
      kind === 'keys'
        ? `Next: station batch preauthorize "${batch?.name ?? ''}" --server NAME`
        : `Next: station provision --batch "${batch?.name ?? ''}" --server NAME --port PORT`,
    ].join('\n');
  if (dryRun) return `${counts} Nothing was stored: this was a dry run.`;
  return good === 0 || acceptGoodRows
    ? `${counts} Nothing was stored: there is no row to store.`
    : `${counts} Nothing was stored. Mend the file, or take the good rows alone (--accept-good-rows).`;
}

function problemsText(problems: readonly BatchProblem[]): string {
  return table(
    ['LINE', 'COLUMN', 'CODE', 'REASON'],
    problems.map(({ line, column, code, reason }) => [String(line), column ?? '', code, reason]),
  );
}

function previewText(rows: BatchReport['preview']): string {
  return table(
    ['LINE', 'IDENTITY', 'KEY', 'FINGERPRINT', 'TIER', 'GROUP', 'TAGS'],
    rows.map(({ line, identityData, keyType, fingerprint, tier, group, tags }) => [
      String(line),
      identityData,
      keyType ?? '',
      fingerprint?.slice(0, 23) ?? '',
      tier,
      group ?? '',
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ]),
  );
}
