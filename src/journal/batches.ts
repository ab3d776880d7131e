import {
  BATCH_RUN_STATES,
  ROW_OUTCOMES,
  type BatchClosing,
  type BatchId,
  type BatchKind,
  type BatchRecord,
  type BatchRowState,
  type BatchShare,
  type KeptDevice,
  type RowOutcome,
} from '../model/batch.ts';
import type { LeftOutRow } from '../model/batch-event.ts';
import { canonicalIdentity, type Identity } from '../model/identity.ts';
import type { ErrorReport, Proof } from '../model/job.ts';
import type { KeyFingerprint, PublicKeyPem } from '../model/key.ts';
import { BatchShares, type BatchMerge } from './batch-shares.ts';
import type { Database, Row } from './database.ts';
import { FAILED, REPLACEABLE } from './failed-rows.ts';
import { InventoryWishes } from './inventory.ts';

export interface BatchRowQuery {
  /** `failed`: those that have to be mended or tried again. `sent`: about to be sent, with no word of what came of it. */
  readonly outcome?: RowOutcome | 'failed' | 'sent' | undefined;
  /** Rows after this line. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** What is to be sent where. */
export interface SendQuery {
  readonly serverUrl: string;
  /** Also what failed. */
  readonly retry: boolean;
}

/** When a run may have sent rows. */
export interface BatchRunSpan {
  readonly run: string;
  readonly from: number;
  readonly until: number;
}

/** What somebody else has of an identity or a key. */
export interface BatchPlace {
  readonly batch: string;
  readonly line: number;
}

/** What the record has of one row that is to be imported. */
export interface KnownRow {
  readonly identity: string;
  readonly fingerprint: string | null;
  /** The batch that has this identity, of those on the list; `failed`: in a row that may come again in another one. */
  readonly batch: (BatchPlace & { readonly id: BatchId; readonly failed: boolean }) | null;
  /**
   * The batch that has this key, with whatever identity. Also one that had it for another identity, and was removed
   * (`removed`) or had that row fail and come again elsewhere (`replaced`): keys are never given twice. Not the failed row
   * of this very identity.
   */
  readonly keyBatch: (BatchPlace & { readonly former: 'removed' | 'replaced' | null }) | null;
  /** Whether a unit of this identity was provisioned here. */
  readonly unit: boolean;
  /** The canonical identity of another unit that was given this key. */
  readonly keyOf: string | null;
}

/** A unit of a batch for its certificate. */
export interface BatchUnitRecord {
  readonly line: number;
  readonly identity: Identity;
  readonly job: string;
  readonly at: string;
  readonly verdict: 'pass' | 'already';
  readonly station: string;
  readonly proof: Proof | null;
  readonly fingerprint: KeyFingerprint | null;
  readonly deviceId: string | null;
  readonly operator: string | null;
}

/** A board that an admin let through. */
export interface BatchAdmission {
  readonly job: string;
  readonly identity: Identity;
  readonly why: string;
  readonly at: string;
  readonly operator: string | null;
}

/** The batches of a record, as anyone may read them. All of it by index, however many rows there are. */
export class Batches {
  readonly #database: Database;
  readonly #shares: BatchShares;
  readonly #inventory: InventoryWishes;

  constructor(database: Database) {
    this.#database = database;
    this.#shares = new BatchShares(database);
    this.#inventory = new InventoryWishes(database);
  }

  /** All that were not removed, the newest first. */
  list(): readonly BatchRecord[] {
    return this.#database
      .all('SELECT * FROM p_batch WHERE removed = 0 ORDER BY batch DESC')
      .map((row) => this.#toBatch(row));
  }

  byName(name: string): BatchRecord | null {
    const row = this.#database.first(
      'SELECT * FROM p_batch WHERE removed = 0 AND name = ? ORDER BY batch DESC LIMIT 1',
      name,
    );
    return row === undefined ? null : this.#toBatch(row);
  }

