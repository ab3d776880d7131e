import type { StationEvent } from '../contract.ts';

/** Hears of an event; `told`: how many were told until then, this one included. */
export type EventListener = (event: StationEvent, told: number) => void;

/** Tells every subscriber of every event, in order. A subscriber that throws does not keep others from hearing. */
export class EventHub {
  readonly #listeners = new Set<EventListener>();
  #told = 0;

  /** How many events were told until now. */
  get told(): number {
    return this.#told;
  }

  readonly tell = (event: StationEvent): void => {
    this.#told += 1;
    const told = this.#told;
    for (const listener of this.#listeners) {
      try {
        listener(event, told);
      } catch (error) {
        // A front end's fault must not stop a job between two actions on a board; it shows as an uncaught error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
