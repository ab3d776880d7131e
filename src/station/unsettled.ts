import type { JobRecord, JournalReader } from '../journal/index.ts';
import { leftBehind, type LeftBehind } from '../model/left-behind.ts';

/** Jobs of a unit that are looked at; a unit that failed more often without one good job is for a person. */
const MOST_JOBS = 50;

/**
 * What a unit was left like by a job that did not end well, and by those before it since the last one that did: a job that
 * came to nothing leaves what an earlier one left.
 */
export function leftByUnit(reader: JournalReader, record: JobRecord): LeftBehind {
  const { job, flow, identity, steps } = record;
  if (identity === null) return leftBehind(flow ?? 'provision', false, steps);
  const jobs = reader.unitJobs(identity, MOST_JOBS);
  const good = jobs.findIndex(({ result }) => result?.verdict === 'pass' || result?.verdict === 'already');
  const since = (good < 0 ? jobs : jobs.slice(0, good)).toReversed();
  const all = since.some((one) => one.job === job) ? since : [...since, record];
  return leftBehind(
    flow ?? 'provision',
    true,
    all.flatMap((one) => one.steps),
  );
}
