import { accessSync, closeSync, constants, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RecordView } from '../contract.ts';
import type { Clock } from '../model/clock.ts';
import type { JournalEntry, JournalEvent } from '../model/event.ts';
import { canonicalIdentity, type Identity } from '../model/identity.ts';
import type { ErrorReport, JobId, JobResult, StepName, Verdict } from '../model/job.ts';
import type { KeyFingerprint, KeyOrigin, KeyType } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';
import { canonicalJson } from './canonical-json.ts';
import { Database, type Row } from './database.ts';
import { homeHolder, lockHome, type HomeLock, type LockHolder } from './home-lock.ts';
import { JOURNAL_VERSION, journalVersion, migrate } from './migrations.ts';
import { compareProjections, project, projectionsReach, resetProjections } from './projections.ts';

/** Time as the journal needs it; milliseconds. */
export type JournalClock = Pick<Clock, 'now' | 'monotonic'>;

export interface JournalOptions {
  readonly stationId: string;
  readonly clock: JournalClock;
  /** Who writes, for the message to a second program that wants to. */
  readonly holder: LockHolder;
  /** The home's lock where the caller holds it already; it stays the caller's. Else the journal takes it. */
  readonly lock?: HomeLock;
  /** Told after each append whether it could be written: null, or why not. */
  readonly appended?: (fault: StationError | null) => void;
  /** For tests: the file may not grow beyond this many pages of 4096 bytes. */
  readonly maxPages?: number;
}

export interface RecordQuery {
  /** Records of units with such a value; of any attribute where `key` is left out. */
  readonly identity?:
    | {
        readonly key?: string | undefined;
        readonly value: string;
        /** `equals` unless said. */
        readonly match?: 'equals' | 'prefix' | undefined;
      }
    | undefined;
  /** ISO 8601 with an offset: records that ended at this time or later. */
  readonly since?: string | undefined;
  /** 100 unless said. */
  readonly limit?: number | undefined;
}

/** A staged key that a journal knows by the hash of its file. */
export interface StagedKeyRecord {
  readonly job: JobId;
  readonly identity: Identity | null;
  readonly fingerprint: KeyFingerprint;
  readonly keyType: KeyType;
  readonly origin: KeyOrigin;
}

/** One action of a job; without an outcome it was cut off. */
export interface StepRecord {
  readonly step: StepName;
  readonly action: string;
  readonly outcome: 'done' | 'failed' | 'unknown' | null;
  readonly ms: number | null;
}

/** A job as the journal knows it; `endedAt` and `result` are null while it runs and after it was interrupted. */
export interface JobRecord {
  readonly job: JobId;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly port: string;
  readonly slot: string;
  /** Null for a job that ended before its start was recorded. */
  readonly server: string | null;
  readonly serverUrl: string | null;
  readonly profile: string | null;
  readonly keySource: string | null;
  readonly label: string | null;
  readonly operator: string | null;
  readonly identity: Identity | null;
  readonly steps: readonly StepRecord[];
  readonly result: JobResult | null;
}

/** The record as anyone may read it, also while another process writes. */
export interface JournalReader extends Disposable {
  readonly path: string;
  /** Ended jobs, newest first. */
  list(query?: RecordQuery): readonly RecordView[];
  /** The record of an ended job. */
  record(job: string): RecordView | null;
  job(job: string): JobRecord | null;
  /** The newest jobs, ended or not, newest first. */
  lastJobs(limit: number): readonly JobRecord[];
  /** Jobs without a verdict, oldest first: running, or interrupted. */
  openJobs(): readonly JobRecord[];
  /** What was recorded of a job, in order. */
  events(job: string): readonly JournalEntry[];
  /** Every entry after `seq`, in order, one by one. */
  entries(after?: number): Generator<JournalEntry, void, undefined>;
  /** The number of the last entry; 0 for an empty journal. */
  lastSeq(): number;
  /** The newest staged key whose file has this SHA-256 (hex). */
  stagedKeyBySha256(hex: string): StagedKeyRecord | null;
  /** The first unit that was given this key. A key belongs to one board. */
  keyOwner(fingerprint: KeyFingerprint): Identity | null;
  /** The device id under which a server last knew this unit. */
  lastDeviceId(serverUrl: string, identity: Identity): string | null;
  /** Derives the projections anew and compares; the first difference in words, null when there is none. */
  checkProjections(): string | null;
  close(): void;
}

/** The record as its one writer has it. */
export interface Journal extends JournalReader {
  /**
   * Adds an event. It is on the disk when this returns; when this throws it is not part of the record.
   *
   * @throws StationError `journal/full`, `journal/unusable`.
   */
  append(event: JournalEvent): JournalEntry;
  /** Derives the projections anew from the events. */
  rebuildProjections(): void;
}

