import type { JobView } from '../src/contract.ts';

/** A job that has its board in hand now. */
export type JobAtWork = JobView & { readonly state: 'running' | 'cancelling' };
/** A job that is staged and has sent nothing; its board works with its old key meanwhile. */
export type WaitingJob = JobView & {
  readonly state: 'waiting';
  readonly waiting: NonNullable<JobView['waiting']>;
};

export function isAtWork(job: JobView | null): job is JobAtWork {
  return job !== null && (job.state === 'running' || job.state === 'cancelling');
}

export function isWaiting(job: JobView | null): job is WaitingJob {
  return job !== null && job.state === 'waiting' && job.waiting !== null;
}
