import type { BatchExport } from '../../contract/batches.ts';
import { csvLineToReadAgain, inPieces, type JournalReader } from '../../journal/index.ts';
import type { BatchRecord, BatchRowState } from '../../model/batch.ts';
import type { LeftOutRow } from '../../model/batch-event.ts';
import type { Identity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import { writeDocumentInPieces } from '../../settings/index.ts';
import { columnsOf, OWN_COLUMNS, REASON_COLUMN, type ColumnUse } from './file/columns.ts';

/** Spreadsheets take a file for UTF-8 by this mark alone. */
const BOM = '\ufeff';
/** Rows that are read from the record at a time. */
const PAGE = 500;

export interface CsvExportRequest {
  readonly path: string;
  readonly failed: boolean;
  readonly force: boolean;
}

/**
 * Writes the rows of a batch as CSV in the columns of its file, whole or not at all. Keys are written as base64 of their
 * SPKI DER, whatever they came from, so that the file can be taken elsewhere.
 *
 * @throws StationError `batch/nothing-failed`, `station/file-exists`, `station/file-unwritable`.
 */
export async function exportCsv(
  batch: BatchRecord,
  { path, failed, force }: CsvExportRequest,
  reader: JournalReader,
): Promise<BatchExport> {
  const { counts, leftOut, name } = batch;
  if (failed && counts.conflict + counts.limit + counts.refused + leftOut === 0)
    throw new StationError('batch/nothing-failed', { name });
  let rows = 0;
  const layout = layoutOf(batch);
  const lines = failed ? failedLines(batch, layout, reader) : allLines(batch, layout, reader);
  await writeDocumentInPieces(
    path,
    inPieces(lines, (written) => (rows = written)),
    { force, magic: BOM },
  );
  return { path, rows, key: null };
}

/** The columns of the file, with one for keys where those stood in files of their own. */
interface Layout {
  /** As an import knows them without being told. */
  readonly names: readonly string[];
  readonly uses: readonly ColumnUse[];
}

function layoutOf({ columns, identityColumns, kind }: BatchRecord): Layout {
  const { names, uses } = columnsOf(
    { line: 1, lastLine: 1, cells: columns, fault: null },
    { identity: identityColumns, ignore: [] },
  );
  const hasKeys = kind === 'expectation' || uses.some(({ use }) => use === 'pubkey');
  return toReadAgain(
    hasKeys ? { names, uses } : { names: [...names, 'pubkey'], uses: [...uses, { use: 'pubkey' }] },
  );
}

/** A column that a person had to say is the identity says so itself from now on. */
function toReadAgain(layout: Layout): Layout {
  const { names, uses } = layout;
  const read = columnsOf(
    { line: 1, lastLine: 1, cells: names.filter((_, at) => isKept(uses[at])), fault: null },
    { identity: [], ignore: [] },
  ).uses;
  const kept = uses.filter(isKept);
  const isKnown = kept.every(
    (use, at) => use.use !== 'identity' || isSame(use.attribute, read[at] ?? { use: 'unknown' }),
  );
  if (isKnown) return layout;
  return {
    names: names.map((name, at) => {
      const use = uses[at];
      return use?.use === 'identity' ? `id.${use.attribute}` : name;
    }),
    uses,
  };
}

function isSame(attribute: string, use: ColumnUse): boolean {
  return use.use === 'identity' && use.attribute === attribute;
}

function* failedLines(
  batch: BatchRecord,
  layout: Layout,
  reader: JournalReader,
): Generator<string, number, undefined> {
  yield BOM + csvLineToReadAgain([...columnsWithout(layout), REASON_COLUMN]);
  let n = 0;
  for (const row of inOrder(batch, reader)) {
    const [cells, reason] =
      'cells' in row
        ? [layout.names.map((_, at) => row.cells[at] ?? ''), row.reason]
        : [cellsOf(row, layout), row.error?.message ?? row.outcome];
    yield csvLineToReadAgain([...kept(cells, layout), reason]);
    n += 1;
  }
  return n;
}

function* allLines(
  batch: BatchRecord,
  layout: Layout,
  reader: JournalReader,
): Generator<string, number, undefined> {
  const own = ['line', 'outcome', 'device', 'error', 'board', 'board_at', 'board_station'];
  yield BOM + csvLineToReadAgain([...columnsWithout(layout), ...own.map((name) => OWN_COLUMNS + name)]);
  let n = 0;
  for (const row of paged((after) => reader.batches.rows(batch.id, { after, limit: PAGE }))) {
    const { line, outcome, deviceId, error, unit } = row;
    yield csvLineToReadAgain([
      ...kept(cellsOf(row, layout), layout),
      line,
      outcome,
      deviceId,
      error?.code ?? null,
      unit?.verdict ?? null,
      unit?.at ?? null,
      unit?.station ?? null,
    ]);
    n += 1;
  }
  return n;
}

function columnsWithout({ names, uses }: Layout): readonly string[] {
  return names.filter((_, at) => isKept(uses[at]));
}

function kept(cells: readonly string[], { uses }: Layout): readonly string[] {
  return cells.filter((_, at) => isKept(uses[at]));
}

/** Columns that were not looked at have nothing to tell; those of an earlier export would be there twice. */
function isKept(use: ColumnUse | undefined): boolean {
  return use !== undefined && use.use !== 'ignored' && use.use !== 'unknown';
}

function cellsOf({ identity, key, tier, group, tags }: BatchRowState, { uses }: Layout): readonly string[] {
  return uses.map((use) => {
    switch (use.use) {
      case 'identity':
        return valueOf(identity, use.attribute);
      case 'tag':
        return tags[use.tag] ?? '';
      case 'pubkey':
        return key === null ? '' : key.replace(/-----[^-]*-----|\s/g, '');
      case 'tier':
        return tier;
      case 'group':
        return group ?? '';
      case 'pubkey_file':
      case 'certificate':
      case 'csr':
      case 'ignored':
      case 'blank':
      case 'unknown':
        return '';
    }
  });
}

function valueOf(identity: Identity, attribute: string): string {
  const value = identity[attribute] ?? '';
  return typeof value === 'string' ? value : value.join(',');
}

/** What was left out and what failed, in the order of the file. */
function* inOrder(
  { id }: BatchRecord,
  { batches }: JournalReader,
): Generator<LeftOutRow | BatchRowState, void, undefined> {
  const left = paged((after) => batches.leftOut(id, after, PAGE));
  const failed = paged((after) => batches.rows(id, { outcome: 'failed', after, limit: PAGE }));
  let a = left.next();
  let b = failed.next();
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && a.value.line < b.value.line)) {
      if (a.done !== true) yield a.value;
      a = left.next();
    } else {
      yield b.value;
      b = failed.next();
    }
  }
}

/** Rows page by page, so that nothing stays open in between. */
export function* paged<T extends { readonly line: number }>(
  page: (after: number) => readonly T[],
): Generator<T, void, undefined> {
  for (let after = 0; ;) {
    const rows = page(after);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.line;
  }
}
