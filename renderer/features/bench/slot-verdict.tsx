import { useCallback, type ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import type { ErrorReport, JobResult } from '../../../src/model/job.ts';
import { VerdictBand } from '../../components/verdict-band.tsx';
import { duration, shortFingerprint } from '../../format.ts';
import { messages } from '../../messages.ts';
import { useWindowState } from '../../store.ts';
import { jobDuration } from './steps.ts';
import classes from './slot-verdict.module.css';

/** How it ended, to be read from across the room, and what it rests on. Stays until the next board. */
export function SlotVerdict({
  job,
  result,
}: {
  readonly job: JobView;
  readonly result: JobResult;
}): ReactNode {
  return (
    <div className={classes.verdict}>
      <VerdictBand
        verdict={result.verdict}
        word={messages.verdicts[result.verdict].word}
        size={72}
        className={classes.band}
        wordClassName={classes.word}
      />
      {result.error === null ? (
        <Success job={job} result={result} />
      ) : (
        <Failure error={result.error} identity={job.identity} stopped={result.verdict === 'stopped'} />
      )}
    </div>
  );
}

/** A job that ended without a verdict: what could not be recorded counts as nothing. */
export function SlotUnrecorded({ error }: { readonly error: ErrorReport }): ReactNode {
  return (
    <div className={classes.verdict} data-verdict="unrecorded">
      <VerdictBand
        verdict="fail"
        word={messages.unrecorded.word}
        size={72}
        className={classes.band}
        wordClassName={classes.word}
      />
      <Failure error={error} identity={null} stopped={false} />
    </div>
  );
}

function Success({ job, result }: { readonly job: JobView; readonly result: JobResult }): ReactNode {
  const inventory = useWindowState(
    useCallback(
      (state) => state.records.find((record) => record.job === job.job)?.inventory ?? null,
      [job.job],
    ),
  );
  return (
    <div className={classes.below} role="group" aria-label={messages.job.proof} tabIndex={0}>
      <p className={classes.top}>
        <span className={classes.identity}>{job.identity}</span>
        <span className={classes.soft}>{duration(jobDuration(job, 0))}</span>
      </p>
      <p>{result.proof === null ? messages.noProof : messages.proofs[result.proof].text}</p>
      {result.notes.length === 0 ? null : (
        <p>
          {messages.job.notes}: {result.notes.length}
        </p>
      )}
      <p className={classes.soft}>
        {result.verdict === 'already' ? messages.verdicts.already.meaning : keyText(result)}
      </p>
      {inventory === null ? null : (
        <p className={classes.soft} data-inventory={inventory.state} title={inventory.error?.message ?? ''}>
          {messages.inventory.inShort[inventory.state]}
        </p>
      )}
    </div>
  );
}

function Failure({
  error,
  identity,
  stopped,
}: {
  readonly error: ErrorReport;
  readonly identity: string | null;
  /** Stopped on purpose: the first question is what the board is left with. */
  readonly stopped: boolean;
}): ReactNode {
  return (
    <div className={classes.below} role="group" aria-label={messages.records.columns.error} tabIndex={0}>
      <p className={classes.message}>{error.message}</p>
      {stopped ? (
        <p>
          <span className={classes.soft}>{messages.slot.boardNow}: </span>
          {error.unchanged}
        </p>
      ) : null}
      <p>
        <span className={classes.soft}>{messages.slot.toDo}: </span>
        {error.remedy}
      </p>
      {stopped ? null : (
        <p>
          <span className={classes.soft}>{messages.slot.notChanged}: </span>
          {error.unchanged}
        </p>
      )}
      {identity === null ? null : <p className={classes.soft}>{identity}</p>}
    </div>
  );
}

function keyText(result: JobResult): string {
  if (result.keyFingerprint === null) return '';
  const type =
    result.keyType === null || result.keyType === 'other'
      ? messages.keys.otherType
      : messages.keys.types[result.keyType];
  return `${type} ${shortFingerprint(result.keyFingerprint)}`;
}
