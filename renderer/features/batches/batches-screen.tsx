import type { ReactNode } from 'react';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useWindowState } from '../../store.ts';
import { BatchList } from './batch-list.tsx';
import { BatchPage } from './batch-page.tsx';
import { BatchesBar } from './batches-bar.tsx';
import { openBatch } from './state.ts';
import { useBatchList } from './use-batches.ts';
import classes from './batches.module.css';

/** The batches of this station: all of them, or one with its rows. */
export function BatchesScreen({
  open,
  onBench,
}: {
  readonly open: OpenPanel;
  /** Goes to the bench. */
  readonly onBench: () => void;
}): ReactNode {
  useBatchList();
  const batch = useWindowState((state) => openBatch(state.batches));
  return (
    <>
      <main className={classes.main} aria-label={messages.batches.label} tabIndex={0}>
        {batch === null ? <BatchList /> : <BatchPage key={batch.id} batch={batch} open={open} />}
      </main>
      <BatchesBar open={open} onBench={onBench} />
    </>
  );
}
