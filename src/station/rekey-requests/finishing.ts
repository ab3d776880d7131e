import type { CallParams, ProvisionReport } from '../../contract.ts';
import type { JournalReader } from '../../journal/index.ts';
import type { JobId } from '../../model/job.ts';
import { StationError } from '../../model/station-error.ts';
import { readApproval } from '../../requests/documents.ts';
import type { KnownApprover } from '../../settings/index.ts';
import { DEFAULT_KEY_SOURCE, jobOrder, play } from '../provisioning.ts';
import { parseKeySource } from '../key-source.ts';
import { cutRekey, type RekeyingParts } from '../rekeying.ts';
import type { UnfinishedJobs } from '../unfinished.ts';
import { approvedServer } from './approved-server.ts';

export interface FinishingParts {
  readonly unfinished: UnfinishedJobs;
  readonly rekeying: (password: string | undefined) => RekeyingParts;
  /** @throws StationError `request/unknown-approver`. */
  readonly approverOf: (key: ReturnType<typeof readApproval>['key']) => KnownApprover;
}

/**
 * Finishes a re-key that was approved elsewhere: the unit is found by its identity, its staged key is put in use, the
 * board's own client is authorized with it, and the old key is refused. Needs no login.
 *
 * @throws StationError `request/...`, and those of resuming one job.
 */
export async function finishRekey(
  { file, password }: CallParams<'rekey.finish'>,
  { unfinished, rekeying, approverOf }: FinishingParts,
  signal: AbortSignal,
): Promise<ProvisionReport> {
  const { body: approval, key } = readApproval(file);
  approverOf(key);
  const parts = rekeying(password);
  const job = approval.job as JobId;
  const asked = parts.journal
    .events(job)
    .some(
      ({ event }) =>
        event.kind === 'rekey-requested' &&
        event.request === approval.request &&
        event.fingerprint === approval.fingerprint &&
        event.approver === key,
    );
  if (!asked) throw new StationError('request/not-this');
  const left = leftOf(job, unfinished, parts.journal);
  return unfinished.resume(
    { job: left, ...(password === undefined ? {} : { password }) },
    signal,
    async (restart, own) => {
      const began = parts.clock.monotonic();
      const { wish, resumes } = cutRekey(parts.journal, left);
      const orders = await Promise.all(
        [...restart.boards].map(async ([path, { identity }]) => {
          if (identity === null) throw new StationError('job/board-never-read');
          const real = parts.absentServer(restart.server);
          const { name, url } = real.profile;
          if (approval.otherAddress !== true && approval.serverUrl !== url)
            throw new StationError('request/approved-elsewhere', {
              server: name,
              url,
              approved: approval.serverUrl,
            });
          const server = approvedServer(
            real,
            approval,
            identity,
            // One that was cut off may have had that token already.
            approval.how === 'preauthorized' && left === job,
          );
          const keySource =
            restart.keySource === null || restart.keySource === DEFAULT_KEY_SOURCE
              ? null
              : parseKeySource(restart.keySource);
          const order = jobOrder(
            await parts.bench.port(path),
            {
              profile: parts.profile(restart.profile),
              keySource,
              server,
              resumes: { job: left, identity },
              ...(restart.label === null ? {} : { label: restart.label }),
            },
            parts,
          );
          return { ...order, rekey: { ...wish, waitMs: 0, resumes } };
        }),
      );
      return play(orders, parts, began, own);
    },
  );
}

/** The job that is on the list for a request: the one that made it, or one that was to finish it and was cut off too. */
function leftOf(request: JobId, unfinished: UnfinishedJobs, journal: JournalReader): JobId {
  for (const { job } of unfinished.list()) {
    const seen = new Set<JobId>();
    for (let at: JobId | undefined = job; at !== undefined && !seen.has(at);) {
      if (at === request) return job;
      seen.add(at);
      const [start] = journal.events(at);
      at = start?.event.kind === 'job-started' ? start.event.resumes : undefined;
    }
  }
  return request;
}