  /** The row of an identity that a server said it has, in any batch; the newest one. `deviceId` is the one there. */
  rowAt(serverUrl: string, identity: Identity): BatchRowState | null {
    const row = this.#database.first(
      `SELECT r.*, f.sent_at FROM ${ROWS} JOIN p_batch AS b USING (batch)
       WHERE r.identity = ? AND b.removed = 0
         AND (r.kept_url = ? OR (r.server_url = ? AND r.outcome IN ('created', 'already')))
       ORDER BY batch DESC LIMIT 1`,
      canonicalIdentity(identity),
      serverUrl,
      serverUrl,
    );
    return row === undefined ? null : deviceAt(toRow(row), serverUrl);
  }

  /** Also one that was removed. */
  byId(id: BatchId): BatchRecord | null {
    const row = this.#database.first('SELECT * FROM p_batch WHERE id = ?', id);
    return row === undefined ? null : this.#toBatch(row);
  }

  /** Rows in the order of the file. */
  rows(id: BatchId, { outcome, after = 0, limit }: BatchRowQuery): readonly BatchRowState[] {
    const batch = this.#number(id);
    const [from, condition, values]: readonly [string, string, readonly string[]] =
      outcome === undefined
        ? [ROWS, '', []]
        : outcome === 'failed'
          ? [rowsBy('outcome'), `AND outcome IN (${FAILED})`, []]
          : outcome === 'sent'
            ? [SENT_ROWS, '', []]
            : [rowsBy('outcome'), 'AND outcome = ?', [outcome]];
    return this.#database
      .all(
        `SELECT r.*, f.sent_at FROM ${from} WHERE batch = ? AND line > ? ${condition} ORDER BY line LIMIT ?`,
        batch,
        after,
        ...values,
        limit,
      )
      .map(toRow);
  }

  /** Rows that no server has answered yet, those in flight among them, in the order of the file. */
  pendingRows(id: BatchId, after: number, limit: number): readonly BatchRowState[] {
    return this.rows(id, { outcome: 'pending', after, limit });
  }

  /**
   * Rows to be sent to a server, in the order of the file: without an answer, and with `retry` those that failed as well;
   * never one whose device is in use at another server, or whose unit was given another key here since.
   */
  rowsToSend(
    id: BatchId,
    { serverUrl, retry }: SendQuery,
    after: number,
    limit: number,
  ): readonly BatchRowState[] {
    return this.#database
      .all(
        `SELECT r.*, f.sent_at FROM ${ROWS} WHERE batch = ? AND line > ? AND ${toSend(retry)} ORDER BY line LIMIT ?`,
        this.#number(id),
        after,
        serverUrl,
        limit,
      )
      .map(toRow);
  }

