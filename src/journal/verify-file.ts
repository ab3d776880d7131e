import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { StationError } from '../model/station-error.ts';
import { ChainCheck, type Expectations } from './chain-check.ts';
import { Database } from './database.ts';
import { verifyingExport } from './import-json.ts';
import { JOURNAL_VERSION, journalVersion } from './migrations.ts';
import { unreadable, verification, verifying, type Verification } from './verify.ts';

/** How a file of SQLite begins (sqlite.org/fileformat.html). */
const SQLITE = 'SQLite format 3\0';

/**
 * Verifies a copy of a journal or an export, without any other file of its station. The file stays as it is.
 *
 * Not for a journal that this process has open: reading a file by other means than SQLite drops the process's locks on it.
 */
export function* verifyingFile(
  path: string,
  expected: Expectations = {},
): Generator<undefined, Verification, undefined> {
  try {
    if (!isDatabase(path)) return yield* verifyingExport(path, expected);
    // Without a log nothing has to be shared with a writer, and nothing is made beside the file.
    using database = new Database(path, existsSync(`${path}-wal`) ? { readOnly: true } : { immutable: true });
    const version = journalVersion(database);
    if (version !== JOURNAL_VERSION)
      throw new StationError('journal/unusable', {
        path,
        detail: `it is of format ${version}, from before rows were chained; open it with this station once`,
      });
    return yield* verifying(database, expected);
  } catch (thrown) {
    const error = thrown instanceof StationError ? thrown : cannotRead(path, thrown);
    const check = new ChainCheck(expected);
    return verification('journal', check, unreadable(check, error), []);
  }
}

function isDatabase(path: string): boolean {
  const handle = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(SQLITE.length);
    readSync(handle, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1') === SQLITE;
  } finally {
    closeSync(handle);
  }
}

function cannotRead(path: string, thrown: unknown): StationError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new StationError('journal/unusable', { path, detail }, { cause: thrown });
}
