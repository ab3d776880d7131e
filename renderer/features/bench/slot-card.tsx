import { ActionIcon, Button, Checkbox } from '@mantine/core';
import { memo, useCallback, useState, type ReactNode } from 'react';
import type { JobView, SlotView } from '../../../src/contract.ts';
import { BATCH_ALLOWANCES, type BatchAllowance } from '../../../src/model/batch.ts';
import type { ErrorReport } from '../../../src/model/job.ts';
import { hindrance, jobOf, rightToStart, stationLost } from '../../bench.ts';
import { isAtWork, isWaiting } from '../../job-state.ts';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import { useWhyNot, whyNot } from '../../rights.ts';
import { useStore, useWindowState } from '../../store.ts';
import { SlotIdle, SlotInterrupted, SlotWaiting } from './slot-idle.tsx';
import { SlotRunning } from './slot-running.tsx';
import { SlotUnrecorded, SlotVerdict } from './slot-verdict.tsx';
import classes from './slot-card.module.css';

interface Props {
  readonly slot: SlotView;
  /** Whether anything may be started at all: signed in, a profile chosen, not read-only. */
  readonly mayStart: boolean;
  readonly mayIdentify: boolean;
  /** `allow`: what an admin lets through although the batch does not expect it. */
  readonly onStart: (slot: SlotView, allow: readonly BatchAllowance[]) => void;
  /** What was re-keyed is re-keyed again, not provisioned. */
  readonly onRekey: (slot: SlotView) => void;
  readonly onDetails: (job: JobView) => void;
  readonly onIdentify: (slot: SlotView) => void;
  readonly onError: (error: ErrorReport) => void;
}

/** A place on the bench: what is on it, what happens there, how it ended. One fixed frame for all three. */
export const SlotCard = memo(function SlotCard(props: Props): ReactNode {
  const { slot } = props;
  const store = useStore();
  const job = useWindowState(useCallback((state) => jobOf(state, slot), [slot]));
  const marked = useWindowState(useCallback((state) => state.selected.includes(slot.slot), [slot.slot]));
  const starting = useWindowState(useCallback((state) => state.starting.includes(slot.slot), [slot.slot]));
  const hindered = useWindowState(useCallback((state) => hindrance(state, slot), [slot]));
  const lost = useWindowState(stationLost) && isAtWork(job);
  const text = messages.slot;
  const title = `slot-${slot.slot}`;
  return (
    <li className={classes.item}>
      <article className={classes.card} aria-labelledby={title} data-slot={slot.slot} data-marked={marked}>
        <header className={classes.head}>
          <Checkbox
            aria-label={text.mark(slot.label)}
            checked={marked}
            disabled={hindered !== null}
            onChange={(event) =>
              store.dispatch({ type: 'select', slot: slot.slot, on: event.currentTarget.checked })
            }
            classNames={{ root: classes.mark ?? '' }}
          />
          <div className={classes.names}>
            <h2 id={title} className={classes.label}>
              {slot.label}
            </h2>
            <p className={classes.port} title={slot.byId ?? slot.slot}>
              {portText(slot)}
            </p>
          </div>
          {slot.simulated ? <span className={classes.simulated}>{text.simulated}</span> : null}
          <SlotCorner slot={slot} job={job} />
        </header>
        <div className={classes.body}>{lost ? <SlotInterrupted /> : bodyOf(slot, job, starting)}</div>
        <footer className={classes.foot}>
          <SlotButtons {...props} job={job} lost={lost} starting={starting} free={hindered === null} />
        </footer>
      </article>
    </li>
  );
});

function bodyOf(slot: SlotView, job: JobView | null, starting: boolean): ReactNode {
  if (isAtWork(job)) return <SlotRunning job={job} />;
  if (isWaiting(job)) return <SlotWaiting job={job} />;
  if (starting) return <SlotIdle slot={slot} starting />;
  if (job?.result) return <SlotVerdict job={job} result={job.result} />;
  if (job?.failure) return <SlotUnrecorded error={job.failure} />;
  return <SlotIdle slot={slot} starting={false} />;
}

