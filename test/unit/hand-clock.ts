import type { Clock } from '../../src/model/clock.ts';

/** A clock that stands still until a test moves it. */
export interface HandClock extends Clock {
  /** Moves both clocks on, and lets everything that falls due meanwhile do so. */
  advance(ms: number): Promise<void>;
  /** The machine slept: only the wall clock went on. */
  slept(ms: number): void;
}

export function handClock(start = Date.parse('2026-11-27T08:00:00Z')): HandClock {
  let monotonic = 0;
  let wall = start;
  const sleeps = new Set<{ readonly at: number; readonly wake: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => setImmediate(done));
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = { at: monotonic + ms, wake: resolve };
        sleeps.add(timer);
        signal?.addEventListener('abort', () => {
          sleeps.delete(timer);
          reject(new DOMException('stopped', 'AbortError'));
        });
      }),
    slept: (ms) => void (wall += ms),
    async advance(ms) {
      const end = monotonic + ms;
      await settle();
      for (;;) {
        const [next] = [...sleeps].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
        if (next === undefined) break;
        wall += next.at - monotonic;
        monotonic = next.at;
        sleeps.delete(next);
        next.wake();
        await settle();
      }
      wall += end - monotonic;
      monotonic = end;
    },
  };
}
