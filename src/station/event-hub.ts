import type { StationEvent } from '../contract.ts';

/** Tells every subscriber of every event, in order. A subscriber that throws does not keep others from hearing. */
export class EventHub {
  readonly #listeners = new Set<(event: StationEvent) => void>();

  readonly tell = (event: StationEvent): void => {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A front end's fault must not stop a job between two actions on a board; it shows as an uncaught error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  subscribe(listener: (event: StationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
