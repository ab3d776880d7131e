import { basename } from 'node:path';
import { ulid } from 'ulid';
import type { BatchProgress, BatchReport, BatchView } from '../../contract/batches.ts';
import type { JournalReader } from '../../journal/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { BatchId, BatchRecord } from '../../model/batch.ts';
import type { LeftOutRow } from '../../model/batch-event.ts';
import type { Device } from '../../model/device.ts';
import type { JournalEvent } from '../../model/event.ts';
import { StationError } from '../../model/station-error.ts';
import type { RecordAccess } from '../record-access.ts';
import { checkFile, type Checked } from './checking.ts';
import type { Columns } from './file/columns.ts';
import type { CsvRecord } from './file/csv-parser.ts';
import { recordsOf } from './file/records.ts';
import { examineSource } from './file/source.ts';

export interface ImportParams {
  readonly path: string;
  readonly name?: string | undefined;
  readonly identity: readonly string[];
  readonly ignore: readonly string[];
  readonly tier?: string | undefined;
  readonly server?: string | undefined;
  readonly limit: number;
  readonly acceptGoodRows?: boolean;
}

export interface ImportParts {
  readonly record: Pick<RecordAccess, 'reader' | 'writer'>;
  readonly clock: Clock;
  readonly operator: () => string | null;
  /** Every device of a server, page by page. @throws StationError where it has no login, or no way to list them. */
  readonly devices: (server: string, signal: AbortSignal) => Promise<AsyncIterable<Device>>;
  readonly progress: (progress: BatchProgress) => void;
  readonly view: (batch: BatchRecord) => BatchView;
  /** Whether something goes on with a batch at a server. */
  readonly isAtWork: (batch: BatchRecord) => boolean;
  /** Told of batches whose failed rows are another one's now. */
  readonly changed: (batches: readonly BatchId[]) => void;
}

/** Rows in one event of the record. */
const ROWS_AN_EVENT = 500;

/**
 * Looks at a file, and makes it a batch where `store` is set and nothing is wrong with it (or its good rows alone are
 * wanted). All of it is one transaction of the record.
 *
 * @throws StationError `batch/...`, the server's, `journal/...`; the signal's reason.
 */
export async function importFile(
  params: ImportParams,
  store: boolean,
  parts: ImportParts,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { record, clock } = parts;
  const began = clock.monotonic();
  const { path, name, server } = params;
  const known = name === undefined ? null : record.reader.batches.byName(name);
  if (known !== null) return await sameFile(known, path, parts, began, signal);
  const devices = server === undefined ? null : await parts.devices(server, signal);
  const checked = await checkFile(
    { path, identity: params.identity, ignore: params.ignore, tier: params.tier ?? null },
    { journal: record.reader, devices: devices === null ? null : () => devices, progress: parts.progress },
    signal,
  );
  if (checked.rows === 0 && !checked.unusable) throw new StationError('batch/file-empty', { path });
  const wanted =
    store &&
    !checked.unusable &&
    checked.goodRows > 0 &&
    (checked.problems.length === 0 || params.acceptGoodRows === true);
  const batch = wanted && name !== undefined ? await storeRows(checked, name, parts, signal) : null;
  return {
    ...reportOf(checked, params.limit, server ?? null),
    stored: batch === null ? 'no' : 'stored',
    batch: batch === null ? null : parts.view(batch),
    elapsedMs: Math.round(clock.monotonic() - began),
  };
}

/** The file of a batch that is there already changes nothing; another one may not have its name. */
async function sameFile(
  batch: BatchRecord,
  path: string,
  { clock, view }: ImportParts,
  began: number,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { sha256, encoding } = await examineSource(path, signal);
  if (sha256 !== batch.sha256)
    throw new StationError('batch/name-taken', { name: batch.name, file: batch.file });
  return {
    file: basename(path),
    sha256,
    encoding,
    delimiter: '',
    kind: batch.kind,
    columns: [],
    rows: batch.rows + batch.leftOut,
    good: batch.rows,
    bad: batch.leftOut,
    problems: [],
    problemCount: 0,
    notes: [],
    noteCount: 0,
    preview: [],
    server: null,
    share: null,
    stored: 'same',
    batch: view(batch),
    elapsedMs: Math.round(clock.monotonic() - began),
  };
}