/**
 * Opens the journal for writing, made or brought to this format where needed. One process at a time, by the lock of the
 * home (the folder that it lies in).
 *
 * @throws StationError `station/home-locked`, `station/home-unusable`, `journal/full`, `journal/unusable`, `journal/newer`.
 */
export function openJournal(path: string, options: JournalOptions): Journal {
  using owned = new DisposableStack();
  const home = dirname(resolve(path));
  if (options.lock === undefined) owned.use(lockHome(home, options.holder));
  else if (resolve(options.lock.home) !== home)
    throw new TypeError(`the lock of ${options.lock.home} is not ${home}'s`);
  const database = owned.use(new Database(path));
  // Asked before anything is written: a newer journal, or another program's file, must stay as it is.
  journalVersion(database);
  if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPages}`);
  database.makeDurable();
  migrate(database);
  syncFolder(home);
  const reader = new Reader(database, owned);
  if (!projectionsReach(database, reader.lastSeq())) rebuild(database);
  database.checkFiles();
  const journal = new Writer(database, options, owned.move());
  return journal;
}

/**
 * Opens the journal for reading, also while another process writes. A journal that is not there yet, or of an older
 * format, is made or brought up first, which needs a free home for a moment. A full disk hinders no reading of a journal
 * that is there.
 *
 * @throws StationError `journal/full` for a journal that would have to be made or converted; `journal/unusable`, `journal/newer`, `station/home-locked`, `station/home-unusable`.
 */
export function readJournal(path: string, options: JournalOptions): JournalReader {
  if (cannotChange(path)) return readUnchanging(path);
  try {
    return readShared(path, options);
  } catch (thrown) {
    // No writer works on a full disk unless its shared memory is there already, and then so could this reader.
    const full = thrown instanceof StationError && thrown.code === 'journal/full';
    if (!full || homeHolder(dirname(resolve(path))) !== null) throw thrown;
    return readAlone(path, thrown);
  }
}

function readShared(path: string, options: JournalOptions): JournalReader {
  if (!isCurrent(path) && homeHolder(dirname(resolve(path))) === null) openJournal(path, options).close();
  waitUntil(() => isCurrent(path), READER_WAIT_MS);
  using owned = new DisposableStack();
  const database = owned.use(new Database(path, { readOnly: true }));
  if (journalVersion(database) !== JOURNAL_VERSION)
    throw new StationError('journal/unusable', {
      path,
      detail: 'an older version of the station is using it; close that one first',
    });
  return new Reader(database, owned.move());
}

/** Where there is no room even for the shared memory that readers of a write-ahead log need. */
function readAlone(path: string, refusal: StationError): JournalReader {
  using owned = new DisposableStack();
  const database = owned.use(new Database(path, { exclusive: true }));
  if (journalVersion(database) !== JOURNAL_VERSION || !projectionsReach(database, lastSeq(database)))
    throw refusal;
  return new Reader(database, owned.move());
}

/** On a read-only disk SQLite could not even make the shared memory that readers of a write-ahead log need. */
function readUnchanging(path: string): JournalReader {
  using owned = new DisposableStack();
  const database = owned.use(new Database(path, { immutable: true }));
  const usable =
    (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0 &&
    journalVersion(database) === JOURNAL_VERSION &&
    projectionsReach(database, lastSeq(database));
  if (!usable)
    throw new StationError('journal/unusable', {
      path,
      detail: 'the disk is read-only, and the file has to be tidied before it can be read',
    });
  return new Reader(database, owned.move());
}

/** Whether the journal is there, in a folder in which this process can change nothing. */
function cannotChange(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/** A writer that starts at the same moment makes or converts the file within this time, in milliseconds. */
const READER_WAIT_MS = 2000;

/** Up to this many units it pays to look up the records of each. */
const FEW_UNITS = 1000;

class Reader implements JournalReader {
  readonly path: string;
  protected readonly database: Database;
  readonly #owned: DisposableStack;

  constructor(database: Database, owned: DisposableStack) {
    this.path = database.path;
    this.database = database;
    this.#owned = owned;
  }

  list(query: RecordQuery = {}): readonly RecordView[] {
    const where = ['ended_seq IS NOT NULL'];
    const parameters: (string | number)[] = [];
    if (query.since !== undefined) {
      const since = new Date(query.since).toISOString();
      // The first condition is for speed alone: the wall clock may have jumped back, the numbers run on.
      where.push(
        'ended_seq >= (SELECT min(+ended_seq) FROM p_job INDEXED BY p_job_ended_at WHERE ended_seq IS NOT NULL AND ended_at >= ?)',
        'ended_at >= ?',
      );
      parameters.push(since, since);
    }
    if (query.identity !== undefined) {
      const [condition, values] = attributeCondition(query.identity);
      const few = `SELECT count(*) AS n FROM (SELECT 1 FROM p_attribute WHERE ${condition} LIMIT ${FEW_UNITS})`;
      // Few units: their records, sorted. Many: the newest records, until enough are of such a unit.
      if (Number(this.database.first(few, ...values)?.['n']) < FEW_UNITS)
        where.push(`identity IN (SELECT identity FROM p_attribute WHERE ${condition})`);
      else
        where.push(
          `EXISTS (SELECT 1 FROM p_attribute WHERE p_attribute.identity = +p_job.identity AND ${condition})`,
        );
      parameters.push(...values);
    }
    return this.database
      .all(
        `SELECT * FROM p_job WHERE ${where.join(' AND ')} ORDER BY ended_seq DESC LIMIT ?`,
        ...parameters,
        query.limit ?? 100,
      )
      .map(toRecord);
  }

  record(job: string): RecordView | null {
    const row = this.database.first('SELECT * FROM p_job WHERE job = ? AND ended_seq IS NOT NULL', job);
    return row === undefined ? null : toRecord(row);
  }

  job(job: string): JobRecord | null {
    const row = this.database.first('SELECT * FROM p_job WHERE job = ?', job);
    return row === undefined ? null : this.#toJob(row);
  }

  lastJobs(limit: number): readonly JobRecord[] {
    return this.database
      .all('SELECT * FROM p_job ORDER BY seq DESC LIMIT ?', limit)
      .map((row) => this.#toJob(row));
  }

  openJobs(): readonly JobRecord[] {
    return this.database
      .all('SELECT * FROM p_job WHERE ended_seq IS NULL ORDER BY seq')
      .map((row) => this.#toJob(row));
  }

  events(job: string): readonly JournalEntry[] {
    return this.database.all('SELECT body FROM event WHERE job = ? ORDER BY seq', job).map(toEntry);
  }

  *entries(after = 0): Generator<JournalEntry, void, undefined> {
    for (const row of this.database.walk('SELECT body FROM event WHERE seq > ? ORDER BY seq', after))
      yield toEntry(row);
  }

  lastSeq(): number {
    return lastSeq(this.database);
  }

  stagedKeyBySha256(hex: string): StagedKeyRecord | null {
    const row = this.database.first(
      'SELECT * FROM p_staged WHERE file_sha256 = ? ORDER BY seq DESC LIMIT 1',
      hex.toLowerCase(),
    );
    if (row === undefined) return null;
    return {
      job: text(row, 'job') as JobId,
      identity: toIdentity(row),
      fingerprint: text(row, 'fingerprint') as KeyFingerprint,
      keyType: text(row, 'key_type') as KeyType,
      origin: text(row, 'origin') as KeyOrigin,
    };
  }

  keyOwner(fingerprint: KeyFingerprint): Identity | null {
    const row = this.database.first(
      'SELECT identity FROM p_key WHERE fingerprint = ? ORDER BY seq LIMIT 1',
      fingerprint,
    );
    return row === undefined ? null : toIdentity(row);
  }

  lastDeviceId(serverUrl: string, identity: Identity): string | null {
    const row = this.database.first(
      'SELECT device_id FROM p_device WHERE server_url = ? AND identity = ?',
      serverUrl,
      canonicalIdentity(identity),
    );
    return row === undefined ? null : text(row, 'device_id');
  }

  checkProjections(): string | null {
    using fresh = new Database(':memory:');
    resetProjections(fresh);
    return this.database.snapshot(() => {
      fresh.write(() => {
        for (const entry of this.entries()) project(fresh, entry);
      });
      return compareProjections(this.database, fresh);
    });
  }

  close(): void {
    this.#owned.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #toJob(row: Row): JobRecord {
    const job = text(row, 'job') as JobId;
    const steps = this.database.all('SELECT * FROM p_step WHERE job = ? ORDER BY seq', job);
    const verdict = row['ended_seq'];
    const end =
      typeof verdict === 'number'
        ? this.database.first('SELECT body FROM event WHERE seq = ?', verdict)
        : undefined;
    const event = end === undefined ? null : toEntry(end).event;
    return {
      job,
      startedAt: text(row, 'started_at'),
      endedAt: textOrNull(row, 'ended_at'),
      port: text(row, 'port'),
      slot: text(row, 'slot'),
      server: textOrNull(row, 'server'),
      serverUrl: textOrNull(row, 'server_url'),
      profile: textOrNull(row, 'profile'),
      keySource: textOrNull(row, 'key_source'),
      label: textOrNull(row, 'label'),
      operator: textOrNull(row, 'operator'),
      identity: toIdentity(row),
      steps: steps.map((step) => ({
        step: text(step, 'step') as StepName,
        action: text(step, 'action'),
        outcome: textOrNull(step, 'outcome') as StepRecord['outcome'],
        ms: typeof step['ms'] === 'number' ? step['ms'] : null,
      })),
      result: event?.kind === 'verdict' ? event.result : null,
    };
  }
}

class Writer extends Reader implements Journal {
  readonly #stationId: string;
  readonly #clock: JournalClock;
  readonly #appended: (fault: StationError | null) => void;

  constructor(database: Database, options: JournalOptions, owned: DisposableStack) {
    super(database, owned);
    this.#stationId = options.stationId;
    this.#clock = options.clock;
    this.#appended = options.appended ?? (() => undefined);
  }

  append(event: JournalEvent): JournalEntry {
    try {
      const entry = this.#write(event);
      this.#appended(null);
      return entry;
    } catch (thrown) {
      if (thrown instanceof StationError) this.#appended(thrown);
      throw thrown;
    }
  }

  #write(event: JournalEvent): JournalEntry {
    const entry = this.database.write(() => {
      const body = canonicalJson({
        seq: this.lastSeq() + 1,
        at: new Date(this.#clock.now()).toISOString(),
        monotonicMs: Math.round(this.#clock.monotonic()),
        station: this.#stationId,
        event,
      });
      // What is projected is what was written, so that a projection of the file can never differ.
      const written = JSON.parse(body) as JournalEntry;
      this.database.run('INSERT INTO event (seq, body) VALUES (?, ?)', written.seq, body);
      project(this.database, written);
      return written;
    });
    // After the commit: files that were gone before it took the row along.
    this.database.checkFiles();
    return entry;
  }

  rebuildProjections(): void {
    rebuild(this.database);
  }
}

function rebuild(database: Database): void {
  database.write(() => {
    resetProjections(database);
    for (const row of database.walk('SELECT body FROM event ORDER BY seq')) project(database, toEntry(row));
  });
}

function attributeCondition(
  wanted: NonNullable<RecordQuery['identity']>,
): readonly [condition: string, values: readonly string[]] {
  const { key, value, match = 'equals' } = wanted;
  const [keyCondition, keys] = key === undefined ? ['', []] : ['key = ? AND ', [key]];
  // Texts are ordered by their UTF-8 bytes: those that begin with `value` end before its continuation by the last character.
  return match === 'equals'
    ? [`${keyCondition}value = ?`, [...keys, value]]
    : [`${keyCondition}value >= ? AND value < ?`, [...keys, value, `${value}\u{10ffff}`]];
}

function lastSeq(database: Database): number {
  return Number(database.first('SELECT coalesce(max(seq), 0) AS seq FROM event')?.['seq']);
}

/** Whether a reader can use the file as it is. */
function isCurrent(path: string): boolean {
  try {
    using database = new Database(path, { readOnly: true });
    return database.snapshot(
      () => journalVersion(database) === JOURNAL_VERSION && projectionsReach(database, lastSeq(database)),
    );
  } catch (thrown) {
    if (thrown instanceof StationError && thrown.code === 'journal/unusable') return false;
    throw thrown;
  }
}

/** Waits without giving the thread away: a reader is opened in the first lines of a command, before anything else runs. */
function waitUntil(condition: () => boolean, ms: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < ms && !condition(); waited += 50) Atomics.wait(cell, 0, 0, 50);
}

/** Makes a new file's name durable. Windows has no such call and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function toEntry(row: Row): JournalEntry {
  return JSON.parse(text(row, 'body')) as JournalEntry;
}

function toRecord(row: Row): RecordView {
  const error = textOrNull(row, 'error');
  return {
    seq: Number(row['ended_seq']),
    at: text(row, 'ended_at'),
    job: text(row, 'job'),
    port: text(row, 'port'),
    slot: text(row, 'slot'),
    verdict: text(row, 'verdict') as Verdict,
    identity: textOrNull(row, 'identity_label'),
    deviceId: textOrNull(row, 'device_id'),
    keyFingerprint: textOrNull(row, 'key_fingerprint'),
    keyType: textOrNull(row, 'key_type'),
    proof: textOrNull(row, 'proof'),
    server: textOrNull(row, 'server') ?? '',
    ms: Number(row['ms']),
    error: error === null ? null : (JSON.parse(error) as ErrorReport),
    label: textOrNull(row, 'label'),
  };
}

function toIdentity(row: Row): Identity | null {
  const identity = textOrNull(row, 'identity');
  return identity === null ? null : (JSON.parse(identity) as Identity);
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`${column} is not a text`);
  return value;
}

function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}
