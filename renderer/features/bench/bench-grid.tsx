import type { ReactNode } from 'react';
import type { JobView, SlotView } from '../../../src/contract.ts';
import type { BatchAllowance } from '../../../src/model/batch.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { isPlace, mayIdentify, obstacle } from '../../bench.ts';
import { useNow } from '../../clock.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useLatest, useWholeState } from '../../store.ts';
import { SlotCard } from './slot-card.tsx';
import classes from './bench-grid.module.css';

/** The bench: a card for each slot, in the order of their labels. */
export function BenchGrid({
  onStart,
  onRekey,
  open,
}: {
  readonly onStart: (slot: SlotView, allow: readonly BatchAllowance[]) => void;
  readonly onRekey: (slot: SlotView) => void;
  readonly open: OpenPanel;
}): ReactNode {
  const state = useWholeState();
  const now = useNow(1000);
  const mayStart = obstacle(state, now) === null;
  const places = state.slots.filter((slot) => isPlace(state, slot));
  const start = useLatest(onStart);
  const rekey = useLatest(onRekey);
  const identify = useLatest((slot: SlotView) => open({ kind: 'identify', slot }));
  const explain = useLatest((error: ErrorReport) => open({ kind: 'error', error }));
  const details = useLatest((job: JobView) => open({ kind: 'job', job }));
  return (
    <ul className={classes.grid} data-count={places.length} aria-label={messages.slot.list}>
      {places.map((slot) => (
        <SlotCard
          key={slot.slot}
          slot={slot}
          mayStart={mayStart}
          mayIdentify={mayIdentify(state)}
          onStart={start}
          onRekey={rekey}
          onDetails={details}
          onIdentify={identify}
          onError={explain}
        />
      ))}
    </ul>
  );
}
