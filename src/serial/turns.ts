/** One at a time for each name: work under a name begins when all earlier work under it has ended. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when its turn has come. How earlier work ended does not matter. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const { promise: mine, resolve: leave } = Promise.withResolvers<undefined>();
    const ended = before.then(() => mine);
    this.#last.set(name, ended);
    await before;
    try {
      return await work();
    } finally {
      leave(undefined);
      if (this.#last.get(name) === ended) this.#last.delete(name);
    }
  }
}
