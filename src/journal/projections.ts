import type { BatchId } from '../model/batch.ts';
import type { JournalEntry, JournalEvent } from '../model/event.ts';
import { canonicalIdentity, identityLabel, type Identity } from '../model/identity.ts';
import type { JobId, JobResult } from '../model/job.ts';
import { leftBehind, type RecordedStep } from '../model/left-behind.ts';
import { BATCH_SCHEMA, BATCH_TABLES, countInBatch, keyOfUnit, projectBatch } from './batch-projections.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Database } from './database.ts';
import { INVENTORY_SCHEMA, INVENTORY_TABLES, projectInventory } from './inventory.ts';
import { tally, TALLY_SCHEMA, TALLY_TABLES } from './statistics.ts';

/** Raised with every change of what is projected: a journal with another number is projected anew at its next opening. */
export const PROJECTION_VERSION = 15;

/** Stands in `p_station_key` for the finding that there was no key. */
export const NO_KEY = '';

/** What is derived from the events, with the order in which rows are compared. */
const TABLES: Readonly<Record<string, string>> = {
  p_state: 'id',
  p_opening: 'seq',
  p_job: 'job',
  p_step: 'seq',
  p_unit: 'identity',
  p_attribute: 'identity, key, value',
  p_device: 'server_url, identity',
  p_key: 'fingerprint, identity',
  p_staged: 'seq',
  p_station_key: 'fingerprint',
  p_signed: 'id',
  ...BATCH_TABLES,
  ...INVENTORY_TABLES,
  p_people: 'id',
  ...TALLY_TABLES,
};

const SCHEMA = `
  CREATE TABLE p_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    -- The last event that is in the projections.
    seq INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE p_opening (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, version TEXT NOT NULL, runtime TEXT NOT NULL, key_protection TEXT NOT NULL
  ) STRICT;
  CREATE TABLE p_job (
    job TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    flow TEXT,
    port TEXT NOT NULL,
    slot TEXT NOT NULL,
    server TEXT,
    server_url TEXT,
    profile TEXT,
    profile_sha256 TEXT,
    -- Canonical JSON.
    reason TEXT,
    key_source TEXT,
    label TEXT,
    operator TEXT,
    identity TEXT,
    identity_label TEXT,
    ended_seq INTEGER,
    ended_at TEXT,
    ms INTEGER,
    verdict TEXT,
    device_id TEXT,
    auth_set_id TEXT,
    key_fingerprint TEXT,
    key_type TEXT,
    proof TEXT,
    error TEXT,
    resumes TEXT,
    -- The batch that its board is to count in, and the name that it had then.
    batch TEXT,
    batch_name TEXT,
    -- 1 while it is interrupted or left something, and nothing has finished, replaced or dismissed it.
    interrupted INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX p_job_started ON p_job (seq);
  CREATE INDEX p_job_ended ON p_job (ended_seq) WHERE ended_seq IS NOT NULL;
  CREATE INDEX p_job_ended_at ON p_job (ended_at, ended_seq) WHERE ended_seq IS NOT NULL;
  CREATE INDEX p_job_running ON p_job (seq) WHERE ended_seq IS NULL;
  CREATE INDEX p_job_interrupted ON p_job (seq) WHERE interrupted = 1;
  CREATE INDEX p_job_identity ON p_job (identity, ended_seq);
  CREATE TABLE p_step (
    -- The intent's number; the outcome's own where no intent stands before it.
    seq INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    step TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome_seq INTEGER,
    outcome TEXT,
    ms INTEGER
  ) STRICT;
  CREATE INDEX p_step_job ON p_step (job, seq);
  CREATE TABLE p_unit (
    identity TEXT PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_job TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_attribute (
    identity TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (identity, key, value)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX p_attribute_key ON p_attribute (key, value);
  CREATE INDEX p_attribute_value ON p_attribute (value);
  CREATE TABLE p_device (
    server_url TEXT NOT NULL, identity TEXT NOT NULL, device_id TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (server_url, identity)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_key (
    fingerprint TEXT NOT NULL, identity TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (fingerprint, identity)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE p_staged (
    seq INTEGER PRIMARY KEY,
    file_sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    key_type TEXT NOT NULL,
    origin TEXT NOT NULL,
    job TEXT NOT NULL,
    identity TEXT
  ) STRICT;
  CREATE INDEX p_staged_file ON p_staged (file_sha256);
  CREATE TABLE p_station_key (
    fingerprint TEXT PRIMARY KEY, seq INTEGER NOT NULL, public_key TEXT NOT NULL, protection TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- The newest signature: the row that it is in, and the row that it signs.
  CREATE TABLE p_signed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    signed_seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    key TEXT NOT NULL,
    signature TEXT NOT NULL
  ) STRICT;
  ${BATCH_SCHEMA}
  ${INVENTORY_SCHEMA}
  -- Who may work here, as the record has it: the digest of the last change.
  CREATE TABLE p_people (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, digest TEXT) STRICT;
  ${TALLY_SCHEMA}
  INSERT INTO p_state VALUES (1, ${PROJECTION_VERSION}, 0);
`;

