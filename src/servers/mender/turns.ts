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

/** Resolves when `wait` has; rejects with the signal's reason when aborted first. */
export async function untilAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([wait, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
