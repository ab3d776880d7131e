import type { Clock } from '../../model/clock.ts';

/** From a second after the first try to five minutes. Milliseconds. */
const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/** The pause after so many tries in vain, in milliseconds. */
export function pauseMs(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
}

/** When each wish is to be tried again. In memory: after a restart all are tried at once. */
export class Pauses {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #pauses = new Map<number, { readonly tries: number; readonly due: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** A try was in vain: the next one is after twice the pause. */
  add(wish: number): void {
    const tries = (this.#pauses.get(wish)?.tries ?? 0) + 1;
    this.#pauses.set(wish, { tries, due: this.#clock.monotonic() + pauseMs(tries) });
  }

  remove(wish: number): void {
    this.#pauses.delete(wish);
  }

  forget(): void {
    this.#pauses.clear();
  }

  /** Milliseconds; 0 or less where it is due. */
  dueInMs(wish: number): number {
    const pause = this.#pauses.get(wish);
    return pause === undefined ? 0 : pause.due - this.#clock.monotonic();
  }
}
