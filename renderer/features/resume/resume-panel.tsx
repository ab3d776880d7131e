import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { ErrorReport } from '../../../src/model/job.ts';
import type { InterruptedJob } from '../../../src/model/rekey.ts';
import { toFinish, unfinished, waitingJobs } from '../../bench.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Icon } from '../../components/icon.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { unitName, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWhyNot, whyNotFinish } from '../../rights.ts';
import { reportOf } from '../../station.ts';
import { useStore, useWholeState, useWindowState } from '../../store.ts';
import { stepText } from '../bench/steps.ts';
import { useFinish } from '../rekey/request-files.tsx';
import { WaitingJobs } from '../rekey/waiting-jobs.tsx';
import classes from './resume-panel.module.css';

/** Jobs that were cut or that wait: on which unit, in which step, what it was left in, and one button to finish each. */
export function ResumePanel({
  onClose,
  onRekey,
}: {
  readonly onClose: () => void;
  /** Closes this and goes to the re-key screen. */
  readonly onRekey: () => void;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const text = messages.resume;
  const jobs = unfinished(state);
  const left = toFinish(state);
  const whys = left.map((job) => whyNotFinish(state.people, job));
  /** All that whoever is here may finish; the others stay on the list. */
  const whyNotAll = whys.every((why) => why !== null) ? (whys[0] ?? null) : null;
  const [error, setError] = useState<ErrorReport | null>(null);
  /** What is refused is said here: the line on top is behind this panel. */
  const told = (asked: Promise<ErrorReport | null>): void => {
    setError(null);
    void asked.then(setError);
  };
  const up = state.connection.state === 'up' && state.readOnly === null;
  return (
    <SidePanel title={text.title} wide onClose={onClose}>
      {jobs.length === 0 && waitingJobs(state).length === 0 ? (
        <p role="status" className={classes.none}>
          <Icon name="check" /> {text.none}
        </p>
      ) : (
        <div className={classes.top}>
          <p>{text.intro}</p>
          {left.length > 1 ? (
            <Button
              disabled={!up || whyNotAll !== null}
              title={whyNotAll ?? ''}
              onClick={() => told(store.finish())}
            >
              {text.finishAll(left.length)}
            </Button>
          ) : null}
        </div>
      )}
      {error === null ? null : <ErrorPanel error={error} />}
      <WaitingJobs />
      <ul className={classes.jobs}>
        {jobs.map((job) => (
          <JobRow
            key={job.job}
            job={job}
            up={up}
            finishing={state.finishing.some((each) => each.job === job.job)}
            sought={state.sought.includes(job.job)}
            told={told}
            onRekey={onRekey}
          />
        ))}
      </ul>
    </SidePanel>
  );
}

type Told = (asked: Promise<ErrorReport | null>) => void;

function JobRow({
  job,
  up,
  finishing,
  sought,
  told,
  onRekey,
}: {
  readonly job: InterruptedJob;
  /** Whether the station can work at all. */
  readonly up: boolean;
  readonly finishing: boolean;
  /** Whether its board was looked for. */
  readonly sought: boolean;
  readonly told: Told;
  readonly onRekey: () => void;
}): ReactNode {
  const store = useStore();
  const slots = useWindowState((state) => state.slots);
  const finishApproved = useFinish(onRekey);
  const why = useWindowState((state) => whyNotFinish(state.people, job));
  const whyNotRekey = useWhyNot('rekey');
  const text = messages.resume;
  const title = `unfinished-${job.job}`;
  const at = slots.find(({ port }) => port === job.boardAt)?.label ?? job.boardAt;
  return (
    <li>
      <article className={classes.job} aria-labelledby={title} data-safe={job.safe}>
        <header>
          <div>
            <h3 id={title}>{unitName(job)}</h3>
            <p className={classes.soft}>
              {text.flows[job.flow]}, {cut(job)}
            </p>
          </div>
          <p className={classes.safety}>
            <Icon name={job.safe ? 'check' : 'warning'} />
            {job.safe ? text.safe : text.unsafe}
          </p>
        </header>
        <p>{job.left}</p>
        <p className={classes.where}>
          <Icon name="plug" />{' '}
          {at !== null ? text.here(at) : sought && !finishing ? text.notFound : text.notSeen}
        </p>
        {why === null ? null : <p className={classes.soft}>{why}</p>}
        <p className={classes.soft}>
          {text.started(when(job.startedAt, new Date()), job.server)}
          {job.deadline === null ? '' : ` ${text.deadline(when(job.deadline, new Date()))}`}
        </p>
        <footer>
          {job.requested ? (
            <Button
              disabled={!up || finishing || whyNotRekey !== null}
              title={whyNotRekey ?? ''}
              onClick={finishApproved}
            >
              {messages.requests.finish}
            </Button>
          ) : null}
          <Button
            variant={job.requested ? 'default' : 'filled'}
            disabled={!up || why !== null}
            title={why ?? ''}
            loading={finishing}
            onClick={() => told(store.finish(job.job))}
          >
            {job.boardAt === null ? text.lookAndFinish : text.finish}
          </Button>
          <Dismissal job={job} disabled={!up || finishing} why={whyNotRekey} told={told} />
        </footer>
      </article>
    </li>
  );
}

function cut({ state, step, keyMaker, requested }: InterruptedJob): string {
  const text = messages.resume;
  if (requested) return text.requested;
  if (state === 'waiting') return text.waits;
  return step === null ? text.cutBefore : text.cutIn(stepText(step, keyMaker).label);
}

/** Takes a job off the list, asked twice: what is left undone may be a board that cannot authenticate. */
function Dismissal({
  job,
  disabled,
  why,
  told,
}: {
  readonly job: InterruptedJob;
  readonly disabled: boolean;
  /** Why whoever is here may not take it off; null where they may. */
  readonly why: string | null;
  readonly told: Told;
}): ReactNode {
  const store = useStore();
  const text = messages.resume;
  const [asked, setAsked] = useState(false);
  if (!asked)
    return (
      <Button
        variant="subtle"
        color="gray"
        disabled={disabled || why !== null}
        title={why ?? ''}
        onClick={() => setAsked(true)}
      >
        {text.dismiss}
      </Button>
    );
  return (
    <div className={classes.sure} role="alertdialog" aria-label={text.dismiss}>
      <p>
        {text.dismissSure} {job.safe ? '' : text.dismissUnsafe}
      </p>
      <Button variant="default" autoFocus onClick={() => setAsked(false)}>
        {text.dismissNo}
      </Button>
      <Button
        color="red"
        disabled={disabled || why !== null}
        title={why ?? ''}
        onClick={() =>
          told(store.station.call('resume.dismiss', { job: job.job }).then(() => null, reportOf))
        }
      >
        {text.dismissYes}
      </Button>
    </div>
  );
}
