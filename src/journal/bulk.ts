import { setImmediate } from 'node:timers/promises';
import { TURN_MS } from './turns.ts';

/** Work in one transaction that is done in turns, and that whoever cannot wait may bring to its end at once. */
export class Bulk {
  readonly #work: Generator<undefined, void, undefined>;
  readonly #whole = Promise.withResolvers<undefined>();
  #ended = false;
  #failure: Error | null = null;

  constructor(work: Generator<undefined, void, undefined>) {
    this.#work = work;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Resolves when there is no more of it to be done, however it ended. */
  get ended(): Promise<undefined> {
    return this.#whole.promise;
  }

  /** Lets everything else go on in between. @throws what the work throws, also where that was found out by `atOnce`. */
  async inTurns(signal?: AbortSignal): Promise<void> {
    try {
      for (let until = performance.now() + TURN_MS; !this.#ended;) {
        signal?.throwIfAborted();
        this.#step();
        if (performance.now() < until) continue;
        await setImmediate();
        until = performance.now() + TURN_MS;
      }
    } catch (thrown) {
      this.drop();
      throw thrown;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** The rest of it. Throws nothing: that is told to who began it. */
  atOnce(): void {
    while (!this.#ended) this.#step();
  }

  /** Ends it as if it had never begun. */
  drop(): void {
    if (this.#ended) return;
    this.#end();
    this.#failure ??= new DOMException('The work was given up.', 'AbortError');
    this.#work.return();
  }

  #end(): void {
    this.#ended = true;
    this.#whole.resolve(undefined);
  }

  #step(): void {
    try {
      if (this.#work.next().done === true) this.#end();
    } catch (thrown) {
      this.#end();
      this.#failure = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
  }
}
