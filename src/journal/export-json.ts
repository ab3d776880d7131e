import type { JournalEntry } from '../model/event.ts';
import { StationError } from '../model/station-error.ts';
import { GENESIS, headMessage, hex, type Head, type JournalSigner } from './chain.ts';
import { ChainCheck, type Problem } from './chain-check.ts';
import type { Database } from './database.ts';

/** The first member of every export, and how its file begins. */
export const EXPORT_FORMAT = 'station-journal/1';
export const EXPORT_START = `{"format":"${EXPORT_FORMAT}"`;

export interface ExportOptions {
  /** ISO 8601 with an offset: from the first row of this time on. */
  readonly since?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The station's key where it is at hand: the export then ends in a signature of its head. */
  readonly signer: JournalSigner | null;
}

/** What an export holds before its rows. */
export interface ExportHeader {
  readonly format: string;
  readonly station: string | null;
  readonly exportedAt: string;
  readonly since: string | null;
  /** The row before the first one; its hash is what the chain goes on from. */
  readonly from: Head;
  /** Station keys that were introduced before the first row. */
  readonly keys: readonly { readonly fingerprint: string; readonly publicKey: string }[];
}

/** A row of an export: the entry as it was recorded, and its hash in the chain (hex). */
export interface ExportRow {
  readonly hash: string;
  readonly entry: JournalEntry;
}

/** What an export ends with. */
export interface ExportEnd {
  readonly head: Head;
  readonly signature: {
    readonly key: string;
    readonly publicKey: string;
    /** Ed25519 over the head, base64: docs/journal.md has the message. */
    readonly signature: string;
  } | null;
}

/** What was exported. */
export interface Exported {
  readonly rows: number;
  readonly head: Head | null;
  /** The key that signed the head; null where the rows are signed as they were recorded alone. */
  readonly key: string | null;
}

/**
 * The record as one JSON document, in pieces: a row a line, so that neither side needs room for all of it. Every row is
 * checked on its way: what is not as it was written is not exported under a signature.
 *
 * @throws StationError `journal/broken`.
 */
export function* exportingJson(
  database: Database,
  { since, now, signer }: ExportOptions,
): Generator<string, Exported, undefined> {
  database.exec('BEGIN');
  try {
    const from = since === undefined ? { seq: 0, hash: hex(GENESIS) } : before(database, since);
    const keys = database.all(
      `SELECT fingerprint, public_key AS publicKey FROM p_station_key WHERE seq <= ? AND public_key <> '' ORDER BY seq`,
      from.seq,
    );
    const check = new ChainCheck({}, from);
    for (const { publicKey } of keys) check.introduce(String(publicKey));
    const header = {
      format: EXPORT_FORMAT,
      station: stationOf(database),
      exportedAt: new Date(now).toISOString(),
      since: since === undefined ? null : new Date(since).toISOString(),
      from,
      keys,
    };
    yield `${JSON.stringify(header).slice(0, -1)},"rows":[`;
    const rows = database.walk('SELECT seq, body, hash FROM event WHERE seq > ? ORDER BY seq', from.seq);
    for (const { seq, body, hash } of rows) {
      const row = { seq: Number(seq), body: String(body), hash: hash instanceof Uint8Array ? hash : GENESIS };
      const problem = check.add(row);
      if (problem !== null) throw broken(database, problem);
      yield `${check.rows === 1 ? '' : ','}\n{"hash":"${hex(row.hash)}","entry":${row.body}}`;
    }
    const problem = check.end();
    if (problem !== null) throw broken(database, problem);
    const head = check.head ?? from;
    const end: ExportEnd = { head, signature: signed(check.station ?? header.station, head, signer) };
    yield `\n],${JSON.stringify(end).slice(1)}\n`;
    return { rows: check.rows, head: check.head, key: end.signature?.key ?? null };
  } finally {
    database.exec('ROLLBACK');
  }
}

function broken({ path }: Database, { text }: Problem): StationError {
  return new StationError('journal/broken', { path, detail: text.replace(/\.$/, '') });
}

function signed(station: string | null, head: Head, signer: JournalSigner | null): ExportEnd['signature'] {
  if (signer === null || station === null) return null;
  const signature = Buffer.from(signer.sign(headMessage(station, head))).toString('base64');
  return { key: signer.fingerprint, publicKey: signer.publicKey, signature };
}

/** The last row before the first one of that time or later. */
function before(database: Database, since: string): Head {
  const first = database.first(
    'SELECT min(seq) AS seq FROM event WHERE at >= ?',
    new Date(since).toISOString(),
  );
  const seq = typeof first?.['seq'] === 'number' ? first['seq'] : null;
  const row =
    seq === null
      ? database.first('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1')
      : database.first('SELECT seq, hash FROM event WHERE seq = ?', seq - 1);
  return row?.['hash'] instanceof Uint8Array
    ? { seq: Number(row['seq']), hash: hex(row['hash']) }
    : { seq: 0, hash: hex(GENESIS) };
}

function stationOf(database: Database): string | null {
  const station = database.first('SELECT station FROM event ORDER BY seq DESC LIMIT 1')?.['station'];
  return typeof station === 'string' ? station : null;
}
