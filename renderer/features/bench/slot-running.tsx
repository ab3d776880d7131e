import type { ReactNode } from 'react';
import type { JobView, StepView } from '../../../src/contract.ts';
import { useNow } from '../../clock.ts';
import { Icon } from '../../components/icon.tsx';
import { duration } from '../../format.ts';
import { messages } from '../../messages.ts';
import { cancellingText, currentStep, jobDuration, segments, stepText } from './steps.ts';
import classes from './slot-running.module.css';

/** A job at work: the step that runs, how far it is, and the steps behind it with their times, newest on top. */
export function SlotRunning({ job }: { readonly job: JobView }): ReactNode {
  const now = useNow(100);
  const step = currentStep(job);
  const elapsed = jobDuration(job, now);
  return (
    <div className={classes.running}>
      <div className={classes.now}>
        <p className={classes.step}>
          {job.state === 'cancelling' && step !== null
            ? `${messages.slot.cancelling} ${stepText(step.step, job.keyMaker).label}`
            : job.state === 'cancelling'
              ? messages.slot.cancelling
              : step === null
                ? messages.slot.starting
                : stepText(step.step, job.keyMaker).label}
        </p>
        <p className={classes.elapsed}>{duration(elapsed)}</p>
      </div>
      <div className={classes.now}>
        <p className={classes.detail}>{cancellingText(job) ?? step?.detail ?? job.identity ?? ''}</p>
        <p className={classes.stepTime}>
          {step?.state === 'running' ? duration(elapsed - step.startedMs) : ''}
        </p>
      </div>
      <StepBar job={job} />
      <ol className={classes.steps} reversed>
        {job.steps
          .filter((each) => each !== step)
          .toReversed()
          .map((each) => (
            <StepRow key={each.startedMs} step={each} by={job.keyMaker} elapsed={elapsed} />
          ))}
      </ol>
    </div>
  );
}

export function StepBar({ job }: { readonly job: JobView }): ReactNode {
  return (
    <div className={classes.bar} aria-hidden="true">
      {segments(job).map(({ step, state }) => (
        <span key={step} data-state={state} />
      ))}
    </div>
  );
}

function StepRow({
  step,
  by,
  elapsed,
}: {
  readonly step: StepView;
  readonly by: JobView['keyMaker'];
  readonly elapsed: number;
}): ReactNode {
  return (
    <li data-state={step.state}>
      <span className={classes.sign}>
        <Icon name={step.state === 'done' ? 'check' : step.state === 'failed' ? 'cross' : 'play'} size={18} />
        <span className="unseen">{messages.stepStates[step.state]}</span>
      </span>
      <span className={classes.name}>{stepText(step.step, by).label}</span>
      <span className={classes.time}>{duration(step.ms ?? elapsed - step.startedMs)}</span>
    </li>
  );
}