  /**
   * How many those are. `needed`: those that need a place at the server for certain: what may be there already has its
   * place, and where the identity is there with another key none is needed.
   */
  countToSend(
    id: BatchId,
    { serverUrl, retry }: SendQuery,
  ): { readonly rows: number; readonly needed: number } {
    const found = this.#database.first(
      `SELECT count(*) AS n, sum(sent_at IS NULL AND outcome <> 'conflict') AS needed
       FROM ${ROWS} WHERE batch = ? AND ${toSend(retry)}`,
      this.#number(id),
      serverUrl,
    );
    return { rows: Number(found?.['n'] ?? 0), needed: Number(found?.['needed'] ?? 0) };
  }

  /** Rows that are not sent to a server since their devices are in use at another one, and that do not say so yet. */
  keptElsewhere(id: BatchId, serverUrl: string, limit: number): readonly BatchRowState[] {
    return this.#database
      .all(
        `SELECT r.*, f.sent_at FROM ${rowsBy('kept')} WHERE batch = ? AND kept_url IS NOT NULL AND kept_url <> ?
           AND NOT (outcome = 'conflict' AND server_url IS ?) ORDER BY line LIMIT ?`,
        this.#number(id),
        serverUrl,
        serverUrl,
        limit,
      )
      .map(toRow);
  }

  /** Rows without an answer that are not sent since their units were given other keys here. */
  withOtherKeys(id: BatchId, limit: number): readonly BatchRowState[] {
    return this.#database
      .all(
        `SELECT r.*, f.sent_at FROM ${rowsBy('other_key')}
         WHERE batch = ? AND other_key = 1 AND share IS NULL AND outcome = 'pending' ORDER BY line LIMIT ?`,
        this.#number(id),
        limit,
      )
      .map(toRow);
  }

  /** Rows whose devices this batch has made at a server; `deviceId` is the one there. */
  createdAt(id: BatchId, serverUrl: string, after: number, limit: number): readonly BatchRowState[] {
    return this.#database
      .all(
        `SELECT r.*, f.sent_at FROM ${ROWS} WHERE batch = ? AND line > ?
           AND (kept_url = ? OR (outcome = 'created' AND (server_url IS NULL OR server_url = ?)))
         ORDER BY line LIMIT ?`,
        this.#number(id),
        after,
        serverUrl,
        serverUrl,
        limit,
      )
      .map((row) => deviceAt(toRow(row), serverUrl));
  }

  /** Whether devices of this batch stay in use at a server from which it was taken back; null: at any. */
  hasKept(id: BatchId, serverUrl: string | null): boolean {
    const found = this.#database.first(
      `SELECT 1 FROM p_batch_row INDEXED BY p_batch_row_kept
       WHERE batch = ? AND kept_url IS NOT NULL AND kept_url = coalesce(?, kept_url) LIMIT 1`,
      this.#number(id),
      serverUrl,
    );
    return found !== undefined;
  }

  /** The runs of a batch at a server, each with the time in which it may have sent rows; milliseconds of the wall clock. */
  runsAt(id: BatchId, serverUrl: string): readonly BatchRunSpan[] {
    return this.#database
      .all(
        'SELECT * FROM p_batch_run WHERE batch = ? AND server_url = ? ORDER BY begun_at',
        this.#number(id),
        serverUrl,
      )
      .map((row) => ({
        run: String(row['run']),
        from: Date.parse(String(row['begun_at'])),
        until: Date.parse(String(row['last_at'])),
      }));
  }

  /** Rows that were about to be sent when a run was cut off: nobody knows whether the server has them. */
  inFlightRows(id: BatchId, after: number, limit: number): readonly BatchRowState[] {
    return this.rows(id, { outcome: 'sent', after, limit });
  }

  countInFlight(id: BatchId): number {
    const sql = 'SELECT count(*) AS n FROM p_batch_flight WHERE batch = ?';
    return Number(this.#database.first(sql, this.#number(id))?.['n'] ?? 0);
  }

  /** The row of an identity in a batch; its tier, group and tags are for the board of that identity. */
  rowOf(id: BatchId, identity: Identity): BatchRowState | null {
    const row = this.#database.first(
      `SELECT r.*, f.sent_at FROM ${rowsBy('identity')} WHERE identity = ? AND batch = ?`,
      canonicalIdentity(identity),
      this.#number(id),
    );
    return row === undefined ? null : toRow(row);
  }

  row(id: BatchId, line: number): BatchRowState | null {
    const row = this.#database.first(
      `SELECT r.*, f.sent_at FROM ${ROWS} WHERE batch = ? AND line = ?`,
      this.#number(id),
      line,
    );
    return row === undefined ? null : toRow(row);
  }

  counts(id: BatchId): Readonly<Record<RowOutcome, number>> {
    return this.#counts(this.#number(id));
  }

  /** Rows that were left out of the import, as they were in the file. */
  leftOut(id: BatchId, after: number, limit: number): readonly LeftOutRow[] {
    return this.#database
      .all(
        'SELECT line, cells, reason FROM p_batch_left_out WHERE batch = ? AND line > ? ORDER BY line LIMIT ?',
        this.#number(id),
        after,
        limit,
      )
      .map((row) => ({
        line: Number(row['line']),
        cells: JSON.parse(String(row['cells'])) as readonly string[],
        reason: String(row['reason']),
      }));
  }

  /** The units of a batch, in the order of its rows. */
  units(id: BatchId, after: number, limit: number): readonly BatchUnitRecord[] {
    return this.#database
      .all(
        `SELECT * FROM p_batch_row INDEXED BY p_batch_row_unit
         WHERE batch = ? AND line > ? AND unit_job IS NOT NULL ORDER BY line LIMIT ?`,
        this.#number(id),
        after,
        limit,
      )
      .map((row) => ({
        line: Number(row['line']),
        identity: JSON.parse(String(row['identity'])) as Identity,
        job: String(row['unit_job']),
        at: String(row['unit_at']),
        verdict: row['unit_verdict'] === 'already' ? 'already' : 'pass',
        station: String(row['unit_station']),
        proof: textOrNull(row['unit_proof']) as Proof | null,
        fingerprint: textOrNull(row['unit_key']) as KeyFingerprint | null,
        deviceId: textOrNull(row['unit_device']),
        operator: textOrNull(row['unit_operator']),
      }));
  }

  /** Whether an admin let the board of a job through, whatever became of it. */
  isAdmitted(id: BatchId, job: string): boolean {
    return (
      this.#database.first(
        'SELECT 1 FROM p_batch_admitted WHERE batch = ? AND job = ? LIMIT 1',
        this.#number(id),
        job,
      ) !== undefined
    );
  }

  /** Boards that an admin let through and that went through, in the order in which they came. */
  admissions(id: BatchId): readonly BatchAdmission[] {
    return this.#database
      .all(`SELECT a.* FROM ${ADMITTED} ORDER BY a.seq, a.n`, this.#number(id))
      .map((row) => ({
        job: String(row['job']),
        identity: JSON.parse(String(row['identity'])) as Identity,
        why: String(row['why']),
        at: String(row['at']),
        operator: textOrNull(row['operator']),
      }));
  }

  /** What other benches told of their parts of a batch. */
  merges(id: BatchId): readonly BatchMerge[] {
    return this.#shares.merges(this.#number(id));
  }

  /** Whether a file that this key has signed was taken before. */
  knowsBench(key: KeyFingerprint): boolean {
    return this.#shares.knowsBench(key);
  }

  /** What the record has of rows that are to be imported: in one question for all of them. */
  known(
    rows: readonly { readonly identity: string; readonly fingerprint: string | null }[],
  ): readonly KnownRow[] {
    return this.#database
      .all(
        `SELECT json_extract(value, '$[0]') AS identity, json_extract(value, '$[1]') AS fingerprint,
           EXISTS (SELECT 1 FROM p_unit WHERE p_unit.identity = json_extract(value, '$[0]')) AS unit,
           (SELECT json_array(b.name, r.line, b.id, ${REPLACEABLE})
             FROM p_batch_row AS r JOIN p_batch AS b USING (batch)
             WHERE r.identity = json_extract(value, '$[0]') AND b.removed = 0
             ORDER BY ${REPLACEABLE} LIMIT 1) AS place,
           coalesce(
             (SELECT json_array(b.name, r.line, iif(b.removed, 'removed', NULL))
               FROM p_batch_row AS r JOIN p_batch AS b USING (batch)
               WHERE r.fingerprint = json_extract(value, '$[1]')
                 AND (r.identity <> json_extract(value, '$[0]') OR (b.removed = 0 AND NOT ${REPLACEABLE}))
               ORDER BY b.removed LIMIT 1),
             (SELECT json_array(b.name, o.line, 'replaced') FROM p_batch_former AS o JOIN p_batch AS b USING (batch)
               WHERE o.fingerprint = json_extract(value, '$[1]') AND o.identity <> json_extract(value, '$[0]')
               LIMIT 1)
           ) AS key_place,
           (SELECT k.identity FROM p_key AS k WHERE k.fingerprint = json_extract(value, '$[1]')
             AND k.identity <> json_extract(value, '$[0]') LIMIT 1) AS key_of
         FROM json_each(?)`,
        JSON.stringify(rows.map(({ identity, fingerprint }) => [identity, fingerprint])),
      )
      .map((row) => ({
        identity: String(row['identity']),
        fingerprint: textOrNull(row['fingerprint']),
        batch: toPlace(row['place']),
        keyBatch: toKeyPlace(row['key_place']),
        unit: row['unit'] === 1,
        keyOf: textOrNull(row['key_of']),
      }));
  }

  /** How many of these rows failed and may still come again in another batch. */
  countReplaceable(id: BatchId, lines: readonly number[]): number {
    const found = this.#database.first(
      `SELECT count(*) AS n FROM p_batch_row AS r JOIN p_batch AS b USING (batch)
       WHERE b.id = ? AND r.line IN (SELECT value FROM json_each(?)) AND ${REPLACEABLE}`,
      id,
      JSON.stringify(lines),
    );
    return Number(found?.['n'] ?? 0);
  }

  #number(id: BatchId): number {
    const batch = this.#database.first('SELECT batch FROM p_batch WHERE id = ?', id)?.['batch'];
    if (typeof batch !== 'number') throw new TypeError('there is no such batch');
    return batch;
  }

  #counts(
    batch: number,
    elsewhere = this.#shares.outcomesElsewhere(batch),
  ): Readonly<Record<RowOutcome, number>> {
    const found = new Map(
      this.#database
        .all('SELECT outcome, count(*) AS n FROM p_batch_row WHERE batch = ? GROUP BY outcome', batch)
        .map((row) => [String(row['outcome']), Number(row['n'])]),
    );
    return Object.fromEntries(
      ROW_OUTCOMES.map((outcome) => [outcome, (found.get(outcome) ?? 0) - (elsewhere.get(outcome) ?? 0)]),
    ) as Readonly<Record<RowOutcome, number>>;
  }

  #toBatch(row: Row): BatchRecord {
    const batch = Number(row['batch']);
    const count = (sql: string): number => Number(this.#database.first(sql, batch)?.['n'] ?? 0);
    const closedAt = textOrNull(row['closed_at']);
    const share = textOrNull(row['share']);
    const run = textOrNull(row['run']);
    return {
      id: String(row['id']) as BatchId,
      name: String(row['name']),
      kind: String(row['kind']) as BatchKind,
      file: String(row['file']),
      sha256: String(row['sha256']),
      rows: Number(row['rows']),
      at: String(row['at']),
      operator: textOrNull(row['operator']),
      columns: JSON.parse(String(row['columns'])) as readonly string[],
      identityColumns: JSON.parse(String(row['identity_columns'])) as readonly string[],
      leftOut: Number(row['left_out']),
      share: share === null ? null : (JSON.parse(share) as BatchShare),
      shares: this.#shares.of(batch),
      closed: closedAt === null ? null : { at: closedAt, why: String(row['closed_why']) as BatchClosing },
      counts: this.#counts(batch),
      units: count(
        'SELECT count(*) AS n FROM p_batch_row INDEXED BY p_batch_row_unit WHERE batch = ? AND unit_job IS NOT NULL',
      ),
      admitted: count(`SELECT count(DISTINCT a.job) AS n FROM ${ADMITTED}`),
      inventory: this.#inventory.counts({ batch: String(row['id']) as BatchId }),
      run:
        run === null
          ? null
          : {
              run,
              server: String(row['run_server']),
              serverUrl: String(row['run_server_url']),
              state: BATCH_RUN_STATES.find((state) => state === row['run_state']) ?? 'begun',
              at: String(row['run_at']),
            },
    };
  }
}

