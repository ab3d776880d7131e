import { createContext, useCallback, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import { currentServer, toFinish, toStart } from './bench.ts';
import { newerEvents } from './newer-events.ts';
import { INITIAL, reduce, type Action, type WindowState } from './state.ts';
import { COOL_DOWN_MS, startGuard } from './start-guard.ts';
import { reportOf, type Station } from './station.ts';
import type { CallInput, CallName, CallResults, SlotView } from '../src/contract.ts';
import type { BatchAllowance } from '../src/model/batch.ts';
import type { ErrorReport } from '../src/model/job.ts';

/** Where the window's state lives: the reducer's last result and who wants to know of the next. */
export interface Store {
  readonly station: Station;
  getState(): WindowState;
  dispatch(action: Action): void;
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks for everything anew. The state says whether it came. */
  load(): Promise<void>;
  /** A call whose refusal belongs to no form: it is shown in the line on top. Resolves with null when refused. */
  ask<N extends CallName>(name: N, params: CallInput<N>): Promise<CallResults[N] | null>;
  /** Provisions these slots. Resolves when all have their verdict, at once when held back. */
  start(slots: readonly SlotView[], job: JobSettings, options?: StartOptions): Promise<void>;
  /** Finishes one interrupted job, or all whose boards are here. Resolves when they have their verdicts, or with a refusal. */
  finish(job?: string): Promise<ErrorReport | null>;
  /** Ends what `createStore` began. */
  close(): void;
}

/** What the operator set for the next jobs. Holds no secret. */
export interface JobSettings {
  readonly keySource: string | null;
  readonly label: string | null;
  /** What devices are called on the server; null leaves it to batch and profile. */
  readonly inventory: NonNullable<CallInput<'provision'>['inventory']> | null;
}

export interface StartOptions {
  readonly passphrase?: string | undefined;
  /** Hold back a start of all that comes a moment after another one, or after its end: a key pressed twice starts once. */
  readonly guarded?: boolean;
  /** What an admin lets through although the batch does not expect it. */
  readonly allow?: readonly BatchAllowance[];
}

/** @param clock milliseconds on a steady clock; moved by tests */
export function createStore(station: Station, clock: () => number = () => performance.now()): Store {
  let state = INITIAL;
  const listeners = new Set<() => void>();
  const newer = newerEvents();
  const guard = startGuard();
  let thaw: ReturnType<typeof setTimeout> | undefined;
  /** Shows for how long the guard holds back. */
  const cool = (): void => {
    clearTimeout(thaw);
    store.dispatch({ type: 'cooling', on: true });
    thaw = setTimeout(() => store.dispatch({ type: 'cooling', on: false }), COOL_DOWN_MS);
  };

  const store: Store = {
    station,
    getState: () => state,
    dispatch(action) {
      let next = reduce(state, action);
      if (action.type === 'snapshot')
        for (const event of newer.since(action.snapshot)) next = reduce(next, { type: 'event', event });
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async load() {
      try {
        store.dispatch({ type: 'snapshot', snapshot: await station.call('snapshot', {}) });
      } catch (thrown) {
        store.dispatch({ type: 'load-failed', error: reportOf(thrown) });
      }
    },
    async ask(name, params) {
      try {
        return await station.call(name, params);
      } catch (thrown) {
        store.dispatch({ type: 'notice', error: reportOf(thrown) });
        return null;
      }
    },
    async start(slots, job, { passphrase, guarded = false, allow = [] } = {}) {
      const { server, profile } = state.preferences;
      // Simulated boards count in no batch.
      const batch = currentServer(state)?.simulated === true ? null : state.batches.bench;
      if (slots.length === 0 || server === null || profile === null) return;
      if (guarded) {
        if (!guard.tryStart(clock())) return;
        cool();
      }
      const names = slots.map((slot) => slot.slot);
      store.dispatch({ type: 'starting', slots: names });
      await store.ask('provision', {
        ports: slots.map((slot) => slot.port),
        server,
        profile,
        ...(job.keySource === null ? {} : { keySource: job.keySource }),
        ...(job.label === null ? {} : { label: job.label }),
        ...(job.inventory === null ? {} : { inventory: job.inventory }),
        ...(passphrase === undefined ? {} : { passphrase }),
        ...(batch === null ? {} : { batch, allow: [...allow] }),
      });
      guard.ended(clock());
      cool();
      store.dispatch({ type: 'start-ended', slots: names });
    },
    async finish(job) {
      const jobs = toFinish(state).filter((each) => job === undefined || each.job === job);
      if (jobs.length === 0) return null;
      store.dispatch({ type: 'finishing', jobs, on: true });
      try {
        await station.call('resume', job === undefined ? {} : { job });
        return null;
      } catch (thrown) {
        return reportOf(thrown);
      } finally {
        store.dispatch({ type: 'finishing', jobs, on: false });
      }
    },
    close: () => {
      clearTimeout(thaw);
      unsubscribe();
    },
  };
  const unsubscribe = station.subscribe((event) => {
    const wasBlind = state.people.blind;
    newer.note(event);
    store.dispatch({ type: 'event', event });
    const back = event.type === 'station-process' && event.state === 'up';
    // Who wrote meanwhile left records and settings that no event told of.
    const free = event.type === 'read-only' && event.readOnly === null;
    // Nor were they told to a bench that showed nothing; what it had seen before is not kept either.
    const seen = event.type === 'people' && wasBlind !== event.people.blind;
    if (back || free || seen) void store.load();
  });
  return store;
}

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (store === null) throw new Error('The window has no store around it.');
  return store;
}

/** A part of the state; what uses it is drawn again only when that part is another. `select` must not make new objects. */
export function useWindowState<T>(select: (state: WindowState) => T): T {
  const store = useStore();
  return useSyncExternalStore(
    store.subscribe,
    useCallback(() => select(store.getState()), [store, select]),
  );
}

/** The whole state, for the few parts that look at much of it. */
export function useWholeState(): WindowState {
  return useWindowState(whole);
}

function whole(state: WindowState): WindowState {
  return state;
}

/** The slots that the big button would start, read at the moment of the call. */
export function useToStart(): () => readonly SlotView[] {
  const store = useStore();
  return useCallback(() => toStart(store.getState()), [store]);
}

/** The latest value of a function, under one identity, for listeners that outlive a drawing. */
export function useLatest<A extends readonly unknown[]>(
  callback: (...args: A) => void,
): (...args: A) => void {
  const latest = useRef(callback);
  useEffect(() => {
    latest.current = callback;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}
