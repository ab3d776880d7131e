import type { BatchKind, RowOutcome } from '../model/batch.ts';
import type { JournalEntry } from '../model/event.ts';
import type { JobResult, Verdict } from '../model/job.ts';
import { Batches } from './batches.ts';
import type { Database } from './database.ts';

/** The tables of the statistics, with the order in which rows are compared. */
export const TALLY_TABLES: Readonly<Record<string, string>> = {
  p_tally: 'span, start',
  p_tally_ms: 'span, start, what, bucket',
  p_tally_failure: 'span, start, step, code',
  p_tally_batch: 'span, start, batch',
  p_tally_unit: 'identity',
  p_tally_last: 'id',
};

/**
 * Sums by hour (`h`) and by day (`d`), so that an answer adds up some hundred rows and not a million. A unit is counted
 * where its first verdict is and, moving along, where its last one is.
 */
export const TALLY_SCHEMA = `
  CREATE TABLE p_tally (
    span TEXT NOT NULL,
    start TEXT NOT NULL,
    pass INTEGER NOT NULL DEFAULT 0,
    already INTEGER NOT NULL DEFAULT 0,
    fail INTEGER NOT NULL DEFAULT 0,
    stopped INTEGER NOT NULL DEFAULT 0,
    first INTEGER NOT NULL DEFAULT 0,
    first_good INTEGER NOT NULL DEFAULT 0,
    last INTEGER NOT NULL DEFAULT 0,
    last_good INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (span, start)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_tally_ms (
    span TEXT NOT NULL, start TEXT NOT NULL, what TEXT NOT NULL, bucket INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (span, start, what, bucket)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_tally_failure (
    span TEXT NOT NULL, start TEXT NOT NULL, step TEXT NOT NULL, code TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (span, start, step, code)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_tally_batch (
    span TEXT NOT NULL,
    start TEXT NOT NULL,
    batch TEXT NOT NULL,
    pass INTEGER NOT NULL DEFAULT 0,
    already INTEGER NOT NULL DEFAULT 0,
    fail INTEGER NOT NULL DEFAULT 0,
    stopped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (span, start, batch)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_tally_unit (
    identity TEXT PRIMARY KEY, last_at TEXT NOT NULL, good INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- The newest unit that ended well.
  CREATE TABLE p_tally_last (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT NOT NULL) STRICT;
`;

/** Durations are counted in steps of 5 %: what is told of them is right to 2.5 %. */
const STEP = Math.log(1.05);
/** A longer pause between two units is a break, not the bench's takt. Milliseconds. */
const BREAK_MS = 30 * 60_000;
/** What comes after a failure and is not where it happened. */
const AFTERWARDS: ReadonlySet<string> = new Set(['tidy', 'record', 'log-out']);

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly n: number;
}

/** How a bench does. Shares are from 0 to 1; null where there is nothing to share. */
export interface Statistics {
  /** The full hour from which on was counted; null: all. */
  readonly since: string | null;
  readonly jobs: Readonly<Record<Verdict, number>>;
  /** Units with a verdict in this time, and those whose last one is good. Cancelled jobs are no verdict on a unit. */
  readonly units: { readonly total: number; readonly good: number; readonly yield: number | null };
  /** Units whose first verdict ever is in this time, and those that passed at once. */
  readonly firstPass: { readonly total: number; readonly good: number; readonly yield: number | null };
  /** Duration of a job that ended well, milliseconds. */
  readonly jobMs: Percentiles | null;
  /** From one unit that ended well to the next on this bench, breaks above 30 minutes left out; milliseconds. */
  readonly taktMs: Percentiles | null;
  /** Where jobs did not end well, the most frequent first. */
  readonly failures: readonly { readonly step: string; readonly code: string; readonly jobs: number }[];
  /** Batches with a job in this time or imported in it, the newest first. */
  readonly batches: readonly BatchStatistics[];
}

/** A batch as far as it is now, and its jobs in the time that was asked for. */
export interface BatchStatistics {
  readonly name: string;
  readonly kind: BatchKind;
  readonly rows: number;
  /** Rows whose board is through, on any bench. */
  readonly units: number;
  /** What servers said of its rows. */
  readonly outcomes: Readonly<Record<RowOutcome, number>>;
  readonly jobs: Readonly<Record<Verdict, number>>;
}

/** Counts an ended job; `ms` is its duration. */
export function tally(
  database: Database,
  { at }: JournalEntry,
  { job, verdict, error, steps }: JobResult,
  {
    ms,
    identity,
    batch,
  }: { readonly ms: number; readonly identity: string | null; readonly batch: string | null },
): void {
  const isGood = verdict === 'pass' || verdict === 'already';
  add(database, at, { [verdict]: 1 });
  if (batch !== null)
    for (const [span, start] of spans(at))
      database.run(
        `INSERT INTO p_tally_batch (span, start, batch, ${verdict}) VALUES (?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET ${verdict} = ${verdict} + 1`,
        span,
        start,
        batch,
      );
  if (isGood) {
    addMs(database, at, 'job', ms);
    const last = database.first('SELECT at FROM p_tally_last')?.['at'];
    const takt = typeof last === 'string' ? Date.parse(at) - Date.parse(last) : -1;
    if (takt >= 0 && takt <= BREAK_MS) addMs(database, at, 'takt', takt);
    database.run('INSERT OR REPLACE INTO p_tally_last VALUES (1, ?)', at);
  } else
    for (const [span, start] of spans(at))
      database.run(
        `INSERT INTO p_tally_failure VALUES (?, ?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET n = n + 1`,
        span,
        start,
        failedStep(database, job, steps),
        error?.code ?? '',
      );
  if (identity !== null && error?.code !== 'job/cancelled') countUnit(database, at, identity, isGood ? 1 : 0);
}

