import type { JobRecord } from '../../../src/journal/index.ts';
import type { JournalEntry, JournalEvent } from '../../../src/model/event.ts';
import type { JobResult } from '../../../src/model/job.ts';
import type { SheetSubject } from '../../../src/reports/index.ts';
import { fingerprint, jobEvents, jobId } from '../journal/fixtures.ts';

const JOB = jobId('01M8FD50BEZE0QHPM0QH60TVD2');
const BEGAN = Date.parse('2026-11-27T21:04:01.903Z');

/** Events as a journal has them, a second apart. */
export function entries(events: readonly JournalEvent[]): readonly JournalEntry[] {
  return events.map((event, index) => ({
    seq: 3 + index,
    at: new Date(BEGAN + index * 1000).toISOString(),
    monotonicMs: index * 1000,
    station: 'ST-J207QKJGR3',
    event,
  }));
}

/** A provisioned unit; `result`, `job` and the rest as a test wants them. */
export function subject(
  change: Partial<Omit<SheetSubject, 'job' | 'result'>> & {
    readonly job?: Partial<JobRecord>;
    readonly result?: Partial<JobResult>;
  } = {},
): SheetSubject {
  const events = change.events ?? entries(jobEvents({ job: JOB, deviceId: DEVICE }));
  const verdict = events.find(({ event }) => event.kind === 'verdict')?.event;
  if (verdict?.kind !== 'verdict') throw new TypeError('a sheet is of an ended job');
  const result = { ...verdict.result, ...change.result };
  return {
    flow: 'provision',
    rekey: null,
    formerKey: null,
    finished: [],
    origin: result.keyOrigin,
    simulated: false,
    evidence: { stationId: 'ST-J207QKJGR3', stationKey: null, head: null },
    ...change,
    events,
    result,
    job: {
      job: JOB,
      flow: 'provision',
      startedAt: events[0]!.at,
      endedAt: events.at(-1)!.at,
      port: '/dev/ttyUSB0',
      slot: '1-1.4:1.0',
      server: 'plant',
      serverUrl: 'https://mender.example',
      profile: 'mender',
      profileSha256: null,
      reason: null,
      keySource: 'generate',
      label: 'WO-4711',
      operator: 'Kim',
      batch: null,
      identity: result.identity,
      steps: [],
      result,
      ...change.job,
    },
  };
}

export const DEVICE = '0965ae28-1c10-4e31-9183-2c7bde9e2d15';
export const NEW_KEY = fingerprint('a');
export const OLD_KEY = fingerprint('b');

/** A returned unit whose former key was tried and refused. */
export const HANDED_OVER = {
  flow: 'rekey',
  rekey: { reason: { code: 'returned', text: 'After the flood in Köln' }, confirmed: ['elsewhere'] },
  formerKey: OLD_KEY,
  result: { oldKey: 'refused-tested' },
} as const;
