import type { JobRecord } from '../journal/index.ts';
import type { JournalEvent } from '../model/event.ts';
import type { JobResult } from '../model/job.ts';
import { StationError } from '../model/station-error.ts';
import { leftBehind } from './left-behind.ts';

/** The result of a job whose station ended in the middle of it, as far as the record knows. */
export function interruptedResult(
  { job, flow, port, slot, identity, steps }: JobRecord,
  events: readonly JournalEvent[],
): JobResult {
  const { left } = leftBehind(flow ?? 'provision', events);
  return {
    job,
    port,
    slot,
    verdict: 'fail',
    identity,
    deviceId: null,
    authSetId: null,
    keyFingerprint: null,
    keyType: null,
    keyOrigin: null,
    proof: null,
    oldKey: 'none',
    steps: steps.flatMap(({ step, ms }) => (ms === null ? [] : [{ step, ms }])),
    wire: { tx: 0, rx: 0, roundTrips: 0 },
    notes: [],
    error: new StationError('job/interrupted', {}, { unchanged: left }).toReport(),
  };
}
