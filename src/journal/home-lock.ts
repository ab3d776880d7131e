import { join } from 'node:path';
import { randomInt, randomUUID } from 'node:crypto';
import { StationError } from '../model/station-error.ts';
import { Database, isBusy } from './database.ts';

/** Who wants to write in a home, for the message to the next one. */
export interface LockHolder {
  /** E.g. `station window 0.1.0`. */
  readonly program: string;
  readonly pid?: number;
}

/** The right to write in a home, until disposed of or until the process ends in whatever way. */
export interface HomeLock extends Disposable {
  readonly home: string;
}

const FILE = 'station.lock';
/** How long to wait for the other one's few milliseconds between two lines of `lockHome`. */
const BUSY_MS = 250;
const ROUNDS = 20;
/** Several that start at once and take the same turns would overwrite each other's names for ever. Milliseconds a round. */
const TURN_MS = 8;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS holder (
    token TEXT NOT NULL, program TEXT NOT NULL, pid INTEGER NOT NULL, since TEXT NOT NULL
  ) STRICT;
`;

/**
 * Takes the right to write in `home`. It is an SQLite write lock on a file of its own, so the kernel releases it when the
 * process dies, and it stays readable to those who want to know the holder.
 *
 * No code in this process may open and close `station.lock` or the journal by other means: on Unix that drops the process's locks.
 *
 * @throws StationError `station/home-locked`, `station/home-full`, `station/home-unusable`.
 */
export function lockHome(home: string, holder: LockHolder): HomeLock {
  const database = open(home);
  try {
    const token = randomUUID();
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 1) pause(randomInt(TURN_MS * round));
      if (!begin(database)) break;
      database.exec(SCHEMA);
      // The holder's name must be committed to be seen, and a commit lets go. So it is written first, and the lock
      // counts once it is held with the own name still in place.
      const row = database.first('SELECT token FROM holder');
      if (row?.['token'] === token) return held(home, database);
      database.run('DELETE FROM holder');
      database.run(
        'INSERT INTO holder (token, program, pid, since) VALUES (?, ?, ?, ?)',
        token,
        holder.program,
        holder.pid ?? process.pid,
        new Date().toISOString(),
      );
      database.exec('COMMIT');
    }
    throw new StationError('station/home-locked', { home, holder: describeHolder(database) });
  } catch (thrown) {
    database.close();
    if (isBusy(thrown))
      throw new StationError(
        'station/home-locked',
        { home, holder: 'a program that is just starting' },
        { cause: thrown },
      );
    throw asHomeError(thrown, home);
  }
}

/** Who holds the right to write in `home`, in words; null when nobody does. */
export function homeHolder(home: string): string | null {
  try {
    using database = open(home);
    if (!begin(database)) return describeHolder(database);
    database.exec('ROLLBACK');
    return null;
  } catch (thrown) {
    throw asHomeError(thrown, home);
  }
}

function open(home: string): Database {
  try {
    // Left in rollback mode: a reader sees the last committed holder while the lock is held.
    return new Database(join(home, FILE), { busyMs: BUSY_MS });
  } catch (thrown) {
    throw asHomeError(thrown, home);
  }
}

/** Blocks this thread: nothing else goes on in a process that has not got its home yet. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function begin(database: Database): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    return true;
  } catch (thrown) {
    if (isBusy(thrown)) return false;
    throw thrown;
  }
}

function held(home: string, database: Database): HomeLock {
  return { home, [Symbol.dispose]: () => database.close() };
}

function describeHolder(database: Database): string {
  try {
    return named(database);
  } catch (thrown) {
    // In the moment in which another one writes its name, nobody can read it.
    if (isBusy(thrown)) return 'a program that is just starting';
    throw thrown;
  }
}

function named(database: Database): string {
  const hasNames = database.first("SELECT 1 FROM sqlite_schema WHERE name = 'holder'") !== undefined;
  const row = hasNames ? database.first('SELECT program, pid, since FROM holder') : undefined;
  return row === undefined
    ? 'a program without a name'
    : `${String(row['program'])}, process ${String(row['pid'])}, since ${String(row['since'])}`;
}

/** What SQLite says of the lock's file is said of the home: the record is not in question. */
function asHomeError(thrown: unknown, home: string): unknown {
  if (!(thrown instanceof StationError) || !thrown.code.startsWith('journal/')) return thrown;
  if (thrown.code === 'journal/full')
    return new StationError('station/home-full', { home }, { cause: thrown });
  const detail = String(thrown.details['detail']);
  return new StationError('station/home-unusable', { home, detail }, { cause: thrown });
}
