import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { InterruptedJob } from '../../../src/model/rekey.ts';
import { useNow } from '../../clock.ts';
import { timeLeft, unitName, when } from '../../format.ts';
import { isWaiting } from '../../job-state.ts';
import { messages } from '../../messages.ts';
import { useStore, useWindowState } from '../../store.ts';
import classes from './waiting-jobs.module.css';

/** Units that are staged and wait: for what, until when. They work with their old keys meanwhile. */
export function WaitingJobs(): ReactNode {
  const interrupted = useWindowState((state) => state.interrupted);
  const text = messages.rekey;
  const waiting = interrupted.filter((job) => job.state === 'waiting');
  if (waiting.length === 0) return null;
  return (
    <section className={classes.jobs} aria-label={text.waitingJobs}>
      <h2>{text.waitingJobs}</h2>
      <ul>
        {waiting.map((job) => (
          <WaitingRow key={job.job} job={job} />
        ))}
      </ul>
    </section>
  );
}

function WaitingRow({ job }: { readonly job: InterruptedJob }): ReactNode {
  const store = useStore();
  const view = useWindowState((state) => state.jobs[job.job] ?? null);
  const now = useNow(60_000);
  const text = messages.rekey;
  return (
    <li>
      <div>
        <p className={classes.unit}>{unitName(job)}</p>
        <p>
          {text.waitingTitle}. {text.waitingText}{' '}
          {isWaiting(view) ? text.waitsFor[view.waiting.for] : messages.resume.waits}
        </p>
        {job.deadline === null ? null : (
          <p className={classes.until}>
            {text.until} {when(job.deadline, new Date(now))} (
            {text.left(timeLeft(Date.parse(job.deadline) - now))})
          </p>
        )}
      </div>
      {view === null ? null : (
        <Button
          variant="default"
          onClick={() => store.dispatch({ type: 'rekey', action: { type: 'show', job: view } })}
        >
          {text.showJob}
        </Button>
      )}
    </li>
  );
}
