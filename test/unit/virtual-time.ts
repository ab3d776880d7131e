import crypto from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';

/** A clock that runs by itself, as fast as the work on it allows. It serves a station and its simulated boards alike. */
export interface VirtualTime extends Clock, Disposable {
  /** Calls `run` once after `ms` milliseconds of this clock; returns a function that calls it off. */
  after(ms: number, run: () => void): () => void;
  /** Keeps time standing while `work` runs: for work that takes real time, as the making of a key does. */
  hold<T>(work: Promise<T>): Promise<T>;
}

/**
 * Time that jumps to whatever falls due next, once nothing can go on without it. It stands still while an HTTP call or
 * the making of a key is under way in this process, so that a slow machine never makes a deadline of a board or a station run out.
 *
 * Ends with the test that made it.
 */
export function virtualTime(start = Date.now()): VirtualTime {
  const time = startVirtualTime(start);
  onTestFinished(() => time[Symbol.dispose]());
  return time;
}

/** The same for whoever ends it: there is one at a time in a process, since HTTP calls are counted for all of it. */
export function startVirtualTime(start = Date.now()): VirtualTime {
  // Counted from the start: on the scale of dates a double cannot tell microseconds apart.
  let now = 0;
  let order = 0;
  let held = 0;
  let closed = false;
  const timers = new Set<{ readonly at: number; readonly order: number; readonly run: () => void }>();
  const count = (change: 1 | -1): void => void (held += change);
  const stops = [countCalls(count), countKeyGenerations(count)];

  const next = () => {
    let first: { readonly at: number; readonly order: number; readonly run: () => void } | undefined;
    for (const timer of timers)
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    return first;
  };
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 1).unref());
  const run = async (): Promise<void> => {
    while (!closed) {
      // Work hops between promises and callbacks of I/O; a few turns of the event loop drain both.
      for (let turns = 0; turns < 5; turns += 1) await turn();
      if (held > 0) {
        await pause();
        continue;
      }
      const timer = next();
      if (timer === undefined) {
        await pause();
        continue;
      }
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.run();
    }
  };
  const time: VirtualTime = {
    now: () => Math.floor(start + now),
    monotonic: () => now,
    after(ms, work) {
      const timer = { at: now + Math.max(0, ms), order: order++, run: work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const aborted = (): void => {
          off();
          reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        const off = time.after(ms, () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        });
        if (signal?.aborted === true) aborted();
        else signal?.addEventListener('abort', aborted, { once: true });
      }),
    async hold(work) {
      held += 1;
      try {
        return await work;
      } finally {
        held -= 1;
      }
    },
    [Symbol.dispose]: () => {
      closed = true;
      for (const stop of stops) stop();
    },
  };
  void run();
  return time;
}

/** Tells of every HTTP call of this process as it begins (+1) and ends (-1), the station's and the boards'. */
function countCalls(changed: (by: 1 | -1) => void): () => void {
  const open = new WeakSet<object>();
  const requestOf = (message: unknown): object => (message as { readonly request: object }).request;
  const begin = (message: unknown): void => {
    const request = requestOf(message);
    open.add(request);
    changed(1);
    if (request instanceof ClientRequest) request.once('close', () => end(message));
  };
  const end = (message: unknown): void => {
    if (open.delete(requestOf(message))) changed(-1);
  };
  const channels = [
    ['undici:request:create', begin],
    ['undici:request:trailers', end],
    ['undici:request:error', end],
    ['http.client.request.start', begin],
  ] as const;
  for (const [name, listener] of channels) subscribe(name, listener);
  return () => {
    for (const [name, listener] of channels) unsubscribe(name, listener);
  };
}

/** The same for keys that are made beside this thread. */
function countKeyGenerations(changed: (by: 1 | -1) => void): () => void {
  const original = crypto.generateKeyPair;
  const counted = ((...args: unknown[]) => {
    const done = args.pop() as (...result: unknown[]) => void;
    changed(1);
    Reflect.apply(original, crypto, [
      ...args,
      (...result: unknown[]) => {
        changed(-1);
        done(...result);
      },
    ]);
  }) as typeof original;
  crypto.generateKeyPair = counted;
  syncBuiltinESMExports();
  return () => {
    crypto.generateKeyPair = original;
    syncBuiltinESMExports();
  };
}
