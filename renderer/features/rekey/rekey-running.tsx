import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import { useNow } from '../../clock.ts';
import { Icon } from '../../components/icon.tsx';
import { duration, timeLeft, when } from '../../format.ts';
import { isWaiting } from '../../job-state.ts';
import { messages } from '../../messages.ts';
import { StepBar } from '../bench/slot-running.tsx';
import { cancellingText, currentStep, jobDuration } from '../bench/steps.ts';
import { StepBoard } from './step-board.tsx';
import classes from './rekey-running.module.css';

/** A re-key at work: the step that runs, large, and every step behind it. Null: it has been asked for. */
export function RekeyRunning({
  job,
  lost = false,
}: {
  readonly job: JobView | null;
  /** The station ended in the middle of it. */
  readonly lost?: boolean;
}): ReactNode {
  const now = useNow(100, !lost);
  const text = messages.slot;
  if (job === null)
    return (
      <section className={classes.card} role="status">
        <p className={classes.step}>
          <Loader size="sm" /> {messages.rekey.starting}
        </p>
      </section>
    );
  const step = currentStep(job);
  const word = step === null ? text.starting : messages.steps[step.step].label;
  return (
    <section className={classes.card} aria-label={messages.rekey.unit}>
      <div className={classes.now}>
        <p className={classes.step}>
          {lost ? text.interrupted.word : job.state === 'cancelling' ? `${text.cancelling} ${word}` : word}
        </p>
        {lost ? null : <p className={classes.elapsed}>{duration(jobDuration(job, now))}</p>}
      </div>
      <p className={classes.detail}>
        {lost ? text.interrupted.text : (cancellingText(job) ?? step?.detail ?? job.identity ?? '')}
      </p>
      <StepBar job={job} />
      <StepBoard job={job} elapsed={jobDuration(job, now)} still={lost} />
    </section>
  );
}

/** A unit that waits: what is done, what is not, for what and until when. */
export function RekeyWaiting({ job }: { readonly job: JobView }): ReactNode {
  const now = useNow(1000);
  const text = messages.rekey;
  if (!isWaiting(job)) return null;
  const { deadline } = job.waiting;
  return (
    <section className={classes.card} data-tone="waiting" aria-label={text.unit}>
      <div className={classes.waiting}>
        <Icon name="busy" size={64} />
        <div>
          <p className={classes.word}>{text.waitingTitle}</p>
          <p className={classes.fate}>{text.waitingText}</p>
        </div>
      </div>
      <p className={classes.plain}>
        <strong>{job.identity}</strong> {text.waitsFor[job.waiting.for]}
      </p>
      <p className={classes.plain}>
        {text.until} {when(deadline, new Date(now))} ({text.left(timeLeft(Date.parse(deadline) - now))})
      </p>
      <StepBoard job={job} elapsed={0} still />
    </section>
  );
}
