import { availableParallelism } from 'node:os';
import type { BatchPreviewRow, BatchProblem, BatchProgress } from '../../contract/batches.ts';
import type { JournalReader, KnownRow } from '../../journal/index.ts';
import type { BatchId, BatchKind } from '../../model/batch.ts';
import type { RecordedRow } from '../../model/batch-event.ts';
import type { Device } from '../../model/device.ts';
import { canonicalIdentity, identityLabel, type Identity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import { columnsOf, type ColumnChoice, type Columns } from './file/columns.ts';
import type { CsvRecord } from './file/csv-parser.ts';
import { ColumnWatch } from './file/long-numbers.ts';
import { KeyReader } from './file/key-reader.ts';
import { problem } from './file/problem.ts';
import { recordsOf } from './file/records.ts';
import { RowReader, type CandidateRow } from './file/row-reader.ts';
import { examineSource, type Source } from './file/source.ts';

/** Rows of one batch at most. */
const MOST_ROWS = 100_000;
/** Rows that are read together, and kept together until they are stored. */
const ROWS_AT_ONCE = 500;
/** So many times that many are under way: the threads have work, and memory stays small. */
const UNDER_WAY = 4;
/** Rows that are shown as the server will see them. */
const PREVIEW = 5;

export interface CheckOptions extends ColumnChoice {
  readonly path: string;
  /** Of rows that name none. */
  readonly tier: string | null;
}

export interface CheckParts {
  readonly journal: JournalReader;
  /** Every device of a server, where rows are to be held against one. */
  readonly devices: ((signal: AbortSignal) => AsyncIterable<Device>) | null;
  readonly progress: (progress: BatchProgress) => void;
}

/** A file that was looked at from its first to its last row. */
export interface Checked {
  readonly source: Source;
  readonly delimiter: string;
  readonly columns: Columns;
  readonly kind: BatchKind;
  readonly rows: number;
  /** In the order of the file. Without them a batch is good. */
  readonly problems: readonly BatchProblem[];
  readonly notes: readonly BatchProblem[];
  readonly preview: readonly BatchPreviewRow[];
  /**
   * Whether what is wrong is the file's, not a row's: no row of it can be used. So it is where a quote may have made rows a
   * part of another one: they would be neither stored nor left out.
   */
  readonly unusable: boolean;
  /** The rows that are good, in pieces as they are recorded. */
  readonly good: () => Generator<readonly RecordedRow[], void, undefined>;
  readonly goodRows: number;
  /** Lines of failed rows that the good ones take the place of, by the batch that has them. */
  readonly replaced: ReadonlyMap<BatchId, readonly number[]>;
}

/**
 * Looks at a file without storing anything: at each row by itself, against the others, against what this station has
 * recorded, and against a server where one is given.
 *
 * @throws StationError `batch/file-...`, `batch/too-many-rows`; the server's; the signal's reason.
 */
export async function checkFile(
  options: CheckOptions,
  { journal, devices, progress }: CheckParts,
  signal: AbortSignal,
): Promise<Checked> {
  const source = await examineSource(options.path, signal);
  const { delimiter, header, rows } = await recordsOf(source, signal);
  const columns = columnsOf(header, options);
  const check = new Check(columns, options.tier, journal);
  if (columns.problems.length > 0) {
    await rows.return();
    return check.result(source, delimiter);
  }
  await using keys = new KeyReader(Math.max(1, Math.min(2, availableParallelism())));
  const reader = new RowReader(columns, keys, options.path);
  const underWay: Promise<readonly CandidateRow[]>[] = [];
  const take = async (): Promise<void> => {
    const next = underWay.shift();
    if (next !== undefined) check.add(await next);
    progress({ file: options.path, phase: 'reading', rows: check.rows });
  };
  let met = 0;
  try {
    for await (const records of inParts(rows)) {
      signal.throwIfAborted();
      met += records.length;
      if (met > MOST_ROWS)
        throw new StationError('batch/too-many-rows', { path: options.path, most: MOST_ROWS });
      const reading = reader.read(records);
      // Told where it is waited for; until then it is no fault of nobody's.
      reading.catch(() => undefined);
      underWay.push(reading);
      if (underWay.length >= UNDER_WAY) await take();
    }
    while (underWay.length > 0) await take();
  } finally {
    await Promise.allSettled(underWay);
  }
  check.endOfFile();
  if (devices !== null) {
    let seen = 0;
    for await (const device of devices(signal)) {
      check.meet(device);
      seen += 1;
      if (seen % ROWS_AT_ONCE === 0) progress({ file: options.path, phase: 'server', rows: seen });
    }
  }
  return check.result(source, delimiter);
}

/** The rows of a file in parts of one size. */
export async function* inParts(
  rows: AsyncIterable<readonly CsvRecord[]>,
): AsyncGenerator<readonly CsvRecord[], void, undefined> {
  let gathered: CsvRecord[] = [];
  for await (const some of rows)
    for (const row of some) {
      gathered.push(row);
      if (gathered.length < ROWS_AT_ONCE) continue;
      yield gathered;
      gathered = [];
    }
  if (gathered.length > 0) yield gathered;
}

/** What is known of the rows so far. */
class Check {
  readonly #columns: Columns;
  readonly #tier: string | null;
  readonly #journal: JournalReader;
  readonly #watches: readonly (readonly [string, ColumnWatch])[];
  readonly #identities = new Map<string, number>();
  readonly #alike = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  readonly #problems: BatchProblem[] = [];
  readonly #notes: BatchProblem[] = [];
  readonly #bad = new Set<number>();
  readonly #twin = new Set<string>();
  readonly #preview: BatchPreviewRow[] = [];
  /** Rows that were good when they were read, as JSON: what is found out later is in `#bad`. */
  readonly #parts: Buffer[] = [];
  readonly #keyless: number[] = [];
  #mayMissRows = false;
  /** Failed rows, by the lines of those that take their place. */
  readonly #replaced = new Map<number, { readonly id: BatchId; readonly line: number }>();
  #withKeys = 0;
  #stored = 0;
  rows = 0;

  constructor(columns: Columns, tier: string | null, journal: JournalReader) {
    this.#columns = columns;
    this.#tier = tier;
    this.#journal = journal;
    this.#watches = columns.identity.map(({ at, attribute }) => [
      attribute,
      new ColumnWatch(columns.names[at] ?? attribute),
    ]);
  }

  add(rows: readonly CandidateRow[]): void {
    const known = this.#journal.batches.known(
      rows.map(({ canonical, key }) => ({
        identity: canonical ?? '',
        fingerprint: key?.fingerprint ?? null,
      })),
    );
    const good: RecordedRow[] = [];
    rows.forEach((row, at) => {
      this.rows += 1;
      for (const fault of row.faults) this.#tell(fault);
      this.#notes.push(...row.notes);
      if (row.mayHoldOthers) this.#mayMissRows = true;
      if (row.hasKey) this.#withKeys += 1;
      else if (row.canonical !== null) this.#keyless.push(row.line);
      this.#againstFile(row);
      const record = known[at];
      if (record !== undefined) this.#againstRecord(row, record);
      for (const [attribute, watch] of this.#watches) {
        const value = row.identity[attribute];
        if (typeof value === 'string') watch.add(row.line, value);
      }
      if (this.#bad.has(row.line)) return;
      good.push(recorded(row, this.#tier));
      if (this.#preview.length < PREVIEW) this.#preview.push(previewOf(row, this.#tier));
    });
    this.#stored += good.length;
    if (good.length > 0) this.#parts.push(Buffer.from(JSON.stringify(good)));
  }

  /** What only all rows together show. */
  endOfFile(): void {
    for (const [, watch] of this.#watches) {
      for (const fault of watch.faults()) this.#tell(fault);
      this.#notes.push(...watch.notes());
    }
    if (this.#withKeys > 0)
      for (const line of this.#keyless)
        this.#tell(problem(line, null, 'key-missing', 'The row has no key, and others have one.'));
  }

  /** Holds a device of the server against the rows. */
  meet({ identity, status, authSets }: Device): void {
    const line = this.#identities.get(canonicalIdentity(identity));
    const isBatchOfKeys = this.#withKeys > 0;
    const own = authSets.filter(({ fingerprint }) => this.#keys.get(fingerprint) === line);
    if (line !== undefined) {
      const has = own.find(({ status: state }) => state === 'accepted' || state === 'preauthorized');
      if (has !== undefined)
        this.#notes.push(
          problem(line, null, 'already-on-server', `The server has it ${has.status} with this very key.`),
        );
      else if (isBatchOfKeys || (status !== 'pending' && status !== 'noauth'))
        this.#tell(
          problem(
            line,
            null,
            'identity-on-server',
            `The server has a device of this identity: ${status}${authSets.length === 0 ? '' : ', with another key'}.`,
          ),
        );
    }
    for (const { fingerprint, status: state } of authSets) {
      const other = this.#keys.get(fingerprint);
      if (other === undefined || other === line) continue;
      this.#tell(
        problem(
          other,
          null,
          'key-on-server',
          `The server has this key, ${state}, for another device: ${identityLabel(identity)}.`,
        ),
      );
    }
  }

  result(source: Source, delimiter: string): Checked {
    const byLine = (a: BatchProblem, b: BatchProblem): number => a.line - b.line;
    const bad = this.#bad;
    const parts = this.#parts;
    const unusable = this.#mayMissRows || this.#columns.problems.length > 0;
    const late = bad.size === 0 ? 0 : countIn(parts, bad);
    return {
      source,
      delimiter,
      columns: this.#columns,
      kind: this.#withKeys > 0 ? 'keys' : 'expectation',
      rows: this.rows,
      problems: [...this.#columns.problems, ...this.#problems].sort(byLine),
      notes: [...this.#notes].sort(byLine),
      preview: this.#preview.filter(({ line }) => !bad.has(line)),
      unusable,
      good: function* () {
        for (const part of parts) {
          const rows = (JSON.parse(part.toString()) as readonly RecordedRow[]).filter(
            ({ line }) => !bad.has(line),
          );
          if (rows.length > 0) yield rows;
        }
      },
      goodRows: this.#stored - late,
      replaced: this.#replacedByGood(),
    };
  }

  #replacedByGood(): ReadonlyMap<BatchId, readonly number[]> {
    const found = new Map<BatchId, number[]>();
    for (const [own, { id, line }] of this.#replaced) {
      if (this.#bad.has(own)) continue;
      const lines = found.get(id);
      if (lines === undefined) found.set(id, [line]);
      else lines.push(line);
    }
    return found;
  }

  #againstFile({ line, canonical, identity, key }: CandidateRow): void {
    if (canonical !== null) {
      const other = this.#identities.get(canonical);
      if (other !== undefined)
        this.#twice(line, other, 'identity-twice', (n) => `Line ${n} has the same identity.`);
      else {
        this.#identities.set(canonical, line);
        const alike = foldedIdentity(identity);
        const similar = this.#alike.get(alike);
        if (similar === undefined) this.#alike.set(alike, line);
        else
          this.#notes.push(
            problem(
              line,
              null,
              'identity-alike',
              `Line ${similar} has an identity that differs in its spelling alone; to a program that takes it for a number the two are one.`,
              similar,
            ),
          );
      }
    }
    if (key === null) return;
    const other = this.#keys.get(key.fingerprint);
    if (other !== undefined) this.#twice(line, other, 'key-twice', (n) => `Line ${n} has the same key.`);
    else this.#keys.set(key.fingerprint, line);
  }

  #againstRecord({ line, key }: CandidateRow, known: KnownRow): void {
    const { batch, keyBatch, unit, keyOf } = known;
    if (batch?.failed === true) {
      this.#replaced.set(line, batch);
      this.#notes.push(
        problem(
          line,
          null,
          'replaces-failed',
          `It takes the place of line ${batch.line} of the batch ${batch.batch}, which failed.`,
        ),
      );
    } else if (batch !== null)
      this.#tell(
        problem(
          line,
          null,
          'identity-in-batch',
          `The batch ${batch.batch} has this identity (line ${batch.line}).`,
        ),
      );
    if (unit && (batch === null || batch.failed))
      this.#tell(problem(line, null, 'identity-in-record', 'A board of this identity was here already.'));
    if (key === null) return;
    // The batch that has both has been named.
    if (keyBatch !== null && (batch?.batch !== keyBatch.batch || batch.line !== keyBatch.line))
      this.#tell(problem(line, null, 'key-in-batch', inWords(keyBatch)));
    if (keyOf !== null)
      this.#tell(
        problem(
          line,
          null,
          'key-in-record',
          `This key was given to another board: ${identityLabel(JSON.parse(keyOf) as Identity)}.`,
        ),
      );
  }

  /** Nobody can tell which of the two is the right one: both are named. */
  #twice(
    line: number,
    other: number,
    code: 'identity-twice' | 'key-twice',
    reason: (line: number) => string,
  ): void {
    this.#tell(problem(line, null, code, reason(other), other));
    const twin = `${code} ${other}`;
    if (this.#twin.has(twin)) return;
    this.#twin.add(twin);
    this.#tell(problem(other, null, code, reason(line), line));
  }

  #tell(found: BatchProblem): void {
    this.#problems.push(found);
    this.#bad.add(found.line);
  }
}