/** Makes empty projections, in place of whatever projections there were. */
export function resetProjections(database: Database): void {
  for (const row of database.all(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'p_*'`))
    database.exec(`DROP TABLE "${String(row['name'])}"`);
  database.exec(SCHEMA);
}

/** Whether the projections are of this version and hold every event up to `seq`. */
export function projectionsReach(database: Database, seq: number): boolean {
  if (database.first(`SELECT 1 FROM sqlite_schema WHERE name = 'p_state'`) === undefined) return false;
  const state = database.first('SELECT version, seq FROM p_state');
  return state?.['version'] === PROJECTION_VERSION && state['seq'] === seq;
}

/** Brings the projections from one event to the next. */
export function project(database: Database, entry: JournalEntry): void {
  projectEvent(database, entry, entry.event);
  database.run('UPDATE p_state SET seq = ?', entry.seq);
}

/**
 * The first difference between two sets of projections, in words; null when they are equal. It stops at every row, so that
 * whoever drives it can do other work in between.
 */
export function* comparingProjections(
  stored: Database,
  fresh: Database,
): Generator<undefined, string | null, undefined> {
  for (const [table, order] of Object.entries(TABLES)) {
    const sql = `SELECT * FROM ${table} ORDER BY ${order}`;
    const wanted = fresh.walk(sql);
    try {
      for (const row of stored.walk(sql)) {
        yield;
        const next = wanted.next();
        if (next.done === true) return `${table} has a row too many: ${JSON.stringify(row)}`;
        if (JSON.stringify(row) !== JSON.stringify(next.value))
          return `${table} has ${JSON.stringify(row)} instead of ${JSON.stringify(next.value)}`;
      }
      const missing = wanted.next();
      if (missing.done !== true) return `${table} lacks ${JSON.stringify(missing.value)}`;
    } finally {
      wanted.return();
    }
  }
  return null;
}

function projectEvent(database: Database, entry: JournalEntry, event: JournalEvent): void {
  switch (event.kind) {
    case 'station-opened':
      database.run(
        'INSERT INTO p_opening VALUES (?, ?, ?, ?, ?)',
        entry.seq,
        entry.at,
        event.version,
        event.runtime,
        event.keyProtection,
      );
      return;
    case 'job-started':
      database.run(
        `INSERT INTO p_job (job, seq, started_at, started_ms, flow, port, slot, server, server_url, profile, profile_sha256, reason, key_source, label, operator, resumes, batch, batch_name)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT name FROM p_batch WHERE id = ?)) ON CONFLICT DO NOTHING`,
        event.job,
        entry.seq,
        entry.at,
        entry.monotonicMs,
        event.flow,
        event.port,
        event.slot,
        event.server,
        event.serverUrl,
        event.profile,
        event.profileSha256 ?? null,
        event.rekey === undefined ? null : canonicalJson(event.rekey.reason),
        event.keySource,
        event.label,
        event.operator,
        event.resumes ?? null,
        event.batch ?? null,
        event.batch ?? null,
      );
      // A job that was cut before it knew its board is over when another begins in its place.
      database.run(
        'UPDATE p_job INDEXED BY p_job_interrupted SET interrupted = 0 WHERE interrupted = 1 AND identity IS NULL AND slot = ?',
        event.slot,
      );
      return;
    case 'board-identified':
      nameJob(database, event.job, event.identity);
      meetUnit(database, entry.seq, event.job, event.identity);
      return;
    case 'step-intent':
      database.run(
        'INSERT INTO p_step (seq, job, step, action) VALUES (?, ?, ?, ?)',
        entry.seq,
        event.job,
        event.step,
        event.action,
      );
      return;
    case 'step-outcome': {
      const ended = database.run(
        `UPDATE p_step SET outcome_seq = ?, outcome = ?, ms = ? WHERE seq = (
           SELECT max(seq) FROM p_step WHERE job = ? AND step = ? AND action = ? AND outcome_seq IS NULL)`,
        entry.seq,
        event.outcome,
        Math.round(event.ms),
        event.job,
        event.step,
        event.action,
      );
      if (ended === 0)
        database.run(
          'INSERT INTO p_step VALUES (?, ?, ?, ?, ?, ?, ?)',
          entry.seq,
          event.job,
          event.step,
          event.action,
          entry.seq,
          event.outcome,
          Math.round(event.ms),
        );
      return;
    }
    case 'key-staged': {
      const identity = database.first('SELECT identity FROM p_job WHERE job = ?', event.job)?.['identity'];
      database.run(
        'INSERT INTO p_staged VALUES (?, ?, ?, ?, ?, ?, ?)',
        entry.seq,
        event.fileSha256.toLowerCase(),
        event.fingerprint,
        event.keyType,
        event.origin,
        event.job,
        identity ?? null,
      );
      if (typeof identity === 'string') giveKey(database, entry.seq, event.fingerprint, identity);
      return;
    }
    case 'verdict':
      endJob(database, entry, event.result);
      settleInterrupted(database, event.result);
      return;
    case 'job-dismissed':
      database.run('UPDATE p_job SET interrupted = 0 WHERE job = ?', event.job);
      return;
    case 'station-key':
      database.run(
        'INSERT INTO p_station_key VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq',
        event.fingerprint ?? NO_KEY,
        entry.seq,
        event.publicKey ?? '',
        event.protection,
      );
      return;
    case 'head-signed':
      database.run(
        'INSERT OR REPLACE INTO p_signed VALUES (1, ?, ?, ?, ?, ?)',
        entry.seq,
        event.seq,
        event.hash,
        event.key,
        event.signature,
      );
      return;
    case 'batch-imported':
    case 'batch-rows':
    case 'batch-left-out':
    case 'batch-run':
    case 'batch-intent':
    case 'batch-outcomes':
    case 'batch-taken-back':
    case 'batch-replaced':
    case 'batch-admitted':
    case 'batch-shared':
    case 'batch-share-returned':
    case 'batch-merged':
    case 'batch-closed':
    case 'batch-removed':
      projectBatch(database, entry, event);
      return;
    case 'inventory-wanted':
    case 'inventory-done':
    case 'inventory-given-up':
      projectInventory(database, entry, event);
      return;
    case 'people-changed':
      database.run('INSERT OR REPLACE INTO p_people VALUES (1, ?, ?)', entry.seq, event.digest);
      return;
    case 'person-signed-in':
    case 'person-signed-out':
    case 'bench-locked':
    case 'sign-in-refused':
    case 'setting-changed':
    case 'job-waiting':
    case 'rekey-found':
    case 'server-session':
    case 'rekey-requested':
    case 'rekey-approval':
    case 'verdicts-unsigned':
    case 'clock-jumped':
    case 'journal-backup':
    case 'journal-restored':
      return;
  }
}

function endJob(database: Database, entry: JournalEntry, result: JobResult): void {
  // A job can end before it began in the record (the port was lost at once): it is a row all the same.
  database.run(
    `INSERT INTO p_job (job, seq, started_at, started_ms, port, slot) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    result.job,
    entry.seq,
    entry.at,
    entry.monotonicMs,
    result.port,
    result.slot,
  );
  if (result.identity !== null) {
    nameJob(database, result.job, result.identity);
    meetUnit(database, entry.seq, result.job, result.identity);
  }
  const started = database.first(
    `SELECT started_at, started_ms, server_url, identity, batch, operator,
       EXISTS (SELECT 1 FROM p_opening WHERE p_opening.seq > p_job.seq) AS reopened
     FROM p_job WHERE job = ?`,
    result.job,
  );
  // The monotonic clock is comparable within one run of the station alone.
  const ms =
    started?.['reopened'] === 0
      ? entry.monotonicMs - Number(started['started_ms'])
      : Date.parse(entry.at) - Date.parse(String(started?.['started_at']));
  database.run(
    `UPDATE p_job SET ended_seq = ?, ended_at = ?, ms = ?, verdict = ?, device_id = ?, auth_set_id = ?,
       key_fingerprint = ?, key_type = ?, proof = ?, error = ? WHERE job = ?`,
    entry.seq,
    entry.at,
    Math.max(0, ms),
    result.verdict,
    result.deviceId,
    result.authSetId,
    result.keyFingerprint,
    result.keyType,
    result.proof,
    result.error === null ? null : canonicalJson(result.error),
    result.job,
  );
  const identity = started?.['identity'];
  const serverUrl = started?.['server_url'];
  tally(database, entry, result, {
    ms: Math.max(0, ms),
    identity: typeof identity === 'string' ? identity : null,
    batch: typeof started?.['batch'] === 'string' ? started['batch'] : null,
  });
  if (typeof identity !== 'string') return;
  if (typeof serverUrl === 'string' && result.deviceId !== null)
    database.run(
      'INSERT OR REPLACE INTO p_device VALUES (?, ?, ?, ?)',
      serverUrl,
      identity,
      result.deviceId,
      entry.seq,
    );
  const batch = started?.['batch'];
  const operator = started?.['operator'];
  if (typeof batch === 'string' && (result.verdict === 'pass' || result.verdict === 'already'))
    countInBatch(database, entry, result, {
      batch: batch as BatchId,
      identity,
      operator: typeof operator === 'string' ? operator : null,
    });
  // The key of a job that failed may never have reached the board; one that did is known from `key-staged`.
  if (result.keyFingerprint !== null && (result.verdict === 'pass' || result.verdict === 'already')) {
    giveKey(database, entry.seq, result.keyFingerprint, identity);
    keyOfUnit(database, identity, result.keyFingerprint);
  }
}

