import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { timeLeft } from '../../format.ts';
import { messages } from '../../messages.ts';
import classes from './batches.module.css';

/** How fast a run goes and how long it takes yet; of part of the batch, also how far it is. */
export function RunRate({ batch }: { readonly batch: BatchView }): ReactNode {
  const text = messages.batches;
  const { run, rows } = batch;
  if (run === null) return null;
  const parts = [
    run.total === rows ? null : text.progress(run.done, run.total),
    run.waitsMs === 0 ? null : text.waits(timeLeft(run.waitsMs)),
    run.perSecond === null ? null : text.rate(run.perSecond),
    run.remainingMs === null ? null : text.left(timeLeft(run.remainingMs)),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : <span className={classes.rate}>{parts.join(' · ')}</span>;
}
