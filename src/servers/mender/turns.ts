import { untilAborted } from '../until-aborted.ts';

/** One at a time for each key, in the order of asking. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does `work` when everything asked for before under this key has ended; not at all when aborted while waiting. */
  async take<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const mine = untilAborted(before, signal).then(work);
    // Whoever comes next waits for all before it, also where this one gave up waiting; outcomes are the callers' alone.
    const ended = Promise.allSettled([before, mine]);
    this.#last.set(key, ended);
    try {
      return await mine;
    } finally {
      void ended.then(() => {
        if (this.#last.get(key) === ended) this.#last.delete(key);
      });
    }
  }
}
