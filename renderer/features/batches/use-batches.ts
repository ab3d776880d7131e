import { useEffect, useMemo } from 'react';
import type { CallInput } from '../../../src/contract.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWindowState, type Store } from '../../store.ts';
import type { BatchesAction } from './state.ts';

/** What the window does at the station with batches; each says what came of it by an action. */
export interface BatchActs {
  readonly look: () => Promise<void>;
  readonly open: (name: string | null) => void;
  /** Resolves when the run has ended; until then it is told by events. */
  readonly preauthorize: (call: CallInput<'batch.preauthorize'>) => Promise<void>;
}

export function batchActs(store: Store): BatchActs {
  const dispatch = (action: BatchesAction): void => store.dispatch({ type: 'batches', action });
  return {
    look: async () => {
      const batches = await store.ask('batch.list', {});
      if (batches !== null) dispatch({ type: 'list', batches });
    },
    open: (name) => dispatch({ type: 'open', name }),
    preauthorize: async (call) => {
      const { name } = call;
      dispatch({ type: 'run', name, run: { state: 'asked' } });
      try {
        const report = await store.station.call('batch.preauthorize', call);
        dispatch({ type: 'run', name, run: { state: 'ended', report } });
      } catch (thrown) {
        dispatch({ type: 'run', name, run: { state: 'refused', error: reportOf(thrown) } });
      }
    },
  };
}

export function useBatches(): BatchActs {
  const store = useStore();
  return useMemo(() => batchActs(store), [store]);
}

/** Reads the list when its screen comes up, and anew whenever the station is back. */
export function useBatchList(): void {
  const { look } = useBatches();
  const up = useWindowState((state) => state.loaded && state.connection.state === 'up');
  useEffect(() => {
    if (up) void look();
  }, [up, look]);
}

/** Whether whoever is at the window may change batches now. */
export function useMayBatches(): boolean {
  return useWindowState(
    ({ loaded, connection, readOnly, people }) =>
      loaded && connection.state === 'up' && readOnly === null && people.rights.includes('batches'),
  );
}
