import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openJournal, type Journal } from '../../../src/journal/index.ts';
import type { Identity } from '../../../src/model/identity.ts';
import type { JobId, JobResult, Verdict } from '../../../src/model/job.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { makeHome, options } from './fixtures.ts';

const UNIT = { mac: 'a' };

interface Shape {
  readonly identity?: Identity | null;
  readonly flow?: 'provision' | 'rekey';
  readonly serverUrl?: string;
  readonly slot?: string;
  readonly resumes?: string;
  /** Actions with their outcomes, e.g. `stage-key done`. */
  readonly steps?: readonly string[];
}

function journal(): Journal {
  const opened = openJournal(join(makeHome(), 'journal.db'), options());
  onTestFinished(() => opened.close());
  return opened;
}

/** One job from its start to its verdict. `cut`: its station ended in the middle. */
function play(target: Journal, name: string, verdict: Verdict | 'cut', shape: Shape = {}): void {
  begin(target, name, shape);
  end(target, name, verdict, shape);
}

function begin(target: Journal, name: string, shape: Shape): void {
  const {
    identity = UNIT,
    flow = 'provision',
    serverUrl = 'https://a.example',
    slot = '1-1',
    resumes,
  } = shape;
  const job = name as JobId;
  target.append({
    kind: 'job-started',
    job,
    flow,
    port: '/dev/ttyUSB0',
    slot,
    server: 'a',
    serverUrl,
    profile: 'mender',
    keySource: 'default',
    label: null,
    operator: null,
    ...(resumes === undefined ? {} : { resumes: resumes as JobId }),
  });
  if (identity !== null) target.append({ kind: 'board-identified', job, identity });
  for (const text of shape.steps ?? []) {
    const [action = '', outcome] = text.split(' ') as [string?, ('done' | 'unknown')?];
    const step = { job, step: 'stage', action, detail: {} } as const;
    target.append({ kind: 'step-intent', ...step });
    if (outcome !== undefined) target.append({ kind: 'step-outcome', ...step, outcome, ms: 1, error: null });
  }
}

function end(target: Journal, name: string, verdict: Verdict | 'cut', shape: Shape): void {
  const { identity = UNIT, slot = '1-1' } = shape;
  const job = name as JobId;
  const cut = new StationError('job/interrupted').toReport();
  const other = new StationError('board/silent').toReport();
  const result: JobResult = {
    job,
    port: '/dev/ttyUSB0',
    slot,
    verdict: verdict === 'cut' ? 'fail' : verdict,
    identity,
    deviceId: null,
    authSetId: null,
    keyFingerprint: null,
    keyType: null,
    keyOrigin: null,
    proof: null,
    oldKey: 'none',
    steps: [],
    wire: { tx: 0, rx: 0, roundTrips: 0 },
    notes: [],
    error: verdict === 'cut' ? cut : verdict === 'fail' || verdict === 'stopped' ? other : null,
  };
  target.append({ kind: 'verdict', job, result });
}

function waiting(target: Journal): readonly string[] {
  expect(target.checkProjections()).toBeNull();
  return target.interruptedJobs().map(({ job }) => job);
}

it.each([
  ['ends well', 'pass', {}, []],
  ['was done already', 'already', {}, []],
  ['fails', 'fail', {}, ['J1']],
  ['is stopped', 'stopped', {}, ['J1']],
  ['is cut too: that one is on the list in its place', 'cut', {}, ['J2']],
  ['is a good re-key', 'pass', { flow: 'rekey' }, []],
  ['is of another unit', 'pass', { identity: { mac: 'b' } }, ['J1']],
  ['is at another server', 'pass', { serverUrl: 'https://b.example' }, ['J1']],
] as const)('an interrupted provisioning, when a later job of its unit %s', (_, verdict, shape, left) => {
  const target = journal();
  play(target, 'J1', 'cut');
  expect(waiting(target)).toEqual(['J1']);
  play(target, 'J2', verdict, shape);
  expect(waiting(target)).toEqual(left);
});

it('an interrupted re-key is not finished by a provisioning, which leaves the old key good', () => {
  const target = journal();
  play(target, 'J1', 'cut', { flow: 'rekey' });
  play(target, 'J2', 'already');
  expect(waiting(target)).toEqual(['J1']);
  play(target, 'J3', 'pass', { flow: 'rekey', resumes: 'J1' });
  expect(waiting(target)).toEqual([]);
});

it('a job that never read its board is over when another begins in its place, or finishes it elsewhere', () => {
  const target = journal();
  play(target, 'J1', 'cut', { identity: null, slot: '1-1' });
  play(target, 'J2', 'cut', { identity: null, slot: '1-2' });
  play(target, 'J3', 'fail', { identity: { mac: 'x' }, slot: '1-1' });
  expect(waiting(target)).toEqual(['J2']);
  play(target, 'J4', 'pass', { identity: { mac: 'y' }, slot: '1-3', resumes: 'J2' });
  expect(waiting(target)).toEqual([]);
});

it('a dismissed job is off the list, and its record says who took it off', () => {
  const target = journal();
  play(target, 'J1', 'cut');
  target.append({ kind: 'job-dismissed', job: 'J1' as JobId, operator: 'Anna' });
  expect(waiting(target)).toEqual([]);
  expect(target.events('J1').at(-1)?.event).toMatchObject({ kind: 'job-dismissed', operator: 'Anna' });
  expect(target.record('J1')).toMatchObject({ verdict: 'fail', error: { code: 'job/interrupted' } });
});

it.each([
  ['left nothing', 'fail', ['stage-key done', 'discard-staged done'], false],
  ['only set the clock', 'fail', ['set-clock done'], false],
  ['left a staged key', 'fail', ['stage-key done', 'auth-request unknown'], true],
  ['was cancelled and could not take back', 'stopped', ['stage-key done', 'discard-staged unknown'], true],
  ['did not come to its proof', 'fail', ['accept-auth-set done', 'switch-key done'], true],
] as const)('a job that failed and %s', (_, verdict, steps, isWaiting) => {
  const target = journal();
  play(target, 'J1', verdict, { steps });
  expect(waiting(target)).toEqual(isWaiting ? ['J1'] : []);
});

it('a job that was left open, and got its verdict after a later one of its unit had ended well, is not listed', () => {
  const target = journal();
  begin(target, 'J1', {});
  play(target, 'J2', 'pass');
  end(target, 'J1', 'cut', {});
  expect(waiting(target)).toEqual([]);
});