/** Rows, each with when it was sent while nobody knows what came of that. */
const ROWS = 'p_batch_row AS r LEFT JOIN p_batch_flight AS f USING (batch, line)';
/** The same by an index: without figures of how many rows a batch has, SQLite would read all of it. */
const rowsBy = (index: 'identity' | 'outcome' | 'kept' | 'other_key'): string =>
  `p_batch_row AS r INDEXED BY p_batch_row_${index} LEFT JOIN p_batch_flight AS f USING (batch, line)`;
/** Those that were sent, and no others looked at. */
const SENT_ROWS = 'p_batch_flight AS f CROSS JOIN p_batch_row AS r USING (batch, line)';

/** Admissions of a batch whose jobs ended well, here or at the bench that told of them. */
const ADMITTED = `p_batch_admitted AS a LEFT JOIN p_job AS j USING (job)
  WHERE a.batch = ? AND (a.merged = 1 OR j.verdict IN ('pass', 'already'))`;

function toSend(retry: boolean): string {
  const outcomes = `'pending'${retry ? `, ${FAILED}` : ''}`;
  return `share IS NULL AND outcome IN (${outcomes}) AND other_key = 0
    AND (kept_url IS NULL OR kept_url = ?)`;
}

function toRow(row: Row): BatchRowState {
  const spki = textOrNull(row['spki']);
  const tags = textOrNull(row['tags']);
  const error = textOrNull(row['error']);
  const job = textOrNull(row['unit_job']);
  return {
    line: Number(row['line']),
    identity: JSON.parse(String(row['identity'])) as Identity,
    key: spki === null ? null : pemOf(spki),
    fingerprint: textOrNull(row['fingerprint']) as KeyFingerprint | null,
    tier: textOrNull(row['tier']) ?? 'standard',
    group: textOrNull(row['group_name']),
    tags: tags === null ? {} : (JSON.parse(tags) as Readonly<Record<string, string>>),
    outcome: String(row['outcome']) as RowOutcome,
    inFlight: typeof row['sent_at'] === 'string',
    sentAt: textOrNull(row['sent_at']),
    deviceId: textOrNull(row['device_id']),
    error: error === null ? null : (JSON.parse(error) as ErrorReport),
    serverUrl: textOrNull(row['server_url']),
    kept: toKept(row),
    share: typeof row['share'] === 'number' ? row['share'] : null,
    unit:
      job === null
        ? null
        : {
            job,
            at: String(row['unit_at']),
            verdict: row['unit_verdict'] === 'already' ? 'already' : 'pass',
            station: String(row['unit_station']),
          },
  };
}

