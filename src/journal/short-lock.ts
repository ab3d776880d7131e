import { StationError } from '../model/station-error.ts';
import { Database, isBusy } from './database.ts';

/** Whoever else has the lock reads and writes one small file meanwhile. Milliseconds. */
const WAIT_MS = 5_000;

/**
 * Does something while no other process does something under the same file, and waits for it where one does. An SQLite
 * lock, as that of a home: the kernel releases it when a process dies in the middle. Blocks this thread.
 *
 * @throws StationError `station/home-unusable` where it does not come free, or the file cannot be made; what `work` throws.
 */
export function underLock<T>(home: string, path: string, work: () => T): T {
  using database = lock(home, path);
  try {
    return work();
  } finally {
    database.exec('ROLLBACK');
  }
}

function lock(home: string, path: string): Database {
  try {
    using owned = new DisposableStack();
    const database = owned.use(new Database(path, { busyMs: WAIT_MS }));
    database.exec('BEGIN IMMEDIATE');
    owned.move();
    return database;
  } catch (thrown) {
    if (!(thrown instanceof StationError)) throw thrown;
    const detail = isBusy(thrown)
      ? `${path} is held by another program`
      : String(thrown.details['detail'] ?? thrown.message);
    throw new StationError('station/home-unusable', { home, detail }, { cause: thrown });
  }
}
