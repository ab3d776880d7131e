import { statfsSync } from 'node:fs';
import {
  homeHolder,
  inTurns,
  lockHome,
  openJournal,
  readJournal,
  type Expectations,
  type HomeLock,
  type Journal,
  type JournalOptions,
  type JournalReader,
  type Verification,
} from '../journal/index.ts';
import type { Clock } from '../model/clock.ts';
import type { JournalEvent } from '../model/event.ts';
import type { ErrorReport } from '../model/job.ts';
import type { ErrorCode } from '../model/error-table.ts';
import { StationError } from '../model/station-error.ts';
import { interruptedResult } from './interrupted.ts';
import type { StationOptions } from './options.ts';

/** Pauses between two looks whether the record can be written again, in milliseconds. */
const LOOK_AGAIN_MS = 1_500;
/** With this much room on the disk a record that was full is tried again, in bytes. */
const ROOM = 4_000_000;

/** What hinders writing and may pass by itself: a window is opened all the same, to read. */
const PASSING: ReadonlySet<string> = new Set<ErrorCode>([
  'station/home-locked',
  'station/home-unusable',
  'station/home-full',
  'journal/full',
  'journal/unusable',
]);

export interface RecordAccessOptions {
  readonly home: string;
  readonly journal: string;
  readonly stationId: string;
  readonly clock: Clock;
  readonly program: string;
  /** The station's key, asked for when this station becomes the writer. */
  readonly signer?: JournalOptions['signer'];
  readonly access: StationOptions['access'];
  /** What the record begins with when this station becomes its writer. */
  readonly opening: () => JournalEvent;
  /** Told whenever it changes whether this station may change boards: null when it may. */
  readonly onReadOnly: (readOnly: ErrorReport | null) => void;
  /** For tests: the record may not grow beyond this many pages of 4096 bytes. */
  readonly maxPages?: number;
}

/**
 * The record of a home, and whether this station may write in it now. A station that found the home taken becomes the
 * writer when it is free; one whose disk is full goes on when there is room again.
 */
