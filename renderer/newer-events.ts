import type { Snapshot } from '../src/contract.ts';
import type { WindowEvent } from './station.ts';

/** More than a busy bench tells in the time that an answer takes to the window. */
const KEPT = 1000;

/**
 * Events that came lately. An answer and an event take different ways to the window, and the event may come first: a
 * snapshot that was taken before it would hide it.
 */
export interface NewerEvents {
  note(event: WindowEvent): void;
  /** Those that the station told after this snapshot was taken, in their order. */
  since(snapshot: Snapshot): readonly WindowEvent[];
}

export function newerEvents(): NewerEvents {
  let kept: WindowEvent[] = [];
  return {
    note(event) {
      // Another process counts from the beginning.
      if (event.type === 'station-process') kept = [];
      // Lines are added to those that are shown, which no snapshot replaces.
      else if (event.type !== 'line') kept.push(event);
      if (kept.length > 2 * KEPT) kept = kept.slice(-KEPT);
    },
    since: ({ told }) => kept.filter((event) => event.type !== 'station-process' && (event.told ?? 0) > told),
  };
}
