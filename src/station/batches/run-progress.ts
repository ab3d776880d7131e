import type { BatchRunView } from '../../contract/batches.ts';
import type { RowResult } from '../../flows/preauthorize/row.ts';
import type { BatchRecord, RowOutcome } from '../../model/batch.ts';
import type { Clock } from '../../model/clock.ts';
import { sentHere } from './views.ts';

/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 10_000;
/** Of a shorter time no rate is told. */
const LEAST_MS = 500;

/** How a run goes: counts, rate, time left. */
export class RunProgress {
  readonly #clock: Clock;
  readonly #server: string;
  readonly #total: number;
  readonly #counts: Record<RowOutcome, number>;
  readonly #began: number;
  /** How many were done at which time, the oldest first. */
  #marks: { readonly at: number; readonly done: number }[] = [];
  #left: number;
  #done = 0;
  #waitsUntil = 0;
  #state: 'running' | 'cancelling' = 'running';

  /** `left`: rows that this run is to do. */
  constructor(clock: Clock, batch: BatchRecord, server: string, left: number) {
    this.#clock = clock;
    this.#server = server;
    this.#total = sentHere(batch.counts);
    this.#counts = { ...batch.counts };
    this.#left = left;
    this.#began = clock.monotonic();
    this.#marks.push({ at: this.#began, done: 0 });
  }

  /** Rows that got their outcome in this run. */
  get done(): number {
    return this.#done;
  }

  /** `before`: what the rows were until now. */
  add(results: readonly RowResult[], before: (line: number) => RowOutcome): void {
    for (const { line, outcome } of results) {
      this.#counts[before(line)] -= 1;
      this.#counts[outcome] += 1;
    }
    this.#done += results.length;
    this.#left -= results.length;
    const at = this.#clock.monotonic();
    this.#marks.push({ at, done: this.#done });
  }

  holds(ms: number): void {
    this.#waitsUntil = Math.max(this.#waitsUntil, this.#clock.monotonic() + ms);
  }

  stopping(): void {
    this.#state = 'cancelling';
  }

  view(): BatchRunView {
    const now = this.#clock.monotonic();
    // What is older than the window tells only where it ends: while a server makes everybody wait there is nothing newer.
    const old = this.#marks.findLast((mark) => mark.at < now - WINDOW_MS);
    this.#marks = this.#marks.filter((mark) => mark.at >= now - WINDOW_MS);
    if (old !== undefined) this.#marks.unshift({ at: now - WINDOW_MS, done: old.done });
    const [first] = this.#marks;
    const ms = now - (first?.at ?? now);
    const perSecond = ms < LEAST_MS ? null : ((this.#done - (first?.done ?? 0)) * 1000) / ms;
    const waitsMs = Math.max(0, Math.round(this.#waitsUntil - now));
    return {
      state: this.#state,
      server: this.#server,
      done: this.#total - this.#counts.pending,
      total: this.#total,
      perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10,
      // Of a rate that is next to none nothing is to be said.
      remainingMs: perSecond === null || perSecond < 0.1 ? null : Math.round((this.#left / perSecond) * 1000),
      waitsMs,
      counts: { ...this.#counts },
    };
  }
}
