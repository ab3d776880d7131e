import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { waitingJobs } from '../../bench.ts';
import { useNow } from '../../clock.ts';
import { WarnBox } from '../../components/warn-box.tsx';
import { timeLeft, when } from '../../format.ts';
import type { WaitingJob } from '../../job-state.ts';
import { messages } from '../../messages.ts';
import { useWhyNot } from '../../rights.ts';
import { useStore, useWholeState } from '../../store.ts';
import classes from './waiting-jobs.module.css';

/** Units that are staged and wait: for what, until when. They work with their old keys meanwhile. */
export function WaitingJobs({
  onShow,
}: {
  /** Goes to the job; left out where it is elsewhere. */
  readonly onShow?: (job: WaitingJob) => void;
}): ReactNode {
  const jobs = waitingJobs(useWholeState());
  const text = messages.rekey;
  if (jobs.length === 0) return null;
  return (
    <WarnBox title={text.waitingJobs}>
      <ul className={classes.jobs}>
        {jobs.map((job) => (
          <WaitingRow key={job.job} job={job} {...(onShow === undefined ? {} : { onShow })} />
        ))}
      </ul>
    </WarnBox>
  );
}

function WaitingRow({
  job,
  onShow,
}: {
  readonly job: WaitingJob;
  readonly onShow?: (job: WaitingJob) => void;
}): ReactNode {
  const store = useStore();
  const now = useNow(60_000);
  const why = useWhyNot('provision');
  const text = messages.rekey;
  const { deadline } = job.waiting;
  return (
    <li>
      <div>
        <p className={classes.unit}>{job.identity ?? job.port}</p>
        <p>
          {text.waitingTitle}. {text.waitingText} {text.waitsFor[job.waiting.for]}
        </p>
        <p className={classes.until}>
          {text.until} {when(deadline, new Date(now))} ({text.left(timeLeft(Date.parse(deadline) - now))})
        </p>
      </div>
      <Button
        variant="default"
        disabled={why !== null}
        title={why ?? ''}
        onClick={() => void store.ask('job.cancel', { job: job.job })}
      >
        {text.cancel}
      </Button>
      {onShow === undefined ? null : (
        <Button variant="default" onClick={() => onShow(job)}>
          {text.showJob}
        </Button>
      )}
    </li>
  );
}
