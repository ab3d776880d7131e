import type { Clock } from '../../model/clock.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** Calls under way at once, at most. */
  readonly most?: number;
}

/** Calls under way at the start. */
const FIRST = 4;
const MOST = 32;
/** Answers that take so long on the whole, and so many times longer than the fastest of late, say that the server has enough. */
const SLOW_MS = 250;
const SLOW_FACTOR = 4;
/** How many answers that is: a single one may be late for any reason, this machine's own among them. */
const SMOOTHED = 16;
/** Pauses after answers that say that the server is in trouble, in milliseconds: doubled each time up to the last. */
const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 15_000;

/**
 * How many calls are under way and when the next may begin: the server decides.
 *
 * One more at a time while it answers well (a whole round of good answers for each step), half as many when it is slow,
 * fails or limits the rate. Where it asks to wait, or fails again and again, everybody waits, not the one call alone.
 */
export class Pace {
  readonly #clock: Clock;
  /** Calls under way at once, at most. */
  readonly most: number;
  #allowed: number;
  #underWay = 0;
  #goodInRow = 0;
  #failedInRow = 0;
  #fastest = Infinity;
  /** How long an answer takes on the whole, in milliseconds. */
  #usual = 0;
  /** Until when nobody calls, on the clock that never jumps. */
  #closedUntil = 0;
  /** Calls that began before this do not halve again: they met the same trouble. */
  #halvedAt = -Infinity;
  #waiting: (() => void)[] = [];

  constructor({ clock, most = MOST }: PaceOptions) {
    this.#clock = clock;
    this.most = most;
    this.#allowed = Math.min(FIRST, most);
  }

  /** Calls that may be under way at once now. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Milliseconds until the next call may begin because the server asked for it or is in trouble; 0 for now. */
  get closedForMs(): number {
    return Math.max(0, this.#closedUntil - this.#clock.monotonic());
  }

  /**
   * Waits for its turn; resolves to when the call began, for `ended`. Rejects with the signal's reason when aborted.
   */
  async begin(signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const closed = this.closedForMs;
      if (closed > 0) await this.#clock.sleep(closed, signal);
      else if (this.#underWay < this.#allowed) break;
      else await this.#turn(signal);
    }
    this.#underWay += 1;
    return this.#clock.monotonic();
  }

  /** The call that began then was answered, well or not: the server works. */
  answered(began: number): void {
    this.#left();
    const ms = this.#clock.monotonic() - began;
    this.#failedInRow = 0;
    // Forgets slowly, so that a server that was faster once does not make every later answer slow.
    this.#fastest = Math.min(ms, this.#fastest * 1.001 + 0.001);
    this.#usual += (ms - this.#usual) / SMOOTHED;
    if (this.#usual > SLOW_MS && this.#usual > this.#fastest * SLOW_FACTOR) {
      this.#halve(began);
      this.#usual = SLOW_MS / 2;
      return;
    }
    this.#goodInRow += 1;
    if (this.#goodInRow < this.#allowed) return;
    this.#goodInRow = 0;
    if (this.#allowed < this.most) {
      this.#allowed += 1;
      this.#wake();
    }
  }

  /** The server asked everybody to wait. */
  limited(began: number, ms: number): void {
    this.#left();
    this.#halve(began);
    this.#close(ms);
  }

  /** The call that began then came to nothing: a 5xx, a lost connection, no answer. */
  failed(began: number): void {
    this.#left();
    // Calls that fail together are one trouble.
    if (began >= this.#halvedAt) this.#failedInRow += 1;
    this.#halve(began);
    this.#close(Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, this.#failedInRow - 1)));
  }

  /** The call that began then was given up here. */
  abandoned(): void {
    this.#left();
  }

  #left(): void {
    this.#underWay -= 1;
    this.#wake();
  }

  #close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.monotonic() + ms);
  }

  #halve(began: number): void {
    this.#goodInRow = 0;
    if (began < this.#halvedAt) return;
    this.#halvedAt = this.#clock.monotonic();
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
  }

  #wake(): void {
    for (let free = this.#allowed - this.#underWay; free > 0; free -= 1) this.#waiting.shift()?.();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const wake = (): void => resolve(undefined);
    const abort = (): void => {
      this.#waiting = this.#waiting.filter((one) => one !== wake);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.push(wake);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}
