import type { JobRecord, JournalReader } from '../journal/index.ts';
import type { JobResult } from '../model/job.ts';
import { StationError } from '../model/station-error.ts';
import { leftByUnit } from './unsettled.ts';

/** The result of a job whose station ended in the middle of it, as far as the record knows. */
export function interruptedResult(record: JobRecord, journal: JournalReader): JobResult {
  const { job, port, slot, identity, steps } = record;
  const { left } = leftByUnit(journal, record);
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
