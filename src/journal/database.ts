import { closeSync, fsyncSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { StationError } from '../model/station-error.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

export interface DatabaseOptions {
  readonly readOnly?: boolean;
  /** Read a file that nobody can change, on a disk that takes no lock and no log. */
  readonly immutable?: boolean;
  /** Keep every other connection out, and the log's index in memory: reads a log on a disk with no room for that file. */
  readonly exclusive?: boolean;
  /** How long a statement waits for another connection, in milliseconds. */
  readonly busyMs?: number;
}

// Result codes of SQLite (sqlite.org/rescode.html).
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/** Below this many free bytes an I/O error is the full disk's: SQLite reports some of these as plain I/O errors. */
const NO_SPACE = 256 * 1024;

/**
 * The one place that knows which SQLite is underneath. Statements are prepared once. Every failure of SQLite leaves as a
 * `StationError`: `journal/full` or `journal/unusable`.
 */
export class Database implements Disposable {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #opened: string | null;
  readonly #wal = { identity: null as string | null };

  constructor(path: string, options: DatabaseOptions = {}) {
    this.path = path;
    try {
      const { immutable = false, readOnly = immutable } = options;
      this.#connection = new DatabaseSync(immutable ? immutableUrl(path) : path, {
        readOnly,
        timeout: options.busyMs ?? 5000,
        defensive: true,
        allowExtension: false,
      });
    } catch (thrown) {
      throw asJournalError(thrown, path);
    }
    this.#opened = path === ':memory:' ? null : fileIdentity(path);
    // Before the file is first looked at: SQLite then makes no shared memory file (sqlite.org/wal.html#noshm).
    if (options.exclusive === true) this.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;');
  }

  /** Runs a script of statements without results. */
  exec(sql: string): void {
    this.#guard(() => this.#connection.exec(sql));
  }

  /** Runs one statement; the number of rows that it changed. */
  run(sql: string, ...parameters: readonly SQLInputValue[]): number {
    return this.#guard(() => Number(this.#prepare(sql).run(...parameters).changes));
  }

  first(sql: string, ...parameters: readonly SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#prepare(sql).get(...parameters));
  }

  all(sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#prepare(sql).all(...parameters));
  }

  /** Rows one by one. The statement is its own, so that the same text may be walked twice at a time. */
  *walk(sql: string, ...parameters: readonly SQLInputValue[]): Generator<Row, void, undefined> {
    const rows = this.#guard(() => this.#connection.prepare(sql).iterate(...parameters));
    try {
      for (;;) {
        const next = this.#guard(() => rows.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      // A walk that is left early must not keep its tables locked.
      rows.return?.();
    }
  }

  /** `work` as one write transaction; rolled back when it throws. Durable when it returns, where `synchronous` is FULL. */
  write<T>(work: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', work);
  }

  /** `work` on one unmoving state of the data. */
  snapshot<T>(work: () => T): T {
    return this.#transaction('BEGIN', work);
  }

  /** From here on a transaction is on the disk, not on its way there, when its commit returns. */
  makeDurable(): void {
    this.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    // macOS: fsync alone leaves data in the drive's cache. Without effect elsewhere.
    this.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;');
  }

  /** The value of a pragma that gives one number or text. */
  pragma(name: string): number | string | null {
    const value = Object.values(this.first(`PRAGMA ${name}`) ?? {})[0];
    return typeof value === 'number' || typeof value === 'string' ? value : null;
  }

  /** Whether what is at the path is what is open; false also where nothing is. */
  isInPlace(): boolean {
    return this.#opened === null || fileIdentity(this.path) === this.#opened;
  }

  /**
   * Whether the files at the path are still those that are open. On Unix a file may be deleted or replaced under an open
   * connection, which then writes, without an error, to what nobody will ever find.
   *
   * @throws StationError `journal/unusable`.
   */
  checkFiles(): void {
    if (this.#opened === null) return;
    if (fileIdentity(this.path) !== this.#opened)
      throw this.#unusable('it was removed or replaced while in use');
    const wal = fileIdentity(`${this.path}-wal`);
    this.#wal.identity ??= wal;
    if (wal !== this.#wal.identity)
      throw this.#unusable('its write-ahead log was removed or replaced while in use');
  }

  /** A whole copy in a new file, which is durable when this returns; also of a file that is no longer at its path. */
  copyInto(path: string): void {
    this.#guard(() => this.#connection.prepare('VACUUM INTO ?').run(path));
    const handle = openSync(path, 'r+');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  close(): void {
    if (!this.#connection.isOpen) return;
    this.#statements.clear();
    this.#guard(() => this.#connection.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.exec(begin);
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (thrown) {
      // SQLite has already rolled back by itself after a full disk or an I/O error.
      if (this.#connection.isOpen && this.#connection.isTransaction) this.exec('ROLLBACK');
      throw thrown;
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    if (!this.#connection.isOpen) throw this.#unusable('it was closed');
    try {
      return work();
    } catch (thrown) {
      throw asJournalError(thrown, this.path);
    }
  }

  #unusable(detail: string): StationError {
    return new StationError('journal/unusable', { path: this.path, detail });
  }
}

/** Whether SQLite gave up waiting for another connection's lock. */
export function isBusy(thrown: unknown): boolean {
  const cause = thrown instanceof StationError ? thrown.cause : thrown;
  return primaryCode(cause) === SQLITE_BUSY;
}

/** A failure of SQLite or of the file system as the record's own error; anything else as it is. */
function asJournalError(thrown: unknown, path: string): unknown {
  const code = primaryCode(thrown);
  if (code === null) return thrown;
  const cause = thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === SQLITE_FULL || (code === SQLITE_IOERR && isDiskFull(path)))
    return new StationError('journal/full', { path }, { cause });
  const detail =
    code === SQLITE_READONLY
      ? `it is read-only here (${text})`
      : code === SQLITE_CORRUPT || code === SQLITE_NOTADB
        ? `it is damaged (${text})`
        : code === SQLITE_CANTOPEN
          ? `it cannot be opened (${text})`
          : code === SQLITE_BUSY
            ? `another program holds it (${text})`
            : text;
  return new StationError('journal/unusable', { path, detail }, { cause });
}

function primaryCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null;
  return thrown.errcode & 0xff;
}

function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < NO_SPACE;
  } catch {
    // The folder itself is gone: not a full disk, and the caller reports the first error.
    return false;
  }
}

function immutableUrl(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

function fileIdentity(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}
