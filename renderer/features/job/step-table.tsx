import type { ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import { useNow } from '../../clock.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { duration } from '../../format.ts';
import { messages } from '../../messages.ts';
import { jobDuration, stepText } from '../bench/steps.ts';
import classes from './step-table.module.css';

const SIGNS: Record<'running' | 'done' | 'failed', IconName> = {
  running: 'play',
  done: 'check',
  failed: 'cross',
};

/** Every step that ran: what it did, whether it changed anything, and its place on the job's time line. */
export function StepTable({ job }: { readonly job: JobView }): ReactNode {
  const now = useNow(100, job.state !== 'ended');
  const total = Math.max(1, jobDuration(job, now));
  if (job.steps.length === 0) return <p>{messages.job.noSteps}</p>;
  return (
    <ol className={classes.steps}>
      {job.steps.map((step, at) => {
        const text = stepText(step.step, job.keyMaker);
        const ms = step.ms ?? Math.max(0, total - step.startedMs);
        return (
          <li key={at} data-state={step.state}>
            <span className={classes.sign}>
              <Icon name={SIGNS[step.state]} size={22} />
              <span className="unseen">{messages.stepStates[step.state]}</span>
            </span>
            <span className={classes.label}>{text.label}</span>
            <span className={classes.effect}>{messages.effects[text.effect]}</span>
            <span className={classes.time}>{duration(ms)}</span>
            <span className={classes.detail}>{step.detail}</span>
            <svg className={classes.track} viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
              <rect
                x={Math.min(994, (step.startedMs / total) * 1000)}
                width={Math.max(6, (ms / total) * 1000)}
                height="6"
              />
            </svg>
          </li>
        );
      })}
    </ol>
  );
}
