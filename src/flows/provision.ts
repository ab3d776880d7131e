import type { JobResult } from '../model/job.ts';
import { runJob } from './reconcile/job.ts';
import type { ProvisionParts, ProvisionRequest } from './reconcile/request.ts';

/** Provisions one board: it ends with a key that is accepted, in use and proved. See {@link runJob} for what is promised. */
export function provision(
  request: ProvisionRequest,
  parts: ProvisionParts,
  cancel: AbortSignal,
): Promise<JobResult> {
  return runJob({ flow: 'provision', request }, parts, cancel);
}
