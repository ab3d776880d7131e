import type { Clock } from '../../model/clock.ts';

/** A machine that slept is found asleep for as long as this at most, milliseconds. */
const LOOK_MS = 30_000;

/** Tells once when nobody has been there for so long. */
export class IdleClock implements Disposable {
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  #seen = { monotonic: 0, wall: 0 };
  #watching: AbortController | null = null;

  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** Begins anew: somebody is there. `limitMs`: after how long nobody is; 0 for never. */
  begin(limitMs: number): void {
    this.stop();
    this.touch();
    if (limitMs === 0) return;
    this.#watching = new AbortController();
    void this.#watch(limitMs, this.#watching.signal);
  }

  /** Somebody is there. */
  touch(): void {
    this.#seen = { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
  }

  stop(): void {
    this.#watching?.abort();
    this.#watching = null;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async #watch(limitMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = limitMs - this.#idleMs();
      if (left <= 0) break;
      try {
        await this.#clock.sleep(Math.min(left, LOOK_MS), signal);
      } catch {
        return; // stopped
      }
    }
    if (signal.aborted) return;
    this.stop();
    this.#onIdle();
  }

  /** The steady clock stands still while a machine sleeps, and the other one may be set back. */
  #idleMs(): number {
    const steady = this.#clock.monotonic() - this.#seen.monotonic;
    return Math.max(steady, this.#clock.now() - this.#seen.wall);
  }
}
