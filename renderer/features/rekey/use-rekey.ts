import { useMemo } from 'react';
import type { CallInput, JobView } from '../../../src/contract.ts';
import { reportOf } from '../../station.ts';
import type { WindowState } from '../../state.ts';
import { useStore, type Store } from '../../store.ts';
import { acceptanceOf } from './acceptance.ts';
import { casesToConfirm, missing, type FlowAction, type RekeyFlow } from './flow.ts';
import { pickedSlot } from './picked-slot.ts';

/** What the re-key screen does at the station; each says what came of it by an action. */
export interface RekeyActs {
  /** Reads the unit on the picked port; changes nothing. */
  readonly read: () => void;
  /** Begins, or stages the new key and writes the request for it; held back while anything is missing. */
  readonly start: () => void;
  /** Finishes a requested re-key with the text of its approval; its unit is found on any port. */
  readonly finish: (file: string) => void;
  readonly cancel: (job: JobView | null) => void;
  /** Forgets what was said of this unit. Its job, if it has one, goes on. */
  readonly another: () => void;
  /** Takes the verdict off its slot and begins with the next unit. */
  readonly next: () => void;
}

export function useRekey(): RekeyActs {
  const store = useStore();
  return useMemo(() => rekeyActs(store), [store]);
}

export function rekeyActs(store: Store): RekeyActs {
  const dispatch = (action: FlowAction): void => store.dispatch({ type: 'rekey', action });
  return {
    read: () => {
      const state = store.getState();
      const slot = pickedSlot(state);
      const { server, profile } = state.preferences;
      if (slot === null || server === null || profile === null) return;
      dispatch({ type: 'pick', slot: slot.slot });
      dispatch({ type: 'read' });
      store.station.call('rekey.look', { port: slot.port, server, profile }).then(
        (report) => dispatch({ type: 'unit', slot: slot.slot, report }),
        (thrown: unknown) => dispatch({ type: 'unreadable', slot: slot.slot, error: reportOf(thrown) }),
      );
    },
    start: () => {
      const state = store.getState();
      const acceptance = acceptanceOf(state);
      const order = rekeyOrder(state);
      if (order === null || missing(state.rekey, acceptance) !== null || state.rekey.job.state !== 'none')
        return;
      dispatch({ type: 'ask', by: acceptance.by });
      const asked =
        acceptance.by === 'login'
          ? store.station.call('rekey', order).then(() => dispatch({ type: 'settled' }))
          : store.station
              .call('rekey.request', requestOrder(order, state.rekey, acceptance.approver))
              .then((report) => dispatch({ type: 'requested', report }));
      asked.catch((thrown: unknown) => dispatch({ type: 'refused', error: reportOf(thrown) }));
    },
    finish: (file) => {
      dispatch({ type: 'ask', by: 'approval' });
      store.station.call('rekey.finish', { file }).then(
        () => dispatch({ type: 'settled' }),
        (thrown: unknown) => dispatch({ type: 'refused', error: reportOf(thrown) }),
      );
    },
    cancel: (job) => {
      if (job !== null) void store.ask('job.cancel', { job: job.job });
    },
    another: () => {
      dispatch({ type: 'pick', slot: null });
    },
    next: () => {
      const { rekey, slots } = store.getState();
      const job = rekey.job.state === 'seen' ? rekey.job.view.job : null;
      const slot = slots.find((each) => each.job === job && job !== null);
      dispatch({ type: 'pick', slot: null });
      if (slot !== undefined) void store.ask('slot.clear', { slot: slot.slot });
    },
  };
}

/** The call for what was said of the unit that was read; null where there is none, or no server to do it with. */
export function rekeyOrder({ preferences, slots, rekey }: WindowState): CallInput<'rekey'> | null {
  const slot = slots.find((each) => each.slot === rekey.slot);
  const { server, profile } = preferences;
  const { unit, reason } = rekey;
  if (slot === undefined || server === null || profile === null || reason === null) return null;
  if (unit.state !== 'read') return null;
  const words = casesToConfirm(unit.report);
  const label = rekey.label.trim();
  return {
    port: slot.port,
    server,
    profile,
    reason: { code: reason, text: rekey.words.trim() },
    confirmed: [...words],
    decommissionFormer: words.includes('identity-changed') && rekey.decommissionFormer,
    waitMs: unit.report.offline === null ? DEFAULT_WAIT_MS : rekey.waitMs,
    ...(rekey.newKey === null ? {} : { keySource: rekey.newKey }),
    ...(label === '' ? {} : { label }),
  };
}

function requestOrder(
  { port, server, profile, reason, confirmed, keySource, label }: CallInput<'rekey'>,
  { waitMs }: RekeyFlow,
  approver: string | null,
): CallInput<'rekey.request'> {
  return {
    port,
    server,
    profile,
    reason,
    confirmed,
    expiresMs: waitMs,
    ...(keySource === undefined ? {} : { keySource }),
    ...(label === undefined ? {} : { label }),
    ...(approver === null ? {} : { approver }),
  };
}

/** For a server that goes in the middle of the job: 24 hours, in milliseconds. */
const DEFAULT_WAIT_MS = 24 * 3_600_000;