function reportOf(
  { source, delimiter, columns, kind, rows, goodRows, problems, notes, preview, unusable }: Checked,
  limit: number,
  server: string | null,
): Omit<BatchReport, 'stored' | 'batch' | 'elapsedMs'> {
  return {
    file: basename(source.path),
    sha256: source.sha256,
    encoding: source.encoding,
    delimiter,
    kind,
    columns: columns.names.map((name, at) => ({ name, use: columns.uses[at]?.use ?? 'unknown' })),
    rows,
    good: unusable ? 0 : goodRows,
    bad: unusable ? rows : rows - goodRows,
    problems: problems.slice(0, limit),
    problemCount: problems.length,
    notes: notes.slice(0, limit),
    noteCount: notes.length,
    preview,
    server,
    share: null,
  };
}

async function storeRows(
  checked: Checked,
  name: string,
  parts: ImportParts,
  signal: AbortSignal,
): Promise<BatchRecord> {
  const { source, kind, columns, rows, goodRows, replaced } = checked;
  const batch = ulid(parts.clock.now()) as BatchId;
  const leftOut = rows === goodRows ? [] : await leftOutRows(checked, signal);
  const journal = parts.record.writer();
  function* events(): Generator<JournalEvent, void, undefined> {
    // Asked once more, in the transaction: another file may have taken the name while this one was read.
    const taken = journal.batches.byName(name);
    if (taken !== null) throw new StationError('batch/name-taken', { name, file: taken.file });
    for (const [id, lines] of replaced) refuseChanged(id, lines, journal, parts);
    yield {
      kind: 'batch-imported',
      batch,
      name,
      batchKind: kind,
      file: basename(source.path),
      sha256: source.sha256,
      rows: goodRows,
      columns: columns.names,
      identityColumns: columns.identity.map(({ at, attribute }) => `${attribute}=${columns.names[at] ?? ''}`),
      leftOut: leftOut.length,
      operator: parts.operator(),
    };
    for (const [former, lines] of replaced)
      for (let from = 0; from < lines.length; from += ROWS_AN_EVENT)
        yield {
          kind: 'batch-replaced',
          batch: former,
          lines: lines.slice(from, from + ROWS_AN_EVENT),
          by: batch,
          operator: parts.operator(),
        };
    let stored = 0;
    for (const some of checked.good()) {
      yield { kind: 'batch-rows', batch, rows: some };
      stored += some.length;
      parts.progress({ file: source.path, phase: 'storing', rows: stored });
    }
    for (let from = 0; from < leftOut.length; from += ROWS_AN_EVENT)
      yield { kind: 'batch-left-out', batch, rows: leftOut.slice(from, from + ROWS_AN_EVENT) };
  }
  await journal.appendAll(events(), signal);
  const stored = journal.batches.byId(batch);
  if (stored === null) throw new TypeError('a batch that was stored is not there');
  parts.changed([...replaced.keys()]);
  return stored;
}

/** Rows that had failed when the file was read may have been sent once more since, or a board of them may have come. */
function refuseChanged(
  id: BatchId,
  lines: readonly number[],
  { batches }: JournalReader,
  { isAtWork }: Pick<ImportParts, 'isAtWork'>,
): void {
  const batch = batches.byId(id);
  if (batch === null) throw new TypeError('there is no such batch');
  if (isAtWork(batch)) throw new StationError('batch/running', { batch: batch.name });
  if (batches.countReplaceable(id, lines) < lines.length)
    throw new StationError('batch/changed', { name: batch.name });
}

/** The bad rows as they are in the file, to be mended: read once more, which only a file with bad rows needs. */
async function leftOutRows(
  { source, problems, columns }: Checked,
  signal: AbortSignal,
): Promise<readonly LeftOutRow[]> {
  const reasons = new Map<number, string>();
  for (const { line, column, reason } of problems) {
    const before = reasons.get(line);
    const text = column === null ? reason : `${column}: ${reason}`;
    reasons.set(line, before === undefined ? text : `${before} ${text}`);
  }
  const found: LeftOutRow[] = [];
  const { rows } = await recordsOf(source, signal);
  for await (const some of rows)
    for (const record of some) {
      const { line } = record;
      const reason = reasons.get(line);
      if (reason !== undefined) found.push({ line, cells: keptCells(record, columns), reason });
    }
  return found;
}

/**
 * What is kept of a row that is left out. Never a key: what was refused as a public one may be a private one, in whatever
 * form. Nothing of a column that nobody looks at; and nothing of a row whose cells may stand under the wrong names.
 */
function keptCells({ cells, fault }: CsvRecord, { names, uses }: Columns): readonly string[] {
  const isLaidOut = fault === null && cells.length === names.length;
  return uses.map(({ use }, at) =>
    isLaidOut && (use === 'identity' || use === 'tag' || use === 'tier' || use === 'group')
      ? (cells[at] ?? '')
      : '',
  );
}