export class RecordAccess implements Disposable {
  readonly #options: RecordAccessOptions;
  readonly #closed = new AbortController();
  #reader: JournalReader;
  #writer: Journal | null = null;
  #lock: HomeLock | null = null;
  #readOnly: ErrorReport | null = null;
  #stranded: ErrorReport | null = null;
  /** What jobs hold: it goes on in the journal that is open now, also where that was opened anew under them. */
  readonly #current = new Proxy({} as Journal, {
    get: (_, name) => {
      const writer = this.#requireWriter();
      const value: unknown = Reflect.get(writer, name, writer);
      return typeof value === 'function' ? (value.bind(writer) as unknown) : value;
    },
  });
  #looking = false;

  /**
   * @throws StationError `station/home-locked` (for `write`), `station/home-unusable`, `journal/...`.
   */
  constructor(options: RecordAccessOptions) {
    this.#options = options;
    try {
      if (options.access !== 'read') this.#readOnly = this.#takeOver(options.access === 'write');
      this.#reader = this.#writer ?? readJournal(options.journal, this.#journalOptions());
    } catch (thrown) {
      this.#closed.abort();
      throw thrown;
    }
    if (this.#readOnly !== null) this.#lookAgain();
  }

  get reader(): JournalReader {
    return this.#reader;
  }

  /** Why this station may not change boards now; null where it may, or where it was opened for reading alone. */
  get readOnly(): ErrorReport | null {
    return this.#readOnly;
  }

  /** Whether this station is the record's writer. */
  isWriter(): boolean {
    return this.#writer !== null;
  }

  /** Who else is the writer, where this station is not. */
  holder(): string | null {
    return this.#writer === null ? homeHolder(this.#options.home) : null;
  }

  /** The record as its writer has it. @throws StationError `station/home-locked` where another program is the writer. */
  writer(): Journal {
    this.#requireWriter();
    return this.#current;
  }

  #requireWriter(): Journal {
    if (this.#writer !== null) return this.#writer;
    const { home } = this.#options;
    throw new StationError('station/home-locked', {
      home,
      holder: homeHolder(home) ?? 'this program reads only',
    });
  }

  /** A reader of its own for long work on one state of the record, while jobs go on and write. The caller closes it. */
  separateReader(): JournalReader {
    return readJournal(this.#options.journal, this.#journalOptions());
  }

  /** Looks at every row, on one state of the record, while jobs go on and write. */
  async verify(expected: Expectations = {}): Promise<Verification> {
    using reader = this.separateReader();
    return await inTurns(reader.verifying(expected));
  }

  /** Adds an event where this station is the writer. */
  append(event: JournalEvent): void {
    this.#writer?.append(event);
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#reader.close();
    this.#lock?.[Symbol.dispose]();
  }

  /**
   * Becomes the writer; the refusal where that is not possible now and it does not have to be. Jobs that an earlier writer
   * left get their verdict.
   */
  #takeOver(must: boolean): ErrorReport | null {
    const { home, program } = this.#options;
    try {
      using owned = new DisposableStack();
      const lock = owned.use(lockHome(home, { program }));
      const writer = owned.use(this.#begin(lock));
      owned.move();
      this.#writer = writer;
      this.#reader = writer;
      this.#lock = lock;
      return null;
    } catch (thrown) {
      if (!must && thrown instanceof StationError && PASSING.has(thrown.code)) return thrown.toReport();
      throw thrown;
    }
  }

  #begin(lock: HomeLock): Journal {
    using owned = new DisposableStack();
    const writer = owned.use(openJournal(this.#options.journal, { ...this.#journalOptions(), lock }));
    writer.append(this.#options.opening());
    for (const job of writer.openJobs()) {
      writer.append({ kind: 'verdict', job: job.job, result: interruptedResult(job, writer) });
    }
    owned.move();
    return writer;
  }

  #journalOptions(): JournalOptions {
    const { stationId, clock, program, signer, maxPages } = this.#options;
    return {
      stationId,
      clock,
      holder: { program },
      appended: (fault) => this.#change(fault === null ? null : fault.toReport()),
      ...(signer === undefined ? {} : { signer }),
      ...(maxPages === undefined ? {} : { maxPages }),
    };
  }

  #change(readOnly: ErrorReport | null): void {
    if (readOnly?.code === this.#readOnly?.code && readOnly?.message === this.#readOnly?.message) return;
    this.#readOnly = readOnly;
    this.#options.onReadOnly(readOnly);
    if (readOnly !== null) this.#lookAgain();
  }

  #lookAgain(): void {
    if (this.#looking || this.#closed.signal.aborted) return;
    this.#looking = true;
    void this.#waitForWriting().finally(() => {
      this.#looking = false;
    });
  }

  async #waitForWriting(): Promise<void> {
    while (this.#readOnly !== null) {
      try {
        await this.#options.clock.sleep(LOOK_AGAIN_MS, this.#closed.signal);
      } catch {
        return; // closed
      }
      this.#change(this.#look());
    }
  }

  /** Whether it can be written now, found out without an entry that says nothing. */
  #look(): ErrorReport | null {
    const before = this.#readOnly;
    if (this.#stranded !== null) return this.#stranded;
    try {
      if (before?.code !== 'station/home-locked' && !this.#hasRoom()) return before;
      if (this.#writer !== null) return this.#try(this.#writer);
      if (homeHolder(this.#options.home) !== null) return before;
      return before?.code === 'station/home-locked' ? this.#succeed() : this.#reopen();
    } catch (thrown) {
      return thrown instanceof StationError ? thrown.toReport() : before;
    }
  }

  /** Takes over from the program that held the home; what was read meanwhile is read on until then. */
  #succeed(): ErrorReport | null {
    const reader = this.#reader;
    const refused = this.#takeOver(false);
    if (refused === null) reader.close();
    return refused;
  }

  /** The same where this station itself could only read: on a full disk its reader has the file for itself. */
  #reopen(): ErrorReport | null {
    this.#reader.close();
    const refused = this.#takeOver(false);
    if (refused !== null) this.#reader = readJournal(this.#options.journal, this.#journalOptions());
    return refused;
  }

  #try(writer: Journal): ErrorReport | null {
    try {
      writer.probe();
      return null;
    } catch (thrown) {
      if (!(thrown instanceof StationError) || thrown.code !== 'journal/unusable' || this.#lock === null)
        throw thrown;
      return this.#rescued(writer, this.#lock, thrown);
    }
  }

  /** Goes on in the file that was taken away from under the journal, once it is in its place again. */
  #rescued(writer: Journal, lock: HomeLock, fault: StationError): ErrorReport | null {
    const { journal } = this.#options;
    if (writer.isInPlace()) return fault.toReport();
    const path = writer.rescue();
    if (path !== journal) return this.#strand(path);
    const again = openJournal(journal, { ...this.#journalOptions(), lock });
    this.#writer = again;
    this.#reader = again;
    return null;
  }

  /** Nothing here may overwrite the other file: a person has to say which of the two is the record. */
  #strand(copy: string): ErrorReport {
    const { journal } = this.#options;
    this.#reader = readJournal(copy, this.#journalOptions());
    this.#stranded = new StationError('journal/unusable', {
      path: journal,
      detail: `another file took its place while in use; all that was recorded is in ${copy}`,
    }).toReport();
    return this.#stranded;
  }

  #hasRoom(): boolean {
    const { bavail, bsize } = statfsSync(this.#options.home);
    return bavail * bsize >= ROOM;
  }
}
