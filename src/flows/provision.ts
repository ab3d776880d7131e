import type { JobResult } from '../model/job.ts';
import { runIssueJob } from './issue/job.ts';
import { runJob } from './reconcile/job.ts';
import type { ProvisionParts, ProvisionRequest } from './reconcile/request.ts';

/**
 * Provisions one board: it ends with a key that is accepted, in use and proved. See {@link runJob} for what is promised;
 * where the server makes the keys, {@link runIssueJob}.
 */
export function provision(
  request: ProvisionRequest,
  parts: ProvisionParts,
  cancel: AbortSignal,
): Promise<JobResult> {
  const { issuer } = parts.server;
  return issuer === undefined
    ? runJob({ flow: 'provision', request }, parts, cancel)
    : runIssueJob(request, parts, issuer, cancel);
}
