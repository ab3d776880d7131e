/** How long an HTTP call of a station may take here, in milliseconds; no other timer is as long, which tells them apart. */
export const CALL_MS = 30_001;

export interface CallDeadlines extends Disposable {
  /** Told that the server hears a call. Returns what lets the time of that call be over. */
  heard(): () => void;
}

/**
 * The deadlines of HTTP calls run on real time. A call that is never to be answered is ended by its deadline at once, so
 * that nobody waits for it; every other call has the whole of its time, however slow the machine is.
 */
export function callDeadlines(): CallDeadlines {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  // Calls that the server has not heard yet, in the order in which they were begun.
  const unheard = new Map<unknown, () => void>();
  const watchedSet = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout => {
    const timer = set(run, ms, ...args);
    if (ms === CALL_MS)
      unheard.set(timer, () => {
        clear(timer);
        run(...args);
      });
    return timer;
  };
  const watchedClear: typeof clearTimeout = (timer) => {
    unheard.delete(timer);
    clear(timer);
  };
  globalThis.setTimeout = Object.assign(watchedSet, set);
  globalThis.clearTimeout = watchedClear;
  return {
    heard: () => {
      const [call] = unheard;
      if (call === undefined) return () => undefined;
      unheard.delete(call[0]);
      return call[1];
    },
    [Symbol.dispose]: () => {
      globalThis.setTimeout = set;
      globalThis.clearTimeout = clear;
    },
  };
}
