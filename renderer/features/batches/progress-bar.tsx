import type { ReactNode } from 'react';
import type { BatchView } from '../../../src/contract/batches.ts';
import { ROW_OUTCOMES, type RowOutcome } from '../../../src/model/batch.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import { boardsOf, progressOf } from './state.ts';
import classes from './progress-bar.module.css';

/** How far a batch is, in numbers and as a bar. */
export function BatchProgress({
  batch,
  large = false,
  boards = false,
}: {
  readonly batch: BatchView;
  readonly large?: boolean;
  /** Whether it is told how many boards are through, also of a batch whose keys are sent to a server. */
  readonly boards?: boolean;
}): ReactNode {
  const text = messages.batches;
  const { done, all } = boards ? boardsOf(batch) : progressOf(batch);
  return (
    <div className={classes.progress} data-large={large}>
      <p className={classes.count}>
        <strong>{text.progress(done, all)}</strong> {text.doneWord[boards ? 'expectation' : batch.kind]}
      </p>
      <svg className={classes.bar} viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        <rect width={all === 0 ? 0 : (done / all) * 1000} height="10" />
      </svg>
    </div>
  );
}

const SIGNS: Record<RowOutcome, IconName> = {
  pending: 'busy',
  created: 'check',
  already: 'equal',
  conflict: 'warning',
  limit: 'stop',
  refused: 'cross',
};

/** What became of the rows of a batch with keys; what did not happen is left out. */
export function OutcomeCounts({ counts }: Pick<BatchView, 'counts'>): ReactNode {
  return (
    <ul className={classes.counts}>
      {ROW_OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => (
        <li key={outcome}>
          <OutcomeTag outcome={outcome} /> {counts[outcome].toLocaleString('en')}
        </li>
      ))}
    </ul>
  );
}

/** An outcome by its sign and its word. */
export function OutcomeTag({
  outcome,
  word = messages.batches.outcomes[outcome],
}: {
  readonly outcome: RowOutcome;
  readonly word?: string;
}): ReactNode {
  return (
    <span className={classes.tag} data-outcome={outcome}>
      <Icon name={SIGNS[outcome]} size={18} />
      {word}
    </span>
  );
}