/** The system's name of the port and what the adapter says of itself. */
function portText(slot: SlotView): string {
  const name = slot.port.replace(/^\/dev\//, '');
  return slot.usb?.product ? `${name} · ${slot.usb.product}` : name;
}

/** Takes an ended job off the slot; on an idle slot, leaves the port alone or uses it again. */
function SlotCorner({ slot, job }: { readonly slot: SlotView; readonly job: JobView | null }): ReactNode {
  const store = useStore();
  const why = useWhyNot('provision');
  const text = messages.slot;
  const muted = slot.presence === 'muted';
  const ended = job?.state === 'ended';
  if (ended)
    return (
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={text.clear(slot.label)}
        title={why ?? text.clear(slot.label)}
        disabled={why !== null}
        onClick={() => void store.ask('slot.clear', { slot: slot.slot })}
      >
        <Icon name="cross" />
      </ActionIcon>
    );
  if (isAtWork(job) || isWaiting(job)) return <span className={classes.corner} />;
  const label = muted ? text.unmute(slot.label) : text.mute(slot.label);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={label}
      title={why ?? label}
      disabled={why !== null}
      onClick={() => void store.ask('port.mute', { slot: slot.slot, muted: !muted })}
    >
      <Icon name={muted ? 'play' : 'muted'} />
    </ActionIcon>
  );
}

interface ButtonsProps extends Props {
  readonly job: JobView | null;
  /** The station ended in the middle of the job. */
  readonly lost: boolean;
  readonly starting: boolean;
  /** Whether nothing on the slot itself is in the way. */
  readonly free: boolean;
}

function SlotButtons(props: ButtonsProps): ReactNode {
  const { slot, job, lost, starting, free, mayStart, mayIdentify, onStart, onDetails } = props;
  const store = useStore();
  const why = useWhyNot('provision');
  const whyNotStart = useWindowState((state) => {
    const lacking = rightToStart(state);
    return lacking === null ? null : whyNot(state.people, lacking);
  });
  const text = messages.slot;
  if (isAtWork(job) || isWaiting(job))
    return (
      <>
        <Button
          variant="default"
          disabled={lost || job.state === 'cancelling' || why !== null}
          title={why ?? ''}
          onClick={() => void store.ask('job.cancel', { job: job.job })}
        >
          {job.state === 'cancelling' ? text.cancelling : text.cancel}
        </Button>
        <Button variant="subtle" onClick={() => onDetails(job)}>
          {text.details}
        </Button>
      </>
    );
  if (job?.flow === 'rekey')
    return (
      <>
        <Button variant="default" onClick={() => props.onRekey(slot)}>
          {text.rekey}
        </Button>
        <Button variant="subtle" onClick={() => onDetails(job)}>
          {text.details}
        </Button>
      </>
    );
  const { error } = slot;
  if (job === null && error !== null)
    return (
      <Button variant="default" onClick={() => props.onError(error)}>
        {text.whatToDo}
      </Button>
    );
  const doubtful = ['silent', 'unknown', 'garbled'].includes(slot.presence);
  return (
    <>
      <Button
        variant="default"
        disabled={!mayStart || !free || starting}
        title={whyNotStart ?? ''}
        onClick={() => onStart(slot, [])}
      >
        {starting ? text.starting : startText(job, doubtful)}
      </Button>
      <LetThrough {...props} />
      {job === null ? (
        <Button
          variant="subtle"
          disabled={!mayIdentify || !free || starting || why !== null}
          title={why ?? ''}
          onClick={() => props.onIdentify(slot)}
        >
          {text.identify}
        </Button>
      ) : (
        <Button variant="subtle" onClick={() => onDetails(job)}>
          {text.details}
        </Button>
      )}
    </>
  );
}

function startText(job: JobView | null, doubtful: boolean): string {
  const text = messages.slot;
  const verdict = job?.result?.verdict;
  if (verdict === 'pass' || verdict === 'already') return text.again;
  if (job !== null) return text.tryAgain;
  return doubtful ? text.tryAnyway : text.provision;
}

/** What a batch has refused and an admin may let through; null for anything else. */
function refusedBy(job: JobView | null): BatchAllowance | null {
  const code = job?.result?.error?.code;
  return BATCH_ALLOWANCES.find((each) => code === `batch/${each}`) ?? null;
}

/** An admin's word for a stranger or a repeat, asked twice; it stands in the record. */
function LetThrough({ slot, job, starting, free, mayStart, onStart }: ButtonsProps): ReactNode {
  const may = useWindowState(({ people }) => people.rights.includes('batches'));
  const [asked, setAsked] = useState(false);
  const refused = refusedBy(job);
  const text = messages.batches.bench;
  if (refused === null || !may) return null;
  return (
    <Button
      variant="subtle"
      color={asked ? 'red' : 'gray'}
      disabled={!mayStart || !free || starting}
      onClick={() => (asked ? onStart(slot, [refused]) : setAsked(true))}
    >
      {asked ? text.allowSure : text.allow}
    </Button>
  );
}
