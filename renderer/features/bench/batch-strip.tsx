import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import { BatchProgress } from '../batches/progress-bar.tsx';
import { Standing } from '../batches/batch-list.tsx';
import { chooseForBench } from '../batches/bench-batch.ts';
import { benchBatch } from '../batches/state.ts';
import { useBatchList } from '../batches/use-batches.ts';
import classes from './batch-strip.module.css';

/** The batch that boards on this bench count in, n of N to be read from afar. */
export function BatchStrip(): ReactNode {
  useBatchList();
  const store = useStore();
  const batch = useWindowState((state) => benchBatch(state.batches));
  const text = messages.batches.bench;
  if (batch === null) return null;
  return (
    <section className={classes.strip} aria-label={text.label}>
      <div className={classes.name}>
        <h2>{batch.name}</h2>
        <Standing batch={batch} />
      </div>
      <div className={classes.progress} aria-live="polite">
        <BatchProgress batch={batch} large boards />
      </div>
      <Button variant="default" onClick={() => chooseForBench(store, null)}>
        {text.leave}
      </Button>
    </section>
  );
}
