import type { SlotView } from '../../../src/contract.ts';
import { jobOf } from '../../bench.ts';
import { isAtWork } from '../../job-state.ts';
import type { WindowState } from '../../state.ts';

const SHOWN: readonly SlotView['presence'][] = ['ready', 'booting', 'bootloader'];

/** The slot of the unit: the one that was picked, or the only one on which a board shows itself. */
export function pickedSlot(state: WindowState): SlotView | null {
  const { slot } = state.rekey;
  if (slot !== null) return state.slots.find((each) => each.slot === slot) ?? null;
  const [only, ...others] = state.slots.filter(
    (each) => SHOWN.includes(each.presence) && isUsable(state, each),
  );
  return others.length === 0 ? (only ?? null) : null;
}

/** Whether a unit on this port may be read now. One that waits for its re-key may. */
export function isUsable(state: WindowState, slot: SlotView): boolean {
  if (['busy', 'no-permission', 'muted', 'in-job'].includes(slot.presence)) return false;
  return !state.starting.includes(slot.slot) && !isAtWork(jobOf(state, slot));
}
