import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import type { JobView } from '../../../src/contract.ts';
import type { Identity } from '../../../src/model/identity.ts';
import type { JobResult } from '../../../src/model/job.ts';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { Facts, type Fact } from '../../components/facts.tsx';
import { SidePanel } from '../../components/side-panel.tsx';
import { WarnBox } from '../../components/warn-box.tsx';
import { bytes, duration, grouped, when } from '../../format.ts';
import { messages } from '../../messages.ts';
import { jobDuration } from '../bench/steps.ts';
import { StepTable } from './step-table.tsx';
import { Transcript } from './transcript.tsx';
import { VerdictLine } from './verdict-line.tsx';
import classes from './job-panel.module.css';

/** Everything about one job: its result with what it rests on, its steps with their times, and what went over the line. */
export function JobPanel({
  job,
  title,
  onClose,
}: {
  readonly job: JobView;
  readonly title: string;
  readonly onClose: () => void;
}): ReactNode {
  const text = messages.job;
  return (
    <SidePanel title={text.title(title)} wide onClose={onClose}>
      <Tabs
        defaultValue={job.state === 'ended' ? 'result' : 'steps'}
        keepMounted={false}
        classNames={{ root: classes.tabs ?? '', panel: classes.panel ?? '', tab: classes.tab ?? '' }}
      >
        <Tabs.List>
          <Tabs.Tab value="result">{text.result}</Tabs.Tab>
          <Tabs.Tab value="steps">{text.stepsTab}</Tabs.Tab>
          <Tabs.Tab value="transcript">{text.transcriptTab}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="result" tabIndex={0}>
          {job.failure === null ? null : (
            <>
              <p>{messages.unrecorded.meaning}</p>
              <ErrorPanel error={job.failure} />
            </>
          )}
          {job.result === null ? (
            job.failure === null && <p>{text.running}</p>
          ) : (
            <Result job={job} result={job.result} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="steps" tabIndex={0}>
          <StepTable job={job} />
        </Tabs.Panel>
        <Tabs.Panel value="transcript" tabIndex={0}>
          <Transcript job={job.job} />
        </Tabs.Panel>
      </Tabs>
    </SidePanel>
  );
}

function Result({ job, result }: { readonly job: JobView; readonly result: JobResult }): ReactNode {
  return (
    <div className={classes.result}>
      <VerdictLine
        verdict={result.verdict}
        text={
          result.proof === null
            ? messages.verdicts[result.verdict].meaning
            : messages.proofs[result.proof].text
        }
      />
      {result.error === null ? null : <ErrorPanel error={result.error} />}
      {result.notes.length === 0 ? null : (
        <WarnBox title={messages.job.notes}>
          <ul>
            {result.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </WarnBox>
      )}
      <Facts facts={[...identityFacts(result.identity), ...keyFacts(result), ...courseFacts(job, result)]} />
    </div>
  );
}

function identityFacts(identity: Identity | null): readonly Fact[] {
  return Object.entries(identity ?? {}).map(([name, value]) => ({
    name: `${messages.job.identity}: ${name}`,
    value: typeof value === 'string' ? value : value.join(', '),
    mono: true,
  }));
}

function keyFacts(result: JobResult): readonly Fact[] {
  const text = messages.job;
  const key =
    result.keyType === null
      ? null
      : [
          result.keyType === 'other' ? messages.keys.otherType : messages.keys.types[result.keyType],
          result.keyOrigin === null ? null : messages.keys.origins[result.keyOrigin],
        ]
          .filter((part) => part !== null)
          .join(', ');
  return [
    { name: text.key, value: key },
    {
      name: text.fingerprint,
      value: result.keyFingerprint === null ? null : grouped(result.keyFingerprint),
      mono: true,
    },
    { name: text.oldKey, value: messages.oldKeys[result.oldKey] },
    { name: text.deviceId, value: result.deviceId, mono: true },
    { name: text.authSet, value: result.authSetId, mono: true },
  ];
}

function courseFacts(job: JobView, result: JobResult): readonly Fact[] {
  const text = messages.job;
  const { tx, rx, roundTrips } = result.wire;
  return [
    { name: text.started, value: when(job.startedAt, new Date()) },
    { name: text.took, value: duration(jobDuration(job, 0)) },
    { name: text.line, value: text.lineCount(bytes(tx), bytes(rx), roundTrips) },
    { name: text.port, value: result.port, mono: true },
    { name: text.jobId, value: result.job, mono: true },
  ];
}
