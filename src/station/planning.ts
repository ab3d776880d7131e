import { planJob, type ProvisionParts } from '../flows/index.ts';
import type { JobId } from '../model/job.ts';
import type { Plan } from '../model/rekey.ts';
import type { JobOrder } from '../slots/jobs.ts';

const nothing = (): void => undefined;

/** What an order would do to its board and server. Takes no part in the jobs of the bench: nothing is started. */
export function planOrder({ request, rekey, parts, batch }: JobOrder, signal: AbortSignal): Promise<Plan> {
  const job = '' as JobId;
  const quiet: ProvisionParts = {
    ...parts,
    transcript: { add: nothing },
    claimIdentity: (identity, key) => {
      batch?.admit(identity, key, { job: null, resumed: null });
      return new DisposableStack();
    },
    claimKey: () => new DisposableStack(),
    progress: {
      steps: nothing,
      identity: nothing,
      device: nothing,
      key: nothing,
      wire: nothing,
      waiting: nothing,
    },
  };
  return planJob(
    rekey === undefined
      ? { flow: 'provision', request: { ...request, job } }
      : { flow: 'rekey', request: { ...request, ...rekey, job } },
    quiet,
    signal,
  );
}