/** A row with the device that stayed at this server, where one did. */
function deviceAt(row: BatchRowState, serverUrl: string): BatchRowState {
  return row.kept?.serverUrl === serverUrl ? { ...row, deviceId: row.kept.deviceId } : row;
}

function toKept(row: Row): KeptDevice | null {
  const server = textOrNull(row['kept_server']);
  const serverUrl = textOrNull(row['kept_url']);
  const deviceId = textOrNull(row['kept_device']);
  return server === null || serverUrl === null || deviceId === null ? null : { server, serverUrl, deviceId };
}

/** The server's normal form of a key that is stored as bare base64. */
function pemOf(spki: string): PublicKeyPem {
  return `-----BEGIN PUBLIC KEY-----\n${spki.replace(/.{1,64}/g, '$&\n')}-----END PUBLIC KEY-----\n` as PublicKeyPem;
}

function toPlace(value: unknown): KnownRow['batch'] {
  if (typeof value !== 'string') return null;
  const [batch, line, id, failed] = JSON.parse(value) as [string, number, BatchId, number];
  return { batch, line, id, failed: failed === 1 };
}

function toKeyPlace(value: unknown): KnownRow['keyBatch'] {
  if (typeof value !== 'string') return null;
  const [batch, line, former] = JSON.parse(value) as [string, number, 'removed' | 'replaced' | null];
  return { batch, line, former };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