/** @param since ISO 8601 with an offset; counted from the full hour on in which it lies. */
export function statistics(database: Database, since: string | undefined): Statistics {
  const from = since === undefined ? '' : new Date(since).toISOString().slice(0, 13);
  const day = from.slice(0, 10);
  // The hours of the first day that are asked for, and every day after it.
  const where = `((span = 'h' AND start >= ? AND start < ?) OR (span = 'd' AND start > ?))`;
  const range = since === undefined ? ['', '', ''] : [from, `${day}U`, day];
  const sums = database.first(
    `SELECT sum(pass) AS pass, sum(already) AS already, sum(fail) AS fail, sum(stopped) AS stopped,
       sum(first) AS first, sum(first_good) AS first_good, sum(last) AS last, sum(last_good) AS last_good
     FROM p_tally WHERE ${where}`,
    ...range,
  );
  const sum = (column: string): number => Number(sums?.[column] ?? 0);
  const ms = (what: string): Percentiles | null =>
    percentiles(
      database.all(
        `SELECT bucket, sum(n) AS n FROM p_tally_ms WHERE ${where} AND what = ? GROUP BY bucket ORDER BY bucket`,
        ...range,
        what,
      ),
    );
  return {
    since: since === undefined ? null : `${from}:00:00.000Z`,
    jobs: { pass: sum('pass'), already: sum('already'), fail: sum('fail'), stopped: sum('stopped') },
    units: share(sum('last'), sum('last_good')),
    firstPass: share(sum('first'), sum('first_good')),
    jobMs: ms('job'),
    taktMs: ms('takt'),
    failures: database
      .all(
        `SELECT step, code, sum(n) AS n FROM p_tally_failure WHERE ${where}
         GROUP BY step, code ORDER BY n DESC, step, code`,
        ...range,
      )
      .map(({ step, code, n }) => ({ step: String(step), code: String(code), jobs: Number(n) })),
    batches: batchStatistics(database, from, where, range),
  };
}

function batchStatistics(
  database: Database,
  from: string,
  where: string,
  range: readonly string[],
): readonly BatchStatistics[] {
  const jobs = new Map(
    database
      .all(
        `SELECT batch, sum(pass) AS pass, sum(already) AS already, sum(fail) AS fail, sum(stopped) AS stopped
         FROM p_tally_batch WHERE ${where} GROUP BY batch`,
        ...range,
      )
      .map((row) => {
        const sum = (column: Verdict): number => Number(row[column] ?? 0);
        const all = {
          pass: sum('pass'),
          already: sum('already'),
          fail: sum('fail'),
          stopped: sum('stopped'),
        };
        return [String(row['batch']), all] as const;
      }),
  );
  return new Batches(database)
    .list()
    .filter(({ id, at }) => jobs.has(id) || at >= from)
    .map(({ id, name, kind, rows, units, counts }) => ({
      name,
      kind,
      rows,
      units,
      outcomes: counts,
      jobs: jobs.get(id) ?? { pass: 0, already: 0, fail: 0, stopped: 0 },
    }));
}

/** The unit's last verdict is here now, and no more where it was. */
function countUnit(database: Database, at: string, identity: string, good: number): void {
  const before = database.first('SELECT last_at, good FROM p_tally_unit WHERE identity = ?', identity);
  if (before === undefined) add(database, at, { first: 1, first_good: good, last: 1, last_good: good });
  else {
    add(database, String(before['last_at']), { last: -1, last_good: -Number(before['good']) });
    add(database, at, { last: 1, last_good: good });
  }
  database.run('INSERT OR REPLACE INTO p_tally_unit VALUES (?, ?, ?)', identity, at, good);
}

function add(database: Database, at: string, sums: Readonly<Record<string, number>>): void {
  const columns = Object.keys(sums);
  for (const [span, start] of spans(at))
    database.run(
      `INSERT INTO p_tally (span, start, ${columns.join(', ')}) VALUES (?, ?, ${columns.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`,
      span,
      start,
      ...Object.values(sums),
    );
}

function addMs(database: Database, at: string, what: 'job' | 'takt', ms: number): void {
  const bucket = Math.round(Math.log(Math.max(1, ms)) / STEP);
  for (const [span, start] of spans(at))
    database.run(
      'INSERT INTO p_tally_ms VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1',
      span,
      start,
      what,
      bucket,
    );
}

function spans(at: string): readonly (readonly [span: 'h' | 'd', start: string])[] {
  return [
    ['h', at.slice(0, 13)],
    ['d', at.slice(0, 10)],
  ];
}

/** The action that was cut off or failed last; where there is none, the last step that was not about ending. */
function failedStep(database: Database, job: string, steps: JobResult['steps']): string {
  const action = database.first(
    `SELECT step FROM p_step WHERE job = ? AND outcome IS NOT 'done' ORDER BY seq DESC LIMIT 1`,
    job,
  );
  if (action !== undefined) return String(action['step']);
  return steps.findLast(({ step }) => !AFTERWARDS.has(step))?.step ?? 'connect';
}

function share(total: number, good: number): Statistics['units'] {
  return { total, good, yield: total === 0 ? null : good / total };
}

function percentiles(buckets: readonly Readonly<Record<string, unknown>>[]): Percentiles | null {
  const n = buckets.reduce((all, bucket) => all + Number(bucket['n']), 0);
  if (n === 0) return null;
  const at = (part: number): number => {
    let passed = 0;
    for (const { bucket, n: here } of buckets) {
      passed += Number(here);
      if (passed >= n * part) return Math.round(Math.exp(Number(bucket) * STEP));
    }
    return 0;
  };
  return { p50: at(0.5), p95: at(0.95), n };
}
