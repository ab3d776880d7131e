import type { BatchShare, GivenShare } from '../model/batch.ts';
import type { BatchEvent } from '../model/batch-event.ts';
import type { JournalEntry } from '../model/event.ts';
import { canonicalIdentity } from '../model/identity.ts';
import type { KeyFingerprint } from '../model/key.ts';
import type { Database } from './database.ts';

/** The tables of shares, with the order in which rows are compared. */
export const SHARE_TABLES: Readonly<Record<string, string>> = {
  p_batch_share: 'batch, part',
  p_batch_merge: 'seq',
  p_bench: 'key, station',
};

export const SHARE_SCHEMA = `
  CREATE INDEX p_batch_row_share ON p_batch_row (batch, share, outcome) WHERE share IS NOT NULL;
  -- Parts of a batch that were given to other benches.
  CREATE TABLE p_batch_share (
    batch INTEGER NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, rows INTEGER NOT NULL, at TEXT NOT NULL,
    returned_at TEXT,
    PRIMARY KEY (batch, part)
  ) STRICT, WITHOUT ROWID;
  -- What came back from them.
  CREATE TABLE p_batch_merge (
    seq INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    part INTEGER,
    station TEXT NOT NULL,
    key TEXT NOT NULL,
    head TEXT,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX p_batch_merge_batch ON p_batch_merge (batch, seq);
  -- Stations whose files were taken, by the fingerprints of their keys.
  CREATE TABLE p_bench (key TEXT NOT NULL, station TEXT NOT NULL, PRIMARY KEY (key, station)) STRICT, WITHOUT ROWID;
`;

/** What another bench told of its part of a batch, as its certificate names it. */
export interface BatchMerge {
  readonly station: string;
  readonly key: KeyFingerprint;
  readonly part: number | null;
  /** The head of that bench's record, `SEQ:HASH`. */
  readonly head: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** The parts of batches that other benches have, as anyone may read them. */
export class BatchShares {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By the number of the batch, as `p_batch` has it; `units`: boards of a part that are through. */
  of(batch: number): readonly GivenShare[] {
    return this.#database
      .all(
        `SELECT part, parts, rows, at, returned_at,
           (SELECT count(*) FROM p_batch_row AS r INDEXED BY p_batch_row_share
             WHERE r.batch = s.batch AND r.share = s.part AND r.unit_job IS NOT NULL) AS units
         FROM p_batch_share AS s WHERE batch = ? ORDER BY part`,
        batch,
      )
      .map((row) => ({
        part: Number(row['part']),
        parts: Number(row['parts']),
        rows: Number(row['rows']),
        units: Number(row['units']),
        at: String(row['at']),
        returnedAt: typeof row['returned_at'] === 'string' ? row['returned_at'] : null,
      }));
  }

  /** Outcomes of the rows that other benches have: what a server says of them is theirs to ask. */
  outcomesElsewhere(batch: number): ReadonlyMap<string, number> {
    return new Map(
      this.#database
        .all(
          `SELECT outcome, count(*) AS n FROM p_batch_row INDEXED BY p_batch_row_share
           WHERE batch = ? AND share IS NOT NULL GROUP BY outcome`,
          batch,
        )
        .map((row) => [String(row['outcome']), Number(row['n'])]),
    );
  }

  /** What was merged into a batch, in the order in which it came: of each bench's part the last. */
  merges(batch: number): readonly BatchMerge[] {
    return this.#database
      .all(
        `SELECT * FROM p_batch_merge WHERE seq IN
           (SELECT max(seq) FROM p_batch_merge WHERE batch = ? GROUP BY key, part) ORDER BY seq`,
        batch,
      )
      .map((row) => ({
        station: String(row['station']),
        key: String(row['key']) as KeyFingerprint,
        part: typeof row['part'] === 'number' ? row['part'] : null,
        head: typeof row['head'] === 'string' ? row['head'] : null,
        at: String(row['at']),
      }));
  }

  /** Whether a file that this key has signed was taken before. */
  knowsBench(key: KeyFingerprint): boolean {
    return this.#database.first('SELECT 1 FROM p_bench WHERE key = ? LIMIT 1', key) !== undefined;
  }
}

/** A part of a batch goes to another bench, row by row. */
export function projectShared(
  database: Database,
  batch: number,
  at: string,
  { part, parts, rows, lines }: Extract<BatchEvent, { kind: 'batch-shared' }>,
): void {
  for (const [from, to] of lines)
    database.run(
      'UPDATE p_batch_row SET share = ? WHERE batch = ? AND line BETWEEN ? AND ?',
      part,
      batch,
      from,
      to,
    );
  database.run(
    'INSERT INTO p_batch_share (batch, part, parts, rows, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    batch,
    part,
    parts,
    rows,
    at,
  );
}

/** What is left of a part is this bench's again. */
export function projectReturned(database: Database, batch: number, at: string, part: number): void {
  database.run(
    `UPDATE p_batch_row INDEXED BY p_batch_row_share SET share = NULL
     WHERE batch = ? AND share = ? AND unit_job IS NULL`,
    batch,
    part,
  );
  database.run(
    'UPDATE p_batch_share SET returned_at = ? WHERE batch = ? AND part = ? AND returned_at IS NULL',
    at,
    batch,
    part,
  );
}

/** Boards of another bench count for their rows, the first time. */
export function projectMerged(
  database: Database,
  entry: JournalEntry,
  batch: number,
  event: Extract<BatchEvent, { kind: 'batch-merged' }>,
): void {
  const { station, stationKey, units, part = null, head = null, admitted = [], returned = false } = event;
  for (const unit of units)
    database.run(
      `UPDATE p_batch_row SET unit_job = ?, unit_at = ?, unit_verdict = ?, unit_station = ?, unit_proof = ?,
         unit_key = ?, unit_device = ?, unit_operator = ? WHERE batch = ? AND line = ? AND unit_job IS NULL`,
      unit.job,
      unit.at,
      unit.verdict,
      station,
      unit.proof,
      unit.fingerprint,
      unit.deviceId,
      unit.operator,
      batch,
      unit.line,
    );
  admitted.forEach(({ job, identity, why, at, operator }, n) => {
    database.run(
      'INSERT INTO p_batch_admitted (seq, n, batch, job, identity, why, at, operator, merged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)',
      entry.seq,
      n,
      batch,
      job,
      canonicalIdentity(identity),
      why,
      at,
      operator,
    );
  });
  database.run(
    'INSERT INTO p_batch_merge VALUES (?, ?, ?, ?, ?, ?, ?)',
    entry.seq,
    batch,
    part,
    station,
    stationKey,
    head === null ? null : `${head.seq}:${head.hash}`,
    entry.at,
  );
  knowBench(database, stationKey, station);
  if (returned && part !== null) projectReturned(database, batch, entry.at, part);
}

/** A batch that is a part of another station's. */
export function projectShareHere(database: Database, { key, station }: BatchShare): void {
  knowBench(database, key, station);
}

function knowBench(database: Database, key: KeyFingerprint, station: string): void {
  database.run('INSERT INTO p_bench VALUES (?, ?) ON CONFLICT DO NOTHING', key, station);
}
