import { accessSync, closeSync, constants, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RecordView } from '../contract.ts';
import type { BatchId } from '../model/batch.ts';
import type { Clock } from '../model/clock.ts';
import type { JournalEntry, JournalEvent } from '../model/event.ts';
import { canonicalIdentity, type Identity } from '../model/identity.ts';
import type { ErrorReport, JobId, JobResult, StepName, Verdict } from '../model/job.ts';
import type { KeyFingerprint, KeyOrigin, KeyType } from '../model/key.ts';
import type { RekeyReason } from '../model/rekey.ts';
import { StationError } from '../model/station-error.ts';
import { Batches } from './batches.ts';
import { Bulk } from './bulk.ts';
import { canonicalJson } from './canonical-json.ts';
import { chainHash, GENESIS, headMessage, hex, type Head, type JournalSigner } from './chain.ts';
import type { Expectations } from './chain-check.ts';
import { Database, type Row } from './database.ts';
import { exportingCsv } from './export-csv.ts';
import { exportingJson, type Exported, type ExportOptions } from './export-json.ts';
import { homeHolder, lockHome, type HomeLock, type LockHolder } from './home-lock.ts';
import { InventoryWishes } from './inventory.ts';
import { JOURNAL_VERSION, journalVersion, migrate } from './migrations.ts';
import { NO_KEY, project, projectionsReach, resetProjections } from './projections.ts';
import { RECORD_FORMAT, type RecordDocument } from './record-document.ts';
import { statistics, type Statistics } from './statistics.ts';
import { atOnce } from './turns.ts';
import { checkingProjections, verifying, type Verification } from './verify.ts';

/** Time as the journal needs it; milliseconds. */
export type JournalClock = Pick<Clock, 'now' | 'monotonic'>;