/**
 * Keeps the list of jobs to be finished: those that were interrupted, and those that ended in another way and left
 * something on their board or the server. One entry a unit, server and flow, until a job of that unit ends well. A
 * provisioning that ends well leaves an interrupted re-key on the list: the unit works, and its old key may still too.
 */
function settleInterrupted(database: Database, { job, verdict, error }: JobResult): void {
  const isGood = verdict === 'pass' || verdict === 'already';
  const isUnfinished = !isGood && (error?.code === 'job/interrupted' || leavesSomething(database, job));
  if (!isGood && !isUnfinished) return;
  database.run(
    `UPDATE p_job SET interrupted = 0 FROM (SELECT job, identity, server_url, flow, resumes FROM p_job WHERE job = ?) AS ended
     WHERE p_job.interrupted = 1 AND (p_job.job = ended.resumes OR (
       p_job.identity = ended.identity AND p_job.server_url = ended.server_url
       AND (p_job.flow = ended.flow OR (p_job.flow = 'provision' AND NOT ?))))`,
    job,
    isUnfinished ? 1 : 0,
  );
  // One that was left open may get its verdict after a later job of its unit has ended well.
  if (isUnfinished)
    database.run(
      `UPDATE p_job SET interrupted = 1 WHERE job = ? AND NOT EXISTS (
         SELECT 1 FROM p_job AS later WHERE later.identity = p_job.identity AND later.server_url = p_job.server_url
           AND later.seq > p_job.seq AND later.verdict IN ('pass', 'already')
           AND (later.flow = p_job.flow OR p_job.flow = 'provision'))`,
      job,
    );
}

