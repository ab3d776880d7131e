import type { ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { duration } from '../../format.ts';
import { messages } from '../../messages.ts';
import { segments, type SegmentState } from '../bench/steps.ts';
import classes from './step-board.module.css';

const SIGNS: Partial<Record<SegmentState, IconName>> = { running: 'play', done: 'check', failed: 'cross' };

/** Every step that a job may have, each at its own place from the start: what is done, what runs, what is to come. */
export function StepBoard({
  job,
  elapsed,
  still,
}: {
  readonly job: JobView;
  /** Milliseconds since the job began. */
  readonly elapsed: number;
  /** No step runs, whatever the job says. */
  readonly still: boolean;
}): ReactNode {
  return (
    <ol className={classes.steps}>
      {segments(job).map(({ step, state }) => {
        const ran = job.steps.filter((each) => each.step === step);
        const ms = ran.reduce((sum, each) => sum + (each.ms ?? (still ? 0 : elapsed - each.startedMs)), 0);
        const sign = SIGNS[state];
        return (
          <li
            key={step}
            data-state={state}
            {...(state === 'running' ? { 'aria-current': 'step' as const } : {})}
          >
            <span className={classes.sign}>{sign === undefined ? null : <Icon name={sign} size={22} />}</span>
            <span className={classes.label}>{messages.steps[step].label}</span>
            <span className={classes.time}>{ran.length === 0 ? '' : duration(ms)}</span>
          </li>
        );
      })}
    </ol>
  );
}