function inWords({ batch, line, former }: NonNullable<KnownRow['keyBatch']>): string {
  switch (former) {
    case null:
      return `The batch ${batch} has this key (line ${line}).`;
    case 'removed':
      return `The batch ${batch}, which was removed, had this key for another board (line ${line}).`;
    case 'replaced':
      return `Another board had this key in the batch ${batch} (line ${line}, which came again in another batch).`;
  }
}

function recorded(
  { line, identity, key, tier, group, tags }: CandidateRow,
  usual: string | null,
): RecordedRow {
  const own = tier ?? usual;
  return {
    line,
    identity,
    ...(key === null ? {} : { spki: key.spki, fingerprint: key.fingerprint }),
    ...(own === null || own === 'standard' ? {} : { tier: own }),
    ...(group === null ? {} : { group }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

function previewOf(
  { line, identity, key, tier, group, tags }: CandidateRow,
  usual: string | null,
): BatchPreviewRow {
  return {
    line,
    identityData: canonicalIdentity(identity),
    fingerprint: key?.fingerprint ?? null,
    keyType: key === null ? null : key.type === 'rsa' ? `rsa${key.bits}` : key.type,
    tier: tier ?? usual ?? 'standard',
    group,
    tags,
  };
}

/** Two identities that differ in case, in how a number is written, or beyond what a double holds, are one here. */
function foldedIdentity(identity: Identity): string {
  return JSON.stringify(
    Object.entries(identity)
      .map(([name, value]) => [name, typeof value === 'string' ? folded(value) : value])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

function folded(value: string): string {
  return /^[+-]?\d+(?:\.\d+)?$/.test(value) ? String(Number(value)) : value.toLowerCase();
}

function countIn(parts: readonly Buffer[], lines: ReadonlySet<number>): number {
  let found = 0;
  for (const part of parts)
    for (const { line } of JSON.parse(part.toString()) as readonly RecordedRow[])
      if (lines.has(line)) found += 1;
  return found;
}