function leavesSomething(database: Database, job: JobId): boolean {
  const row = database.first('SELECT flow, identity FROM p_job WHERE job = ?', job);
  const steps = database.all('SELECT step, action, outcome FROM p_step WHERE job = ? ORDER BY seq', job);
  const flow = row?.['flow'] === 'rekey' ? 'rekey' : 'provision';
  return leftBehind(flow, row?.['identity'] !== null, steps as unknown as readonly RecordedStep[]).unfinished;
}

function nameJob(database: Database, job: JobId, identity: Identity): void {
  database.run(
    'UPDATE p_job SET identity = ?, identity_label = ? WHERE job = ?',
    canonicalIdentity(identity),
    identityLabel(identity),
    job,
  );
}

function meetUnit(database: Database, seq: number, job: JobId, identity: Identity): void {
  const text = canonicalIdentity(identity);
  database.run(
    `INSERT INTO p_unit VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq, last_job = excluded.last_job`,
    text,
    seq,
    seq,
    job,
  );
  for (const [key, values] of Object.entries(identity))
    for (const value of typeof values === 'string' ? [values] : values)
      database.run('INSERT OR IGNORE INTO p_attribute VALUES (?, ?, ?)', text, key, value);
}

function giveKey(database: Database, seq: number, fingerprint: string, identity: string): void {
  database.run('INSERT OR IGNORE INTO p_key VALUES (?, ?, ?)', fingerprint, identity, seq);
}