export interface JournalOptions {
  readonly stationId: string;
  readonly clock: JournalClock;
  /** Who writes, for the message to a second program that wants to. */
  readonly holder: LockHolder;
  /** The home's lock where the caller holds it already; it stays the caller's. Else the journal takes it. */
  readonly lock?: HomeLock;
  /** The station's key; asked for when the journal is opened to write in. Without one rows are chained but not signed. */
  readonly signer?: () => JournalSigner;
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

/** The last row, and the newest signature. */
export interface JournalHead extends Head {
  /** The key that signed last; null where nothing was signed yet. */
  readonly key: KeyFingerprint | null;
  /** The last row that a signature covers. */
  readonly signed: number | null;
}

/** A station key as the journal knows it. */
export interface StationKeyRecord {
  readonly fingerprint: KeyFingerprint | null;
  /** SPKI DER, base64; empty where there is no key. */
  readonly publicKey: string;
  /** When it was recorded; ISO 8601. */
  readonly since: string;
}

/** What the record knows of a unit; all of it found by index, however long the record is. */
export interface UnitHistory {
  /** How many jobs of this unit have ended. */
  readonly jobs: number;
  readonly last: UnitEnd | null;
  /** The last one that ended well. */
  readonly lastGood: UnitEnd | null;
  /** Other units that were given the key that was asked about, at any time. */
  readonly keyOf: readonly Identity[];
}

/** What a unit should have at a server. */
export interface UnitAtServer {
  readonly identity: Identity;
  readonly fingerprint: KeyFingerprint;
  readonly tier: null;
  readonly deviceId: string | null;
  /** Units are in no line of a file. */
  readonly line: null;
}

interface UnitEnd {
  readonly job: JobId;
  readonly at: string;
  readonly slot: string;
  readonly verdict: Verdict;
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
  /** Null for a job that ended before its start was recorded. */
  readonly flow: 'provision' | 'rekey' | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly port: string;
  readonly slot: string;
  readonly server: string | null;
  readonly serverUrl: string | null;
  readonly profile: string | null;
  /** Which version of the board profile: SHA-256 (hex) of its canonical JSON. */
  readonly profileSha256: string | null;
  /** Why the unit got a new key. */
  readonly reason: RekeyReason | null;
  readonly keySource: string | null;
  readonly label: string | null;
  readonly operator: string | null;
  /** The batch that its board is to count in. */
  readonly batch: BatchId | null;
  readonly identity: Identity | null;
  readonly steps: readonly StepRecord[];
  readonly result: JobResult | null;
}

/** The record as anyone may read it, also while another process writes. */
export interface JournalReader extends Disposable {
  readonly path: string;
  readonly batches: Batches;
  readonly inventory: InventoryWishes;
  /** Ended jobs, newest first. */
  list(query?: RecordQuery): readonly RecordView[];
  /** The record of an ended job. */
  record(job: string): RecordView | null;
  job(job: string): JobRecord | null;
  /** The newest jobs, ended or not, newest first. */
  lastJobs(limit: number): readonly JobRecord[];
  /** Jobs without a verdict, oldest first: running, or interrupted. */
  openJobs(): readonly JobRecord[];
  /** Jobs that were interrupted or left something, and that nothing has finished, replaced or dismissed since; oldest first. */
  interruptedJobs(): readonly JobRecord[];
  /** The newest ended jobs of a unit, newest first. */
  unitJobs(identity: Identity, limit: number): readonly JobRecord[];
  /** Ended jobs whose verdict is a row after `seq`, in the order of the record. */
  recordsAfter(seq: number, limit: number): readonly RecordDocument[];
  /** How many there are. */
  endedAfter(seq: number): number;
  /** What was recorded of a job, in order. */
  events(job: string): readonly JournalEntry[];
  /** Every entry after `seq`, in order, one by one. */
  entries(after?: number): Generator<JournalEntry, void, undefined>;
  /** The number of the last entry; 0 for an empty journal. */
  lastSeq(): number;
  /** The hash of a row (hex), that of row 0 being the one that the chain begins with; null where there is no such row. */
  hashOf(seq: number): string | null;
  /** A whole copy in a new file. Takes the thread until it is done: a second for each 100 MB or so. */
  copyInto(path: string): void;
  /** Who may work here as the record has it: the digest of the last change; null for nobody, or for no change ever. */
  peopleDigest(): string | null;
  /** Null for an empty journal. */
  head(): JournalHead | null;
  /** The keys that sign, the newest first; a fingerprint of null where one was looked for and there was none. */
  stationKeys(): readonly StationKeyRecord[];
  /** Looks at every row, hash, signature and projection; done when it returns, with a stop after each row. */
  verifying(expected?: Expectations): Generator<undefined, Verification, undefined>;
  /** How the bench does, from the full hour on in which `since` (ISO 8601 with an offset) lies. */
  statistics(since?: string): Statistics;
  /** What is known of a unit and of a key before a job; see `UnitHistory`. */
  history(identity: Identity, key: KeyFingerprint | null): UnitHistory;
  /** The record as one JSON document, in pieces. @throws StationError `journal/broken`. */
  exportingJson(options: ExportOptions): Generator<string, Exported, undefined>;
  /** The ended jobs as CSV, in pieces. */
  exportingCsv(options: Pick<ExportOptions, 'since'>): Generator<string, Exported, undefined>;
  /** The newest staged key whose file has this SHA-256 (hex). */
  stagedKeyBySha256(hex: string): StagedKeyRecord | null;
  /** Whether this station had a server take the key of a request; by the request's hash. Looks through the whole record. */
  hasApproved(request: string): boolean;
  /** The first unit that was given this key. A key belongs to one board. */
  keyOwner(fingerprint: KeyFingerprint): Identity | null;
  /** What a unit should have at a server by its last good job there; null where it has none. */
  unitAt(serverUrl: string, identity: Identity): UnitAtServer | null;
  /** The same of every unit that ended well there. */
  unitsAt(serverUrl: string): Generator<UnitAtServer, void, undefined>;
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
  /**
   * Adds some events at once, all or none of them. They are on the disk when this returns.
   *
   * @throws StationError as `append` does.
   */
  appendTogether(events: readonly JournalEvent[]): readonly JournalEntry[];
  /**
   * Adds many events, all or none of them, and lets other work go on in between: an entry that comes meanwhile has all of
   * these written before it. They are on the disk when this resolves; when it rejects none of them is part of the record.
   *
   * @throws StationError `journal/full`, `journal/unusable`; the signal's reason.
   */
  appendAll(events: Iterable<JournalEvent>, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when nothing of `appendAll` is on its way: an append right after this writes its own entry and no more. Whoever
   * can wait does, since an append that does not takes the thread until all of the many events are written.
   */
  settled(): Promise<void>;
  /** Derives the projections anew from the events. */
  rebuildProjections(): void;
  /** Finds out whether an append would be written now, and leaves no entry. @throws StationError as `append` does. */
  probe(): void;
  /** Whether its files are still those that are open. */
  isInPlace(): boolean;
  /**
   * Puts the journal back where somebody took its file or its log away from under it: whoever has a file open has all of
   * it. The file that it is in now: its own name, or one beside where something else has taken that. This journal is of no
   * more use after it; open it anew.
   *
   * @throws StationError `journal/...` where it cannot be written there.
   */
  rescue(): string;
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
  if (!isCurrent(path) && homeHolder(dirname(resolve(path))) === null) {
    // Only a station that writes has to have a key.
    const { signer: _, ...unsigned } = options;
    openJournal(path, unsigned).close();
  }
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

/** Of a unit's newest jobs: one that was cut off, the one that is running now, and some that never came as far. */
const JOBS_LOOKED_AT = 5;

class Reader implements JournalReader {
  readonly path: string;
  readonly batches: Batches;
  readonly inventory: InventoryWishes;
  protected readonly database: Database;
  readonly #owned: DisposableStack;

  constructor(database: Database, owned: DisposableStack) {
    this.path = database.path;
    this.batches = new Batches(database);
    this.inventory = new InventoryWishes(database);
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
      .map((row) => this.#toRecord(row));
  }

  record(job: string): RecordView | null {
    const row = this.database.first('SELECT * FROM p_job WHERE job = ? AND ended_seq IS NOT NULL', job);
    return row === undefined ? null : this.#toRecord(row);
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

  interruptedJobs(): readonly JobRecord[] {
    return this.database
      .all('SELECT * FROM p_job WHERE interrupted = 1 ORDER BY seq')
      .map((row) => this.#toJob(row));
  }

  unitJobs(identity: Identity, limit: number): readonly JobRecord[] {
    return this.database
      .all(
        'SELECT * FROM p_job WHERE identity = ? AND ended_seq IS NOT NULL ORDER BY ended_seq DESC LIMIT ?',
        canonicalIdentity(identity),
        limit,
      )
      .map((row) => this.#toJob(row));
  }

  recordsAfter(seq: number, limit: number): readonly RecordDocument[] {
    return this.database
      .all('SELECT * FROM p_job WHERE ended_seq > ? ORDER BY ended_seq LIMIT ?', seq, limit)
      .flatMap((row) => {
        const { result, ...job } = this.#toJob(row);
        const ended = Number(row['ended_seq']);
        const verdict = this.database.first('SELECT station, hash FROM event WHERE seq = ?', ended);
        if (result === null || !(verdict?.['hash'] instanceof Uint8Array)) return [];
        const place = { seq: ended, hash: hex(verdict['hash']) };
        return [{ format: RECORD_FORMAT, station: text(verdict, 'station'), row: place, ...job, result }];
      });
  }

  endedAfter(seq: number): number {
    return Number(this.database.first('SELECT count(*) AS n FROM p_job WHERE ended_seq > ?', seq)?.['n']);
  }

  events(job: string): readonly JournalEntry[] {
    return this.database.all('SELECT body FROM event WHERE job = ? ORDER BY seq', job).map(toEntry);
  }

  hasApproved(request: string): boolean {
    const row = this.database.first(
      `SELECT 1 FROM event
       WHERE kind = 'rekey-approval' AND json_extract(body, '$.event.request') = ?
         AND json_extract(body, '$.event.phase') <> 'begun' LIMIT 1`,
      request,
    );
    return row !== undefined;
  }

  *entries(after = 0): Generator<JournalEntry, void, undefined> {
    for (const row of this.database.walk('SELECT body FROM event WHERE seq > ? ORDER BY seq', after))
      yield toEntry(row);
  }

  lastSeq(): number {
    return lastSeq(this.database);
  }

  hashOf(seq: number): string | null {
    if (seq === 0) return hex(GENESIS);
    const hash = this.database.first('SELECT hash FROM event WHERE seq = ?', seq)?.['hash'];
    return hash instanceof Uint8Array ? hex(hash) : null;
  }

  copyInto(path: string): void {
    this.database.copyInto(path);
  }

  head(): JournalHead | null {
    const { seq, hash } = lastHead(this.database);
    if (seq === 0) return null;
    const signed = this.database.first('SELECT signed_seq, key FROM p_signed');
    return {
      seq,
      hash: hex(hash),
      key: signed === undefined ? null : (text(signed, 'key') as KeyFingerprint),
      signed: signed === undefined ? null : Number(signed['signed_seq']),
    };
  }

  peopleDigest(): string | null {
    const row = this.database.first('SELECT digest FROM p_people');
    return row === undefined ? null : textOrNull(row, 'digest');
  }

  stationKeys(): readonly StationKeyRecord[] {
    return this.database
      .all('SELECT fingerprint, public_key, at FROM p_station_key JOIN event USING (seq) ORDER BY seq DESC')
      .map((row) => ({
        fingerprint: row['fingerprint'] === NO_KEY ? null : (text(row, 'fingerprint') as KeyFingerprint),
        publicKey: text(row, 'public_key'),
        since: text(row, 'at'),
      }));
  }

  verifying(expected: Expectations = {}): Generator<undefined, Verification, undefined> {
    return verifying(this.database, expected);
  }

  statistics(since?: string): Statistics {
    return statistics(this.database, since);
  }

  history(identity: Identity, key: KeyFingerprint | null): UnitHistory {
    const unit = canonicalIdentity(identity);
    const ended = 'FROM p_job WHERE identity = ? AND ended_seq IS NOT NULL';
    const end = (condition: string): UnitHistory['last'] => {
      const row = this.database.first(
        `SELECT job, ended_at, slot, verdict ${ended} ${condition} ORDER BY ended_seq DESC LIMIT 1`,
        unit,
      );
      return row === undefined
        ? null
        : {
            job: text(row, 'job') as JobId,
            at: text(row, 'ended_at'),
            slot: text(row, 'slot'),
            verdict: text(row, 'verdict') as Verdict,
          };
    };
    const others =
      key === null
        ? []
        : this.database.all(
            'SELECT identity FROM p_key WHERE fingerprint = ? AND identity <> ? ORDER BY seq',
            key,
            unit,
          );
    return {
      jobs: Number(this.database.first(`SELECT count(*) AS n ${ended}`, unit)?.['n']),
      last: end(''),
      lastGood: end(`AND verdict IN ('pass', 'already')`),
      keyOf: others.map(toIdentity).filter((identity) => identity !== null),
    };
  }

  exportingJson(options: ExportOptions): Generator<string, Exported, undefined> {
    return exportingJson(this.database, options);
  }

  exportingCsv(options: Pick<ExportOptions, 'since'>): Generator<string, Exported, undefined> {
    return exportingCsv(this.database, options);
  }

  stagedKeyBySha256(sha256: string): StagedKeyRecord | null {
    const row = this.database.first(
      'SELECT * FROM p_staged WHERE file_sha256 = ? ORDER BY seq DESC LIMIT 1',
      sha256.toLowerCase(),
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

  unitAt(serverUrl: string, identity: Identity): UnitAtServer | null {
    const row = this.database.first(
      `SELECT identity, key_fingerprint, device_id FROM p_job
       WHERE identity = ? AND server_url = ? AND verdict IN ('pass', 'already') AND key_fingerprint IS NOT NULL
       ORDER BY ended_seq DESC LIMIT 1`,
      canonicalIdentity(identity),
      serverUrl,
    );
    return row === undefined
      ? null
      : {
          identity,
          fingerprint: text(row, 'key_fingerprint') as KeyFingerprint,
          tier: null,
          deviceId: textOrNull(row, 'device_id'),
          line: null,
        };
  }

  *unitsAt(serverUrl: string): Generator<UnitAtServer, void, undefined> {
    for (const row of this.database.walk(
      'SELECT identity FROM p_device WHERE server_url = ? ORDER BY identity',
      serverUrl,
    )) {
      const identity = toIdentity(row);
      const unit = identity === null ? null : this.unitAt(serverUrl, identity);
      if (unit !== null) yield unit;
    }
  }

  lastDeviceId(serverUrl: string, identity: Identity): string | null {
    // A job that was cut off has no verdict to name the device by; its actions do.
    const jobs = this.database.all(
      'SELECT job FROM p_job WHERE identity = ? AND server_url = ? ORDER BY seq DESC LIMIT ?',
      canonicalIdentity(identity),
      serverUrl,
      JOBS_LOOKED_AT,
    );
    for (const job of jobs) {
      const met = this.events(text(job, 'job')).map(({ event }) => deviceMet(event));
      const last = met.findLast((id) => id !== null);
      if (last !== undefined) return last;
    }
    const row = this.database.first(
      'SELECT device_id FROM p_device WHERE server_url = ? AND identity = ?',
      serverUrl,
      canonicalIdentity(identity),
    );
    return row === undefined ? null : text(row, 'device_id');
  }

  checkProjections(): string | null {
    return this.database.snapshot(() => atOnce(checkingProjections(this.database)));
  }

  close(): void {
    this.#owned.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #toRecord(row: Row): RecordView {
    return { ...toRecord(row), inventory: this.inventory.ofJob(text(row, 'job')) };
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
    const reason = textOrNull(row, 'reason');
    return {
      job,
      flow: textOrNull(row, 'flow') as JobRecord['flow'],
      startedAt: text(row, 'started_at'),
      endedAt: textOrNull(row, 'ended_at'),
      port: text(row, 'port'),
      slot: text(row, 'slot'),
      server: textOrNull(row, 'server'),
      serverUrl: textOrNull(row, 'server_url'),
      profile: textOrNull(row, 'profile'),
      profileSha256: textOrNull(row, 'profile_sha256'),
      reason: reason === null ? null : (JSON.parse(reason) as JobRecord['reason']),
      keySource: textOrNull(row, 'key_source'),
      label: textOrNull(row, 'label'),
      operator: textOrNull(row, 'operator'),
      batch: textOrNull(row, 'batch') as BatchId | null,
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

/** Rows that never stand without a signature. */
const SIGNED_AT_ONCE: ReadonlySet<JournalEvent['kind']> = new Set<JournalEvent['kind']>([
  'verdict',
  'station-key',
  'journal-backup',
  'journal-restored',
  'verdicts-unsigned',
]);
/** So many rows at most are without a signature. */
const ROWS_A_SIGNATURE = 100;
/** So many unsigned verdicts at most are named by their rows. */
const UNSIGNED_NAMED = 100;
/** How far the wall clock may be set back before it is recorded, in milliseconds: clocks are trimmed all the time. */
const CLOCK_TOLERANCE_MS = 1000;

class Writer extends Reader implements Journal {
  readonly #stationId: string;
  readonly #clock: JournalClock;
  readonly #appended: (fault: StationError | null) => void;
  readonly #maxPages: number | undefined;
  #bulk: Bulk | null = null;
  #signer: JournalSigner | null = null;
  /** Both clocks at the last row of this run; at the opening the last row's wall time alone. */
  #last: { readonly wall: number; readonly steady: number | null } | null;

  constructor(database: Database, options: JournalOptions, owned: DisposableStack) {
    super(database, owned);
    this.#stationId = options.stationId;
    this.#clock = options.clock;
    this.#appended = options.appended ?? (() => undefined);
    this.#maxPages = options.maxPages;
    const newest = database.first('SELECT at FROM event ORDER BY seq DESC LIMIT 1');
    this.#last = newest === undefined ? null : { wall: Date.parse(text(newest, 'at')), steady: null };
    if (options.signer !== undefined) this.#takeKey(options.signer);
  }

  append(event: JournalEvent): JournalEntry {
    const [entry] = this.#appendNow([event]);
    if (entry === undefined) throw new TypeError('an event was not written');
    return entry;
  }

  appendTogether(events: readonly JournalEvent[]): readonly JournalEntry[] {
    return this.#appendNow(events);
  }

  #appendNow(events: readonly JournalEvent[]): readonly JournalEntry[] {
    try {
      const entries = this.#write(events);
      this.#appended(null);
      return entries;
    } catch (thrown) {
      if (thrown instanceof StationError) this.#appended(thrown);
      throw thrown;
    }
  }

  async appendAll(events: Iterable<JournalEvent>, signal?: AbortSignal): Promise<void> {
    this.#settle();
    this.database.checkFiles();
    const bulk = new Bulk(this.#inserting(events));
    this.#bulk = bulk;
    try {
      await bulk.inTurns(signal);
      this.database.checkFiles();
      this.#appended(null);
    } catch (thrown) {
      if (thrown instanceof StationError) this.#appended(thrown);
      throw thrown;
    } finally {
      if (this.#bulk === bulk) this.#bulk = null;
    }
  }

  *#inserting(events: Iterable<JournalEvent>): Generator<undefined, void, undefined> {
    const times = { wall: this.#clock.now(), steady: this.#clock.monotonic() };
    // A connection of its own: what is not whole yet is seen by nobody who reads, and gone when it is closed before that.
    using database = new Database(this.path);
    if (this.#maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${this.#maxPages}`);
    database.makeDurable();
    database.exec('BEGIN IMMEDIATE');
    let head = lastHead(database);
    const jump = this.#jump(times);
    if (jump !== null) ({ head } = this.#insert(database, head, jump, times));
    for (const event of events) {
      ({ head } = this.#insert(database, head, event, times));
      if (this.#mustSign(database, event, head.seq))
        ({ head } = this.#insert(database, head, this.#signature(head), times));
      yield;
    }
    database.exec('COMMIT');
    this.#last = times;
  }

  async settled(): Promise<void> {
    // One that has ended is let go of in a later turn: whoever waited for that here would keep that turn from coming.
    for (let bulk = this.#bulk; bulk !== null && !bulk.isEnded; bulk = this.#bulk) await bulk.ended;
  }

  /** What many events have begun is brought to its end before anything else is written. */
  #settle(): void {
    this.#bulk?.atOnce();
    this.#bulk = null;
  }

  #write(events: readonly JournalEvent[]): readonly JournalEntry[] {
    this.#settle();
    const times = { wall: this.#clock.now(), steady: this.#clock.monotonic() };
    // What was taken away is told before something is written to where nobody will find it.
    this.database.checkFiles();
    const entries = this.database.write(() => {
      let head = lastHead(this.database);
      const jump = this.#jump(times);
      if (jump !== null) ({ head } = this.#insert(this.database, head, jump, times));
      return events.map((event) => {
        const written = this.#insert(this.database, head, event, times);
        head = written.head;
        if (this.#mustSign(this.database, event, head.seq))
          ({ head } = this.#insert(this.database, head, this.#signature(head), times));
        return written.entry;
      });
    });
    this.#last = times;
    // After the commit: files that were gone before it took the row along.
    this.database.checkFiles();
    return entries;
  }

  #insert(
    database: Database,
    previous: ChainEnd,
    event: JournalEvent,
    times: { readonly wall: number; readonly steady: number },
  ): { readonly entry: JournalEntry; readonly head: ChainEnd } {
    const body = canonicalJson({
      seq: previous.seq + 1,
      at: new Date(times.wall).toISOString(),
      monotonicMs: Math.round(times.steady),
      station: this.#stationId,
      event,
    });
    // What is projected is what was written, so that a projection of the file can never differ.
    const entry = JSON.parse(body) as JournalEntry;
    const hash = chainHash(previous.hash, body);
    database.run('INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)', entry.seq, body, hash);
    project(database, entry);
    return { entry, head: { seq: entry.seq, hash } };
  }

  #jump({ wall, steady }: { readonly wall: number; readonly steady: number }): JournalEvent | null {
    if (this.#last === null) return null;
    const passed = this.#last.steady === null ? 0 : steady - this.#last.steady;
    const due = this.#last.wall + passed;
    if (wall >= due - CLOCK_TOLERANCE_MS) return null;
    return {
      kind: 'clock-jumped',
      while: this.#last.steady === null ? 'closed' : 'running',
      from: new Date(due).toISOString(),
      to: new Date(wall).toISOString(),
    };
  }

  #mustSign(database: Database, { kind }: JournalEvent, seq: number): boolean {
    if (this.#signer === null) return false;
    if (SIGNED_AT_ONCE.has(kind)) return true;
    const signed = Number(database.first('SELECT seq FROM p_signed')?.['seq'] ?? 0);
    return seq - signed >= ROWS_A_SIGNATURE;
  }

  #signature({ seq, hash }: ChainEnd): JournalEvent {
    if (this.#signer === null) throw new TypeError('there is no key to sign with');
    const head = { seq, hash: hex(hash) };
    const signature = this.#signer.sign(headMessage(this.#stationId, head));
    return {
      kind: 'head-signed',
      ...head,
      key: this.#signer.fingerprint,
      signature: Buffer.from(signature).toString('base64'),
    };
  }

  /** The key to sign with, recorded where the journal does not know it. Without one the record goes on, and says so. */
  #takeKey(open: () => JournalSigner): void {
    const keys = this.database.all('SELECT fingerprint, protection FROM p_station_key ORDER BY seq DESC');
    const isMissing = keys[0]?.['fingerprint'] === NO_KEY;
    let signer: JournalSigner;
    try {
      signer = open();
    } catch (thrown) {
      if (!(thrown instanceof StationError)) throw thrown;
      if (!isMissing)
        this.append({
          kind: 'station-key',
          what: 'missing',
          fingerprint: null,
          publicKey: null,
          protection: 'none',
          replaces: keys[0] === undefined ? null : (text(keys[0], 'fingerprint') as KeyFingerprint),
          detail: thrown.message,
        });
      return;
    }
    const { fingerprint, publicKey, protection } = signer;
    const unsigned = this.#unsignedVerdicts();
    if (!isMissing && keys.some((key) => key['fingerprint'] === fingerprint)) {
      this.#signer = signer;
      if (unsigned !== null) this.append(unsigned);
      return;
    }
    // Told before this key signs anything, and before it is introduced.
    if (unsigned !== null) this.append(unsigned);
    this.#signer = signer;
    // The window's key may lie in the system's key store and the command's in a file: two keys, neither lost.
    const lost = keys.find(
      (key) => key['protection'] === protection && ![fingerprint, NO_KEY].includes(text(key, 'fingerprint')),
    );
    const replaces = lost === undefined ? null : (text(lost, 'fingerprint') as KeyFingerprint);
    this.append({
      kind: 'station-key',
      what: replaces === null ? 'made' : 'replaced',
      fingerprint,
      publicKey,
      protection,
      replaces,
      detail: null,
    });
  }

  /** Verdicts since the last signature: no run that had a key left one, so this one says that it did not write them. */
  #unsignedVerdicts(): JournalEvent | null {
    // Of the rows themselves, from their end: the tables are not what is signed.
    const signed = this.database.first(
      `SELECT seq FROM event WHERE kind = 'head-signed' ORDER BY seq DESC LIMIT 1`,
    );
    const found = this.database.all(
      `SELECT seq, count(*) OVER () AS count FROM event WHERE kind = 'verdict' AND seq > ? ORDER BY seq LIMIT ?`,
      Number(signed?.['seq'] ?? 0),
      UNSIGNED_NAMED,
    );
    const [first] = found;
    if (first === undefined) return null;
    return {
      kind: 'verdicts-unsigned',
      rows: found.map(({ seq }) => Number(seq)),
      count: Number(first['count']),
    };
  }

  override close(): void {
    this.#bulk?.drop();
    super.close();
  }

  rebuildProjections(): void {
    this.#settle();
    rebuild(this.database);
  }

  probe(): void {
    this.#settle();
    this.database.checkFiles();
    this.database.write(() => this.database.run('UPDATE p_state SET seq = seq'));
    this.database.checkFiles();
  }

  isInPlace(): boolean {
    try {
      this.database.checkFiles();
      return true;
    } catch (thrown) {
      if (thrown instanceof StationError) return false;
      throw thrown;
    }
  }

  rescue(): string {
    this.#bulk?.drop();
    const { path } = this;
    const stamp = new Date(this.#clock.now()).toISOString().replace(/[:.]/g, '-');
    const copy = `${path}.rescued-${stamp}`;
    this.database.copyInto(copy);
    const taken = !this.database.isInPlace() && statSync(path, { throwIfNoEntry: false }) !== undefined;
    // Before the name is given: closing tidies up what lies at the names that this connection knows.
    this.database.close();
    if (taken) return copy;
    // A log that lies there now belongs to no file of this name.
    rmSync(`${path}-wal`, { force: true });
    rmSync(`${path}-shm`, { force: true });
    renameSync(copy, path);
    syncFolder(dirname(resolve(path)));
    return path;
  }
}

function rebuild(database: Database): void {
  database.write(() => {
    resetProjections(database);
    for (const row of database.walk('SELECT body FROM event ORDER BY seq')) project(database, toEntry(row));
  });
}

/** The id of the device that an event tells of. */
function deviceMet(event: JournalEvent): string | null {
  if (event.kind === 'verdict') return event.result.deviceId;
  if (event.kind !== 'step-intent' && event.kind !== 'step-outcome') return null;
  const { deviceId } = event.detail;
  return typeof deviceId === 'string' ? deviceId : null;
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

/** The end of the chain, its hash as bytes. */
interface ChainEnd {
  readonly seq: number;
  readonly hash: Uint8Array;
}

function lastHead(database: Database): ChainEnd {
  const row = database.first('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1');
  if (row === undefined) return { seq: 0, hash: GENESIS };
  const { seq, hash } = row;
  if (!(hash instanceof Uint8Array)) throw new TypeError('hash is not a blob');
  return { seq: Number(seq), hash };
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
export function syncFolder(folder: string): void {
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

function toRecord(row: Row): Omit<RecordView, 'inventory'> {
  const error = textOrNull(row, 'error');
  return {
    seq: Number(row['ended_seq']),
    at: text(row, 'ended_at'),
    job: text(row, 'job'),
    flow: textOrNull(row, 'flow') === 'rekey' ? 'rekey' : 'provision',
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
    batch: textOrNull(row, 'batch_name'),
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
