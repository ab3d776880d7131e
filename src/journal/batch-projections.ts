import type { BatchId } from '../model/batch.ts';
import type { BatchEvent, RecordedRow } from '../model/batch-event.ts';
import type { JournalEntry } from '../model/event.ts';
import { canonicalIdentity } from '../model/identity.ts';
import type { JobResult } from '../model/job.ts';
import {
  projectMerged,
  projectReturned,
  projectShared,
  projectShareHere,
  SHARE_SCHEMA,
  SHARE_TABLES,
} from './batch-shares.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Database } from './database.ts';
import { FORMER_SCHEMA, FORMER_TABLES, projectReplaced } from './failed-rows.ts';

/** The tables of the batches, with the order in which rows are compared. */
export const BATCH_TABLES: Readonly<Record<string, string>> = {
  p_batch: 'batch',
  p_batch_row: 'batch, line',
  p_batch_flight: 'batch, line',
  p_batch_run: 'batch, run',
  p_batch_left_out: 'batch, line',
  p_batch_admitted: 'seq, n',
  ...FORMER_TABLES,
  ...SHARE_TABLES,
};

/** In these tables a batch is the number of the row in which it was imported: short, for a hundred thousand rows. */
export const BATCH_SCHEMA = `
  CREATE TABLE p_batch (
    batch INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL,
    at TEXT NOT NULL,
    station TEXT NOT NULL,
    operator TEXT,
    -- JSON, as are identity_columns and share.
    columns TEXT NOT NULL,
    identity_columns TEXT NOT NULL,
    left_out INTEGER NOT NULL,
    share TEXT,
    closed_at TEXT,
    closed_why TEXT,
    removed INTEGER NOT NULL DEFAULT 0,
    run TEXT,
    run_server TEXT,
    run_server_url TEXT,
    run_state TEXT,
    run_at TEXT
  ) STRICT;
  CREATE INDEX p_batch_name ON p_batch (name) WHERE removed = 0;
  CREATE TABLE p_batch_row (
    batch INTEGER NOT NULL,
    line INTEGER NOT NULL,
    identity TEXT NOT NULL,
    fingerprint TEXT,
    -- SPKI DER, base64.
    spki TEXT,
    tier TEXT,
    group_name TEXT,
    tags TEXT,
    outcome TEXT NOT NULL DEFAULT 'pending',
    device_id TEXT,
    error TEXT,
    -- The server that the outcome is of.
    server_url TEXT,
    -- What stays of it at a server from which the batch was taken back.
    kept_server TEXT,
    kept_url TEXT,
    kept_device TEXT,
    -- 1 where its unit was given another key here since: its own is nobody's any more.
    other_key INTEGER NOT NULL DEFAULT 0,
    unit_job TEXT,
    unit_at TEXT,
    unit_verdict TEXT,
    unit_station TEXT,
    unit_proof TEXT,
    unit_key TEXT,
    unit_device TEXT,
    unit_operator TEXT,
    -- The part that it was given to another bench with.
    share INTEGER,
    PRIMARY KEY (batch, line)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX p_batch_row_identity ON p_batch_row (identity, batch);
  CREATE INDEX p_batch_row_key ON p_batch_row (fingerprint) WHERE fingerprint IS NOT NULL;
  CREATE INDEX p_batch_row_outcome ON p_batch_row (batch, outcome, line);
  CREATE INDEX p_batch_row_unit ON p_batch_row (batch, line) WHERE unit_job IS NOT NULL;
  CREATE INDEX p_batch_row_other_key ON p_batch_row (batch, line) WHERE other_key = 1;
  CREATE INDEX p_batch_row_kept ON p_batch_row (batch, line) WHERE kept_url IS NOT NULL;
  -- Rows from the intent on until there is an outcome. Apart from the rows, which are wide: each row comes here and goes.
  CREATE TABLE p_batch_flight (
    batch INTEGER NOT NULL,
    line INTEGER NOT NULL,
    -- When the first of the intents was written that have no outcome yet.
    sent_at TEXT NOT NULL,
    PRIMARY KEY (batch, line)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_batch_run (
    batch INTEGER NOT NULL,
    run TEXT NOT NULL,
    server_url TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    -- The last that was recorded of what it does at the server.
    last_at TEXT NOT NULL,
    PRIMARY KEY (batch, run)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_batch_left_out (
    batch INTEGER NOT NULL, line INTEGER NOT NULL, cells TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (batch, line)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_batch_admitted (
    seq INTEGER NOT NULL,
    -- From 0 on, where one event tells of several.
    n INTEGER NOT NULL DEFAULT 0,
    batch INTEGER NOT NULL,
    job TEXT NOT NULL,
    identity TEXT NOT NULL,
    why TEXT NOT NULL,
    at TEXT NOT NULL,
    operator TEXT,
    -- 1 where another bench told of it, when its job had ended well.
    merged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (seq, n)
  ) STRICT;
  CREATE INDEX p_batch_admitted_batch ON p_batch_admitted (batch, seq);
  ${FORMER_SCHEMA}
  ${SHARE_SCHEMA}
`;

