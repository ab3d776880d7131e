import type { ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import type { JobResult, OldKeyOutcome, Verdict } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts } from '../../components/facts.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { VerdictBand } from '../../components/verdict-band.tsx';
import { duration, grouped, identityText } from '../../format.ts';
import { messages } from '../../messages.ts';
import { jobDuration } from '../bench/steps.ts';
import { isGood, type RekeyFlow } from './flow.ts';
import classes from './rekey-verdict.module.css';

/** How a re-key ended, to be read from afar: the verdict, and beside it what has become of the old key. */
export function RekeyVerdict({ flow, job }: { readonly flow: RekeyFlow; readonly job: JobView }): ReactNode {
  const { result, failure } = job;
  if (result === null)
    return (
      <section className={classes.verdict}>
        <Band verdict="fail" word={messages.unrecorded.word} />
        {failure === null ? null : <ErrorPanel error={failure} />}
      </section>
    );
  const good = isGood(result);
  return (
    <section className={classes.verdict} aria-label={messages.job.result}>
      <div className={classes.heads}>
        <Band verdict={result.verdict} word={messages.verdicts[result.verdict].word} />
        {good ? <OldKey outcome={result.oldKey} /> : null}
      </div>
      {result.error === null ? null : <ErrorPanel error={result.error} />}
      <Outcome flow={flow} job={job} result={result} />
    </section>
  );
}

function Band(band: { readonly verdict: Verdict; readonly word: string }): ReactNode {
  return <VerdictBand {...band} size={96} className={classes.band} wordClassName={classes.word} />;
}

const SIGNS: Record<OldKeyOutcome, IconName> = {
  'refused-tested': 'lock',
  'removed-not-tested': 'warning',
  none: 'info',
};

function OldKey({ outcome }: { readonly outcome: OldKeyOutcome }): ReactNode {
  const { word, how, text } = messages.rekey.oldKey[outcome];
  return (
    <div className={classes.fate} data-outcome={outcome}>
      <p className={classes.fateWord}>
        <Icon name={SIGNS[outcome]} size={44} />
        <span>
          {word}, <em>{how}</em>
        </span>
      </p>
      <p>{text}</p>
    </div>
  );
}

function Outcome({
  flow,
  job,
  result,
}: {
  readonly flow: RekeyFlow;
  readonly job: JobView;
  readonly result: JobResult;
}): ReactNode {
  const text = messages.rekey;
  // What a job that failed has done about the keys is said by its error, and by nothing else.
  const held = isGood(result) && flow.unit.state === 'read' ? flow.unit.report.key.fingerprint : null;
  const made = isGood(result) ? result.keyFingerprint : null;
  const reason = flow.reason === null ? null : text.reasons[flow.reason];
  return (
    <div className={classes.card}>
      {result.notes.length === 0 ? null : (
        <ul className={classes.notes}>
          {result.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          {
            name: text.identity,
            value: result.identity === null ? job.identity : identityText(result.identity),
            mono: true,
          },
          {
            name: messages.job.proof,
            value: result.proof === null ? messages.noProof : messages.proofs[result.proof].text,
          },
          { name: messages.job.oldKey, value: held === null ? null : grouped(held), mono: true },
          {
            name: text.newFingerprint,
            value: made === null ? null : grouped(made),
            mono: true,
          },
          {
            name: text.reason,
            value: reason === null ? null : [reason, flow.words.trim()].filter(Boolean).join(': '),
          },
          { name: text.deviceId, value: result.deviceId, mono: true },
          { name: messages.job.took, value: duration(jobDuration(job, 0)) },
        ]}
      />
    </div>
  );
}
