import type { JobResult } from '../model/job.ts';
import { runJob } from './reconcile/job.ts';
import type { ProvisionParts, RekeyRequest } from './reconcile/request.ts';

/**
 * Gives a returned unit a new key: it ends with a key made for this job, accepted and proved, and every other key of it
 * is refused. Where the server cannot be reached the new key is staged and waits. See {@link runJob} for what is promised.
 */
export function rekey(request: RekeyRequest, parts: ProvisionParts, cancel: AbortSignal): Promise<JobResult> {
  return runJob({ flow: 'rekey', request }, parts, cancel);
}