/** Brings the tables of the batches from one event to the next. */
export function projectBatch(database: Database, entry: JournalEntry, event: BatchEvent): void {
  if (event.kind === 'batch-imported') {
    database.run(
      `INSERT INTO p_batch (batch, id, name, kind, file, sha256, rows, at, station, operator, columns, identity_columns, left_out, share)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      entry.seq,
      event.batch,
      event.name,
      event.batchKind,
      event.file,
      event.sha256,
      event.rows,
      entry.at,
      entry.station,
      event.operator,
      canonicalJson(event.columns),
      canonicalJson(event.identityColumns),
      event.leftOut,
      event.share === undefined ? null : canonicalJson(event.share),
    );
    if (event.share !== undefined) projectShareHere(database, event.share);
    return;
  }
  const batch = numberOf(database, event.batch);
  if (batch === null) return;
  switch (event.kind) {
    case 'batch-rows':
      for (const row of event.rows) addRow(database, batch, row);
      return;
    case 'batch-left-out':
      for (const { line, cells, reason } of event.rows)
        database.run(
          'INSERT INTO p_batch_left_out VALUES (?, ?, ?, ?)',
          batch,
          line,
          canonicalJson(cells),
          reason,
        );
      return;
    case 'batch-run':
      database.run(
        'UPDATE p_batch SET run = ?, run_server = ?, run_server_url = ?, run_state = ?, run_at = ? WHERE batch = ?',
        event.run,
        event.server,
        event.serverUrl,
        event.state,
        entry.at,
        batch,
      );
      // That it was taken back is told of its last run, which is over.
      if (event.state !== 'taken-back')
        database.run(
          `INSERT INTO p_batch_run VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (batch, run) DO UPDATE SET last_at = excluded.last_at`,
          batch,
          event.run,
          event.serverUrl,
          entry.at,
          entry.at,
        );
      return;
    case 'batch-intent':
      livingRun(database, batch, event.run, entry.at);
      for (const line of event.lines)
        database.run(
          'INSERT INTO p_batch_flight VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          batch,
          line,
          entry.at,
        );
      return;
    case 'batch-outcomes': {
      const serverUrl = livingRun(database, batch, event.run, entry.at);
      for (const { line, outcome, deviceId = null, error } of event.outcomes) {
        database.run('DELETE FROM p_batch_flight WHERE batch = ? AND line = ?', batch, line);
        database.run(
          'UPDATE p_batch_row SET outcome = ?, device_id = ?, error = ?, server_url = ? WHERE batch = ? AND line = ?',
          outcome,
          deviceId,
          error === undefined ? null : canonicalJson(error),
          outcome === 'pending' ? null : serverUrl,
          batch,
          line,
        );
      }
      // Made anew, what stayed there once is no more. By its own index: there are few of these, and of the created many.
      database.run(
        `UPDATE p_batch_row INDEXED BY p_batch_row_kept SET kept_server = NULL, kept_url = NULL, kept_device = NULL
         WHERE batch = ? AND kept_url IS NOT NULL AND kept_url = server_url AND outcome = 'created'
           AND kept_device <> device_id`,
        batch,
      );
      return;
    }
    case 'batch-taken-back':
      takeBack(database, batch, event);
      return;
    case 'batch-replaced':
      projectReplaced(database, batch, event.lines);
      return;
    case 'batch-admitted':
      database.run(
        'INSERT INTO p_batch_admitted (seq, batch, job, identity, why, at, operator) VALUES (?, ?, ?, ?, ?, ?, ?)',
        entry.seq,
        batch,
        event.job,
        canonicalIdentity(event.identity),
        event.why,
        entry.at,
        event.operator,
      );
      return;
    case 'batch-shared':
      projectShared(database, batch, entry.at, event);
      return;
    case 'batch-share-returned':
      projectReturned(database, batch, entry.at, event.part);
      return;
    case 'batch-merged':
      projectMerged(database, entry, batch, event);
      return;
    case 'batch-closed':
      database.run(
        'UPDATE p_batch SET closed_at = ?, closed_why = ? WHERE batch = ? AND closed_at IS NULL',
        entry.at,
        event.why,
        batch,
      );
      return;
    case 'batch-removed':
      database.run('UPDATE p_batch SET removed = 1 WHERE batch = ?', batch);
      return;
  }
}

/** A run has recorded something. @returns the URL of its server. */
function livingRun(database: Database, batch: number, run: string, at: string): string | null {
  database.run('UPDATE p_batch_run SET last_at = ? WHERE batch = ? AND run = ?', at, batch, run);
  const url = database.first('SELECT server_url FROM p_batch_run WHERE batch = ? AND run = ?', batch, run)?.[
    'server_url'
  ];
  return typeof url === 'string' ? url : null;
}

/** What is gone from one server says nothing of what the batch has at another. */
function takeBack(
  database: Database,
  batch: number,
  { server, serverUrl, lines, used = [] }: Extract<BatchEvent, { kind: 'batch-taken-back' }>,
): void {
  for (const line of lines) {
    database.run(
      `UPDATE p_batch_row SET kept_server = NULL, kept_url = NULL, kept_device = NULL
       WHERE batch = ? AND line = ? AND kept_url = ?`,
      batch,
      line,
      serverUrl,
    );
    const changed = database.run(
      `UPDATE p_batch_row SET outcome = 'pending', device_id = NULL, error = NULL, server_url = NULL
       WHERE batch = ? AND line = ? AND (server_url IS NULL OR server_url = ?)`,
      batch,
      line,
      serverUrl,
    );
    if (changed === 1) database.run('DELETE FROM p_batch_flight WHERE batch = ? AND line = ?', batch, line);
  }
  for (const line of used)
    database.run(
      `UPDATE p_batch_row SET kept_server = ?, kept_url = ?, kept_device = device_id
       WHERE batch = ? AND line = ? AND (server_url IS NULL OR server_url = ?) AND device_id IS NOT NULL`,
      server,
      serverUrl,
      batch,
      line,
      serverUrl,
    );
}

/** A unit has this key from now on: rows that have another one for it are not to be sent. */
export function keyOfUnit(database: Database, identity: string, fingerprint: string): void {
  database.run(
    `UPDATE p_batch_row INDEXED BY p_batch_row_identity SET other_key = (fingerprint <> ?)
     WHERE identity = ? AND fingerprint IS NOT NULL`,
    fingerprint,
    identity,
  );
}

/** Counts the board of a job that ended well for its row, the first time. */
export function countInBatch(
  database: Database,
  entry: JournalEntry,
  result: JobResult,
  job: { readonly batch: BatchId; readonly identity: string; readonly operator: string | null },
): void {
  database.run(
    `UPDATE p_batch_row INDEXED BY p_batch_row_identity SET unit_job = ?, unit_at = ?, unit_verdict = ?,
       unit_station = ?, unit_proof = ?, unit_key = ?, unit_device = ?, unit_operator = ?
     WHERE batch = ? AND identity = ? AND unit_job IS NULL`,
    result.job,
    entry.at,
    result.verdict,
    entry.station,
    result.proof,
    result.keyFingerprint,
    result.deviceId,
    job.operator,
    numberOf(database, job.batch),
    job.identity,
  );
}

function numberOf(database: Database, id: BatchId): number | null {
  const batch = database.first('SELECT batch FROM p_batch WHERE id = ?', id)?.['batch'];
  return typeof batch === 'number' ? batch : null;
}

function addRow(database: Database, batch: number, row: RecordedRow): void {
  const { tags = {} } = row;
  database.run(
    `INSERT INTO p_batch_row (batch, line, identity, fingerprint, spki, tier, group_name, tags)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    batch,
    row.line,
    canonicalIdentity(row.identity),
    row.fingerprint ?? null,
    row.spki ?? null,
    row.tier ?? null,
    row.group ?? null,
    Object.keys(tags).length === 0 ? null : canonicalJson(tags),
  );
}
