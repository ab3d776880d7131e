import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StationError } from '../model/station-error.ts';
import { hex, type Head } from './chain.ts';
import { Database } from './database.ts';
import type { HomeLock } from './home-lock.ts';
import { openJournal, syncFolder, type JournalOptions } from './journal.ts';
import { inTurns } from './turns.ts';
import { verifyingFile } from './verify-file.ts';

export interface RestoreOptions extends JournalOptions {
  readonly lock: HomeLock;
  /** Go on where the journal that is there holds rows that the copy does not. */
  readonly discardNewer: boolean;
  /** Who restores; null where nobody was named. */
  readonly operator?: string | null;
}

export interface Restored {
  /** The last row of the copy. */
  readonly head: Head;
  /** Where the journal that was there is kept; null where there was none. */
  readonly kept: string | null;
  /** Its last row, where it could be read. */
  readonly replaced: Head | null;
}

/**
 * Puts a copy in the place of a home's journal, once all of it is verified. The journal that was there is kept beside,
 * and the restored one goes on with a row that says so, which it has before it gets the name. A power cut leaves the one
 * or the other, whole; where this throws, the journal that was there is still in its place.
 *
 * @throws StationError `journal/broken` for a copy that is none, `journal/would-lose`, `journal/full`, `journal/unusable`.
 */
export async function restoreJournal(path: string, file: string, options: RestoreOptions): Promise<Restored> {
  const { lock, clock, discardNewer, operator = null } = options;
  const home = dirname(resolve(path));
  const incoming = `${path}.restoring`;
  // Of one that was killed: a log that lies there would be taken for the new copy's.
  tidy(incoming);
  try {
    const head = await prepare(file, incoming, options);
    const replaced = existsSync(path) ? lastRow(path, incoming) : null;
    if (replaced !== null && replaced.newer > 0 && !discardNewer)
      throw new StationError('journal/would-lose', { path, file, rows: replaced.newer });
    const kept = existsSync(path) ? keptName(path, new Date(clock.now())) : null;
    const was = replaced === null ? null : { seq: replaced.seq, hash: replaced.hash };
    {
      // Before it is anybody's journal: a record that went back says so from its first moment on, or is none.
      using journal = openJournal(incoming, { ...options, lock });
      journal.append({ kind: 'journal-restored', file, ...head, kept, replaced: was, operator });
    }
    if (existsSync(`${incoming}-wal`))
      throw new StationError('journal/unusable', {
        path: incoming,
        detail: 'its log could not be written into it',
      });
    if (kept !== null) keep(path, kept);
    renameSync(incoming, path);
    syncFolder(home);
    return { head, kept, replaced: was };
  } finally {
    tidy(incoming);
  }
}

function tidy(incoming: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${incoming}${end}`, { force: true });
}

/** A copy of the copy under the home's own roof, brought to this format and verified. */
async function prepare(
  file: string,
  incoming: string,
  { signer: _, ...options }: RestoreOptions,
): Promise<Head> {
  try {
    using source = new Database(file, existsSync(`${file}-wal`) ? { readOnly: true } : { immutable: true });
    source.copyInto(incoming);
  } catch (thrown) {
    if (!(thrown instanceof StationError) || thrown.code === 'journal/full') throw thrown;
    throw new StationError(
      'journal/broken',
      { path: file, detail: String(thrown.details['detail']) },
      { cause: thrown },
    );
  }
  openJournal(incoming, options).close();
  const { head, problem } = await inTurns(verifyingFile(incoming));
  if (problem !== null || head === null)
    throw new StationError('journal/broken', {
      path: file,
      detail: problem?.text.replace(/\.$/, '') ?? 'it is empty',
    });
  return head;
}

/**
 * The last row of the journal that is there, and how many of its rows the copy lacks: all after the last one that both
 * have. Null where it cannot be read.
 */
function lastRow(path: string, copy: string): (Head & { readonly newer: number }) | null {
  try {
    using database = new Database(path, { readOnly: true });
    using other = new Database(copy, { immutable: true });
    const last = headOf(database, Number.MAX_SAFE_INTEGER);
    if (last === null) return null;
    // Chains that have a hash in common are the same up to there: looked for by halves.
    let [same, differs] = [0, last.seq + 1];
    while (differs - same > 1) {
      const middle = Math.floor((same + differs) / 2);
      const [mine, its] = [headOf(database, middle), headOf(other, middle)];
      if (mine !== null && mine.seq === middle && mine.hash === its?.hash) same = middle;
      else differs = middle;
    }
    return { ...last, newer: last.seq - same };
  } catch (thrown) {
    if (thrown instanceof StationError) return null;
    throw thrown;
  }
}

/** The row `seq`, or the last one before it. */
function headOf(database: Database, seq: number): Head | null {
  const row = database.first('SELECT seq, hash FROM event WHERE seq <= ? ORDER BY seq DESC LIMIT 1', seq);
  return row?.['hash'] instanceof Uint8Array ? { seq: Number(row['seq']), hash: hex(row['hash']) } : null;
}

function keptName(path: string, now: Date): string {
  return `${path}.replaced-${now.toISOString().replace(/[:.]/g, '-')}`;
}

/** Gives the journal that is there another name, its log written into it where that can be done. */
function keep(path: string, kept: string): void {
  try {
    using database = new Database(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;');
  } catch (thrown) {
    if (!(thrown instanceof StationError)) throw thrown;
    // Damaged: its log goes along as it is. Left there, it would be taken for the restored one's.
    for (const end of ['-wal', '-shm'])
      if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${kept}${end}`);
  }
  try {
    // A second name first: at no moment is there no journal at the path, for then an empty one would be made.
    linkSync(path, kept);
  } catch {
    // A disk without links, as a USB stick: then it is moved, and the lock keeps everybody else out meanwhile.
    renameSync(path, kept);
  }
}
