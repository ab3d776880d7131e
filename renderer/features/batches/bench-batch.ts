import type { Store } from '../../store.ts';

/** Chooses the batch that boards on the bench count in; null: none. The station remembers it for the next start. */
export function chooseForBench(store: Store, name: string | null): void {
  store.dispatch({ type: 'batches', action: { type: 'bench', name } });
  void store.ask('preferences.set', { batch: name });
}
