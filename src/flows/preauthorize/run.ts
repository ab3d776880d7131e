import type { Clock } from '../../model/clock.ts';
import { asStationError, type StationError } from '../../model/station-error.ts';
import type { Preauthorization } from '../../servers/preauthorization.ts';
import { PacedCalls } from './calls.ts';
import { SILENT_MS, type RowResult, type RowStore, type RunRow } from './row.ts';
import { settleRow } from './settle.ts';

/** Rows that are read, and recorded as about to be sent, together. */
const CHUNK = 1000;
/** Verdicts wait so long at most until they are recorded, in milliseconds. */
const FLUSH_MS = 500;
/** What is under way when a run is stopped has so long to come to its end, in milliseconds. */
const GRACE_MS = 10_000;

export interface RunOptions {
  readonly server: Preauthorization;
  /** For messages. */
  readonly serverName: string;
  readonly store: RowStore;
  readonly clock: Clock;
  /** Use `force` where the identity is there with another key, and the server has it. */
  readonly force: boolean;
  /** Ends the run: no further row is begun, those under way come to their end. */
  readonly stop: AbortSignal;
  /** Calls under way at once, at most. */
  readonly concurrency?: number;
  /** Told of verdicts when they are on the disk. */
  readonly onRecorded?: (results: readonly RowResult[]) => void;
  /** Told when the server asked everybody to wait, or is in trouble, with the milliseconds; for a person. */
  readonly onHold?: (ms: number) => void;
}

/** How a run ended. Whatever has no verdict is done by the next run. */
export interface RunEnd {
  /** `stopped`: by `stop`, or for the reason. */
  readonly state: 'ended' | 'stopped';
  /** Why the run could not go on; null where it was asked to stop or came to its end. */
  readonly reason: StationError | null;
  /** Rows that the server could not be brought to answer. */
  readonly unsettled: readonly { readonly line: number; readonly error: StationError }[];
}

/**
 * Preauthorizes the rows of a store, many at once, at the server's pace.
 *
 * Nothing is kept in memory but the chunk that is under way, so it takes as little for a hundred thousand rows as for a
 * thousand. A row is sent only after the store has it on the disk that it may be sent; the verdict follows in a chunk.
 * Wherever this is cut, the next run asks the server again for the rows between: an unforced preauthorization of an
 * identity that exists changes nothing.
 *
 * @throws StationError where the record cannot be written.
 */
export async function preauthorizeRows(options: RunOptions): Promise<RunEnd> {
  return await new Run(options).run();
}

class Run {
  readonly #options: RunOptions;
  readonly #clock: Clock;
  readonly #calls: PacedCalls;
  readonly #stopping = new AbortController();
  readonly #leaving = new AbortController();
  readonly #ended = new AbortController();
  readonly #unsettled: { readonly line: number; readonly error: StationError }[] = [];
  readonly #unsent: RunRow[] = [];
  #queue: readonly RunRow[] = [];
  #at = 0;
  #line = 0;
  #verdicts: RowResult[] = [];
  #reason: StationError | null = null;
  #recordedAt: number;
  #flushing = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#calls = new PacedCalls(options);
    this.#recordedAt = options.clock.monotonic();
  }

  async run(): Promise<RunEnd> {
    const { stop } = this.#options;
    const asked = (): void => this.#stop(null);
    stop.addEventListener('abort', asked, { once: true });
    if (stop.aborted) asked();
    try {
      const workers = Array.from({ length: this.#calls.most }, () => this.#work());
      const ends = await Promise.allSettled(workers);
      this.#record([]);
      this.#release();
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken !== undefined) throw asStationError(broken.reason);
    } finally {
      this.#ended.abort();
      stop.removeEventListener('abort', asked);
    }
    const state = this.#stopping.signal.aborted ? 'stopped' : 'ended';
    return { state, reason: this.#reason, unsettled: this.#unsettled };
  }

  #stop(reason: StationError | null): void {
    if (this.#stopping.signal.aborted) return;
    this.#reason = reason;
    this.#stopping.abort();
    void this.#clock.sleep(GRACE_MS, this.#ended.signal).then(
      () => this.#leaving.abort(),
      () => undefined,
    );
  }

  async #work(): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        const row = this.#next();
        if (row === null) return;
        await this.#settle(row);
      }
    } catch (thrown) {
      this.#stop(asStationError(thrown));
      throw thrown;
    }
  }

  async #settle(row: RunRow): Promise<void> {
    const { server, force } = this.#options;
    const [stopping, leaving] = [this.#stopping.signal, this.#leaving.signal];
    let result: RowResult | 'left' | 'unsent';
    try {
      const parts = { server, force, calls: this.#calls, clock: this.#clock, stopping, leaving };
      const giveUp = (reason: StationError): void => this.#stop(reason);
      result = await settleRow(row, { ...parts, sending: this.#sending, giveUp });
    } catch (thrown) {
      const error = asStationError(thrown);
      if (error.code !== 'batch/not-settled') throw error;
      this.#unsettled.push({ line: row.line, error });
      return;
    }
    if (result === 'unsent') this.#unsent.push(row);
    else if (result !== 'left') this.#take(result);
  }

  /**
   * While the server makes everybody wait nothing is recorded. What is sent after that must not look later as if it had
   * come to the server when this run was no more.
   */
  readonly #sending = (row: RunRow): void => {
    if (this.#clock.monotonic() - this.#recordedAt > SILENT_MS) this.#record([row]);
  };

  /** Rows that were announced and not sent are as they were: nothing is to be found out about them. */
  #release(): void {
    const unsent = [...this.#unsent, ...this.#queue.slice(this.#at)].filter(({ sent }) => sent.length === 0);
    if (unsent.length > 0) this.#options.store.release(unsent);
  }

  /** The next row, which is on the disk as one that may be sent; null when there is none. */
  #next(): RunRow | null {
    if (this.#at >= this.#queue.length) {
      this.#queue = this.#options.store.rows(this.#line, CHUNK);
      this.#at = 0;
      const last = this.#queue.at(-1);
      if (last === undefined) return null;
      this.#line = last.line;
      this.#record(this.#queue.filter(({ sent }) => sent.length === 0));
    }
    const row = this.#queue[this.#at] ?? null;
    this.#at += 1;
    return row;
  }

  #take(result: RowResult): void {
    this.#verdicts.push(result);
    const due = this.#clock.monotonic() - this.#recordedAt >= FLUSH_MS;
    if (due || this.#verdicts.length >= CHUNK) this.#record([]);
    else if (!this.#flushing) this.#flushLater();
  }

  /** Where the server makes everybody wait, verdicts do not wait along. */
  #flushLater(): void {
    this.#flushing = true;
    void this.#clock.sleep(FLUSH_MS, this.#ended.signal).then(
      () => {
        this.#flushing = false;
        try {
          this.#record([]);
        } catch (thrown) {
          // Kept, and tried once more at the end, where it is told.
          this.#stop(asStationError(thrown));
        }
      },
      () => undefined,
    );
  }

  #record(intended: readonly RunRow[]): void {
    const verdicts = this.#verdicts;
    if (verdicts.length === 0 && intended.length === 0) return;
    this.#options.store.record(verdicts, intended);
    this.#verdicts = [];
    this.#recordedAt = this.#clock.monotonic();
    if (verdicts.length > 0) this.#options.onRecorded?.(verdicts);
  }
}
