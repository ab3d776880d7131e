/**
 * The clock that a simulated board lives by.
 *
 * Everything on a board that waits (a login's delay, `sleep`, a boot, a paced cable) asks this clock, so that a test can
 * run a whole day of board time in a moment.
 */
import { type Clock as StationClock, systemClock } from '../../model/clock.ts';

/** Timers that can be called off. */
export interface BoardClock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds; returns a function that calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** A board's timers on a station's clock. Timers on the machine's own clock do not keep the process alive. */
export function boardClock(clock: StationClock): BoardClock {
  if (isBoardClock(clock)) return clock;
  if (clock === systemClock) {
    return {
      now: () => Date.now(),
      after(ms, run) {
        const timer = setTimeout(run, ms);
        timer.unref();
        return () => clearTimeout(timer);
      },
    };
  }
  return {
    now: () => clock.now(),
    after(ms, run) {
      const off = new AbortController();
      void clock.sleep(ms, off.signal).then(run, () => undefined);
      return () => off.abort();
    },
  };
}

function isBoardClock(clock: StationClock): clock is StationClock & BoardClock {
  return 'after' in clock && typeof clock.after === 'function';
}

/** A clock that only moves when told to. It serves a station and its boards alike. */
export interface VirtualClock extends StationClock, BoardClock {
  now(): number;
  /**
   * Moves time on by `ms` milliseconds, running what falls due in order of time. Between two timers it lets everything
   * run that became possible, so that work started by a timer is done before the next one fires.
   */
  advance(ms: number): Promise<void>;
  /** Lets everything run that is possible now, without moving time. */
  settle(): Promise<void>;
  /** How many timers are waiting. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Makes a clock that stands at `start` (milliseconds since 1970) until it is moved. */
export function createVirtualClock(start = Date.UTC(2026, 10, 21, 20, 53, 44)): VirtualClock {
  let now = start;
  let order = 0;
  const timers = new Set<Timer>();
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  };
  const settle = async (): Promise<void> => {
    // Work hops between promises, microtasks and I/O callbacks; a few turns of the event loop drain all of them.
    for (let turn = 0; turn < 4; turn++) await new Promise<void>((done) => setImmediate(done));
  };
  return {
    now: () => now,
    monotonic: () => now - start,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        const aborted = (): void => {
          off();
          const reason: unknown = signal?.reason;
          reject(
            reason instanceof Error ? reason : new DOMException('The operation was aborted.', 'AbortError'),
          );
        };
        const off = this.after(ms, () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        });
        if (signal?.aborted === true) aborted();
        else signal?.addEventListener('abort', aborted, { once: true });
      });
    },
    after(ms, run) {
      const timer = { at: now + Math.max(0, ms), order: order++, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = next(); timer && timer.at <= end; timer = next()) {
        timers.delete(timer);
        now = timer.at;
        timer.run();
        await settle();
      }
      now = end;
    },
    settle,
    get pending() {
      return timers.size;
    },
  };
}
