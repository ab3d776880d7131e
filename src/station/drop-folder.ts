import { open, rename, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { DropView } from '../contract.ts';
import type { JournalReader, RecordDocument } from '../journal/index.ts';
import type { Clock } from '../model/clock.ts';
import { asStationError, StationError } from '../model/station-error.ts';
import { REHEARSAL } from '../rehearsal/bench.ts';
import { readDropState, writeDropState, type DropState } from '../settings/index.ts';
import type { RecordAccess } from './record-access.ts';

/** Pauses between two tries at a folder that cannot be written, in milliseconds. */
const TRY_AGAIN_MS = 15_000;
/** How long a station that closes waits for what is under way, in milliseconds. The rest comes at its next start. */
const LAST_CHANCE_MS = 2_000;
const AT_ONCE = 50;

export interface DropFolderParts {
  readonly home: string;
  readonly record: Pick<RecordAccess, 'reader' | 'isWriter'>;
  readonly clock: Clock;
}

/**
 * Puts a file for each ended job where another system takes it from. It never holds a job up and never fails one: what
 * cannot be delivered now is delivered later, in order, from the record; each at least once, always under the same name.
 */
export class DropFolder implements AsyncDisposable {
  readonly #parts: DropFolderParts;
  readonly #closed = new AbortController();
  #state: DropState | null = null;
  #error: string | null = null;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(parts: DropFolderParts) {
    this.#parts = parts;
    try {
      this.#state = readDropState(parts.home);
    } catch (thrown) {
      // Told by doctor; the bench works without it.
      this.#error = asStationError(thrown).message;
    }
  }

  view(): DropView {
    const { reader } = this.#parts.record;
    const waiting = this.#state === null ? 0 : reader.endedAfter(deliveredOf(this.#state, reader));
    return { folder: this.#state?.folder ?? null, waiting, error: this.#error };
  }

  /**
   * From now on, records go to this folder; null ends it. Records from before are in an export.
   *
   * @throws StationError `station/usage`, `station/file-unwritable`, `station/home-unusable`.
   */
  async set(folder: string | null): Promise<DropView> {
    if (folder !== null) await requireFolder(folder);
    const state = folder === null ? null : this.#reached(folder, this.#parts.record.reader.lastSeq(), []);
    writeDropState(this.#parts.home, state);
    this.#state = state;
    this.#error = null;
    return this.view();
  }

  /** There may be something to deliver. Returns at once. */
  wake(): void {
    this.#again = true;
    if (this.#closed.signal.aborted || !this.#parts.record.isWriter()) return;
    this.#running ??= this.#deliver().finally(() => (this.#running = null));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = new AbortController();
    const last = this.#parts.clock.sleep(LAST_CHANCE_MS, late.signal).catch(() => undefined);
    if (this.#error === null) await Promise.race([this.#running ?? Promise.resolve(), last]);
    this.#closed.abort();
    late.abort();
  }

  async #deliver(): Promise<void> {
    while (this.#again && !this.#closed.signal.aborted) {
      this.#again = false;
      try {
        while (await this.#deliverSome());
        this.#error = null;
      } catch (thrown) {
        this.#error = thrown instanceof Error ? thrown.message : String(thrown);
        this.#again = true;
        // Aborted when the station closes: then there is no next time in this process.
        await this.#parts.clock.sleep(TRY_AGAIN_MS, this.#closed.signal).catch(() => undefined);
      }
    }
  }

  async #deliverSome(): Promise<boolean> {
    const { reader } = this.#parts.record;
    const state = this.#state;
    if (state === null) return false;
    const after = deliveredOf(state, reader);
    let marks = state.marks.filter(({ seq }) => seq <= after);
    const records = reader.recordsAfter(after, AT_ONCE);
    for (const record of records) {
      if (this.#closed.signal.aborted || this.#state?.folder !== state.folder) return false;
      if (!isSimulated(record)) await drop(state.folder, record);
      this.#state = this.#reached(state.folder, record.row.seq, marks);
      ({ marks } = this.#state);
      writeDropState(this.#parts.home, this.#state);
    }
    return records.length > 0;
  }

  /** All up to this row is delivered. */
  #reached(folder: string, delivered: number, before: DropState['marks']): DropState {
    const hash = this.#parts.record.reader.hashOf(delivered);
    return {
      folder,
      delivered,
      marks: hash === null ? before : thinned([...before, { seq: delivered, hash }]),
    };
  }
}

/**
 * The last row up to which all of this record was delivered. After a restore the record may have other rows, or none,
 * where the one before it had been delivered: then it is the newest mark that both have. Some records come twice, under
 * the same names.
 */
function deliveredOf(
  { delivered, marks }: DropState,
  reader: Pick<JournalReader, 'hashOf' | 'lastSeq'>,
): number {
  // As an earlier version wrote it.
  if (marks.length === 0) return Math.min(delivered, reader.lastSeq());
  return marks.findLast(({ seq, hash }) => reader.hashOf(seq) === hash)?.seq ?? 0;
}

/** One mark for each doubling of the distance back: a handful, and one of them not far before any row. */
function thinned(marks: DropState['marks']): DropState['marks'] {
  const newest = marks.at(-1)?.seq ?? 0;
  const kept = new Map<number, DropState['marks'][number]>();
  for (const mark of marks) {
    const distance = Math.floor(Math.log2(newest - mark.seq + 1));
    if (!kept.has(distance)) kept.set(distance, mark);
  }
  return [...kept.values()];
}

/** A record of the rehearsal has no place among those of real units. */
function isSimulated({ server, slot }: RecordDocument): boolean {
  return server === REHEARSAL && slot.startsWith(`${REHEARSAL}-`);
}

/** Whole or not at all under its name: whoever looks for `*.json` never meets a part of one. */
async function drop(folder: string, record: RecordDocument): Promise<void> {
  const beside = join(folder, `.${record.job}.tmp`);
  try {
    {
      await using handle = await open(beside, 'w', 0o666);
      await handle.writeFile(`${JSON.stringify(record, null, 2)}\n`);
      await handle.sync();
    }
    await rename(beside, join(folder, `${record.job}.json`));
  } catch (thrown) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw thrown;
  }
}

async function requireFolder(folder: string): Promise<void> {
  if (!isAbsolute(folder))
    throw new StationError('station/usage', { detail: `${folder} is not a whole path of a folder.` });
  const probe = join(folder, '.station-drop.tmp');
  try {
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder');
    await (await open(probe, 'w')).close();
    await rm(probe);
  } catch (thrown) {
    const detail = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '');
    throw new StationError('station/file-unwritable', { path: folder, detail }, { cause: thrown });
  }
}
