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
import { StationError } from '../model/station-error.ts';
import { interruptedResult } from './interrupted.ts';
import type { StationOptions } from './options.ts';

/** Pauses between two looks whether the record can be written again, in milliseconds. */
const LOOK_AGAIN_MS = 1_500;
/** With this much room on the disk a record that was full is tried again, in bytes. */
const ROOM = 4_000_000;

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

  /** Becomes the writer; the refusal where another program is. Jobs that an earlier writer left get their verdict. */
  #takeOver(must: boolean): ErrorReport | null {
    const { home, program, journal } = this.#options;
    let lock: HomeLock;
    try {
      lock = lockHome(home, { program });
    } catch (thrown) {
      const taken = thrown instanceof StationError && thrown.code === 'station/home-locked';
      if (!must && taken) return thrown.toReport();
      throw thrown;
    }
    using owned = new DisposableStack();
    owned.use(lock);
    const writer = owned.use(openJournal(journal, { ...this.#journalOptions(), lock }));
    writer.append(this.#options.opening());
    for (const job of writer.openJobs()) {
      writer.append({ kind: 'verdict', job: job.job, result: interruptedResult(job, writer) });
    }
    owned.move();
    this.#writer = writer;
    this.#reader = writer;
    this.#lock = lock;
    return null;
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
    try {
      if (this.#writer !== null) {
        const { bavail, bsize } = statfsSync(this.#options.home);
        return before?.code === 'journal/full' && bavail * bsize >= ROOM ? null : before;
      }
      if (homeHolder(this.#options.home) !== null) return before;
      const reader = this.#reader;
      const refused = this.#takeOver(false);
      if (refused === null) reader.close();
      return refused;
    } catch (thrown) {
      return thrown instanceof StationError ? thrown.toReport() : before;
    }
  }
}
