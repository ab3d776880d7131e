import { expect, it } from 'vitest';
import type { JobRecord, JournalReader } from '../../../src/journal/index.ts';
import type { JobId, JobResult } from '../../../src/model/job.ts';
import { leftByUnit } from '../../../src/station/unsettled.ts';

function record(job: string, verdict: JobResult['verdict'] | null, ...actions: readonly string[]): JobRecord {
  return {
    job: job as JobId,
    flow: 'provision',
    identity: { mac: 'a' },
    steps: actions.map((action) => ({ step: 'stage', action, outcome: 'done', ms: 1 })),
    result: verdict === null ? null : ({ verdict } as JobResult),
  } as unknown as JobRecord;
}

/** The record of a unit, oldest job first. */
function left(...jobs: readonly JobRecord[]) {
  const ended = jobs.filter(({ result }) => result !== null).toReversed();
  const reader = { unitJobs: () => ended } as unknown as JournalReader;
  const last = jobs.at(-1);
  if (last === undefined) throw new Error('a unit has a job');
  return leftByUnit(reader, last);
}

const ACCEPTED = record('J1', 'fail', 'stage-key', 'auth-request', 'accept-auth-set');

it('a job that came to nothing leaves what the one before it left', () => {
  expect(left(ACCEPTED)).toMatchObject({ safe: false });
  expect(left(ACCEPTED, record('J2', null))).toMatchObject({ safe: false });
  expect(left(ACCEPTED, record('J2', 'fail')).left).toMatch(/has accepted the new key/);
});

it('what a later job took back is left no more, nor what was before a good one', () => {
  expect(left(ACCEPTED, record('J2', 'fail', 'remove-auth-set', 'discard-staged'))).toMatchObject({
    safe: true,
    unfinished: false,
  });
  expect(left(ACCEPTED, record('J2', 'pass'), record('J3', null))).toMatchObject({ safe: true });
});
