import type { JobView, RekeyFileReport } from '../../../src/contract.ts';
import type { ErrorReport, JobResult } from '../../../src/model/job.ts';
import {
  TO_CONFIRM,
  type CaseToConfirm,
  type RekeyReasonCode,
  type UnitCase,
  type UnitReport,
} from '../../../src/model/rekey.ts';

/** How long a unit without its server may wait for it, in milliseconds. */
export const WAITS_MS = [8, 24, 72, 168].map((hours) => hours * 3_600_000);

/** Where the new key comes from; null leaves it to the profile. */
export type NewKey = 'board' | 'generate' | null;

/** What the field engineer has said so far. Holds no secret. */
interface Wish {
  readonly reason: RekeyReasonCode | null;
  readonly words: string;
  /** The work order, or whatever else stands beside the verdict. */
  readonly label: string;
  readonly confirmed: readonly CaseToConfirm[];
  readonly decommissionFormer: boolean;
  readonly newKey: NewKey;
  readonly waitMs: number;
  /** By whom the new key is accepted; null: by whoever is signed in, else by an admin elsewhere. */
  readonly by: 'login' | 'request' | null;
  /** The station whose admin is asked; null where only one is known. */
  readonly approver: string | null;
}

/** How the new key of a unit is accepted: in the name of who is signed in here, or by an admin at another station. */
export type Acceptance =
  | { readonly by: 'login' }
  /** Null: none was chosen, or none is known. */
  | { readonly by: 'request'; readonly approver: string | null };

/**
 * How far the re-keying of one unit is. The job is kept here as it was last seen: its board may be unplugged, and its slot
 * gone, before anybody has read the verdict.
 */
export type RekeyFlow = Wish & {
  /** The slot that was picked; null until then. */
  readonly slot: string | null;
  readonly unit:
    | { readonly state: 'none' | 'reading' }
    | { readonly state: 'read'; readonly report: UnitReport }
    | { readonly state: 'failed'; readonly error: ErrorReport };
  readonly job:
    | { readonly state: 'none' | 'asked' }
    | { readonly state: 'seen'; readonly view: JobView }
    /** The station's process ended in the middle of it: it is in the list of interrupted jobs. */
    | { readonly state: 'lost'; readonly view: JobView };
  /** The request for an admin elsewhere, while its key is being staged and when it is written. */
  readonly request:
    { readonly state: 'none' | 'asking' } | { readonly state: 'made'; readonly report: RekeyFileReport };
  /** Why the station did not begin. */
  readonly refusal: ErrorReport | null;
};

export type FlowAction =
  | { readonly type: 'pick'; readonly slot: string | null }
  | { readonly type: 'read' }
  | { readonly type: 'unit'; readonly slot: string; readonly report: UnitReport }
  | { readonly type: 'unreadable'; readonly slot: string; readonly error: ErrorReport }
  | { readonly type: 'wish'; readonly wish: Partial<Wish> }
  /** `approval`: of a unit that is found by itself, with what an admin elsewhere has sent. */
  | { readonly type: 'ask'; readonly by: Acceptance['by'] | 'approval' }
  | { readonly type: 'requested'; readonly report: RekeyFileReport }
  | { readonly type: 'refused'; readonly error: ErrorReport }
  /** The station has answered: what was asked for has ended, seen or not. */
  | { readonly type: 'settled' }
  /** Shows a job that is on the bench already. */
  | { readonly type: 'show'; readonly job: JobView }
  | { readonly type: 'job'; readonly job: JobView }
  | { readonly type: 'jobs'; readonly jobs: readonly JobView[] };

const NO_WISH: Wish = {
  reason: null,
  words: '',
  label: '',
  confirmed: [],
  decommissionFormer: false,
  newKey: null,
  waitMs: 24 * 3_600_000,
  by: null,
  approver: null,
};

export const NO_FLOW: RekeyFlow = {
  ...NO_WISH,
  slot: null,
  unit: { state: 'none' },
  job: { state: 'none' },
  request: { state: 'none' },
  refusal: null,
};

/** The next state. Pure; gives back the very same object where nothing changed. */
export function reduceFlow(flow: RekeyFlow, action: FlowAction): RekeyFlow {
  switch (action.type) {
    case 'pick':
      return action.slot === null ? NO_FLOW : { ...NO_FLOW, slot: action.slot };
    case 'read':
      // What was said of a unit is said of no other: reading again begins anew.
      return { ...NO_FLOW, slot: flow.slot, unit: { state: 'reading' } };
    case 'unit':
      return isAwaited(flow, action.slot)
        ? { ...flow, unit: { state: 'read', report: action.report } }
        : flow;
    case 'unreadable':
      return isAwaited(flow, action.slot)
        ? { ...flow, unit: { state: 'failed', error: action.error } }
        : flow;
    case 'wish':
      return { ...flow, ...action.wish };
    case 'ask':
      return {
        ...(action.by === 'approval' ? NO_FLOW : flow),
        job: { state: 'asked' },
        request: { state: action.by === 'request' ? 'asking' : 'none' },
        refusal: null,
      };
    case 'requested':
      return flow.request.state === 'asking'
        ? { ...flow, request: { state: 'made', report: action.report } }
        : flow;
    case 'refused':
      return refused(flow, action.error);
    case 'settled':
      return flow.job.state === 'asked' ? { ...flow, job: { state: 'none' } } : flow;
    case 'show':
      return flow.job.state === 'seen' && flow.job.view.job === action.job.job
        ? flow
        : { ...NO_FLOW, slot: action.job.slot, job: { state: 'seen', view: action.job } };
    case 'job':
      return withJob(flow, action.job);
    case 'jobs':
      return withJobs(flow, action.jobs);
  }
}

/** A request that was not written: the job that staged its key tells why where it failed itself. */
function refused(flow: RekeyFlow, error: ErrorReport): RekeyFlow {
  const { job, request } = flow;
  if (job.state === 'asked')
    return { ...flow, job: { state: 'none' }, request: { state: 'none' }, refusal: error };
  if (request.state !== 'asking') return flow;
  const staged = job.state === 'seen' && job.view.result?.error?.code === 'job/suspended';
  return {
    ...flow,
    job: staged ? { state: 'none' } : job,
    request: { state: 'none' },
    refusal: staged ? error : null,
  };
}

function isAwaited(flow: RekeyFlow, slot: string): boolean {
  return flow.slot === slot && flow.unit.state === 'reading';
}

function withJob(flow: RekeyFlow, job: JobView): RekeyFlow {
  if (flow.job.state === 'asked')
    return job.flow === 'rekey' && (flow.slot ?? job.slot) === job.slot && job.state !== 'ended'
      ? { ...flow, job: { state: 'seen', view: job } }
      : flow;
  const seen = flow.job.state === 'seen' || flow.job.state === 'lost' ? flow.job.view.job : null;
  return seen === job.job ? { ...flow, job: { state: 'seen', view: job } } : flow;
}

/** A station that has started anew knows nothing of the job that its process ended in. */
function withJobs(flow: RekeyFlow, jobs: readonly JobView[]): RekeyFlow {
  if (flow.job.state !== 'seen') return flow;
  const { view } = flow.job;
  const now = jobs.find(({ job }) => job === view.job);
  if (now !== undefined) return { ...flow, job: { state: 'seen', view: now } };
  return view.state === 'ended' ? flow : { ...flow, job: { state: 'lost', view } };
}

export type Stage =
  'choose' | 'reading' | 'read' | 'starting' | 'running' | 'waiting' | 'requested' | 'ended' | 'lost';

export function stageOf({ job, unit, request }: RekeyFlow): Stage {
  if (request.state === 'made') return 'requested';
  // The job of a request ends before its file is written.
  if (request.state === 'asking' && job.state === 'seen') return 'running';
  switch (job.state) {
    case 'asked':
      return 'starting';
    case 'lost':
      return 'lost';
    case 'seen':
      return job.view.state === 'cancelling' ? 'running' : job.view.state;
    case 'none':
      return unit.state === 'read' || unit.state === 'reading' ? unit.state : 'choose';
  }
}

/** Whether the unit has its new key, proved and recorded. */
export function isGood(result: JobResult | null): boolean {
  return result?.verdict === 'pass' || result?.verdict === 'already';
}

/** The cases of this unit that a re-key goes on with only when they are named as confirmed. */
export function casesToConfirm(report: UnitReport): readonly CaseToConfirm[] {
  return TO_CONFIRM.filter((each) => report.cases.some((found: UnitCase) => found === each));
}

/** What a person is asked: who says that the identity has changed has said that the new one is not known yet. */
export function toConfirm(report: UnitReport): readonly CaseToConfirm[] {
  const cases = casesToConfirm(report);
  return cases.includes('identity-changed') ? cases.filter((each) => each !== 'unknown') : cases;
}

/** What is missing before the unit may get its new key; null when nothing is. */
export type Missing = 'unit' | 'obstacle' | 'reason' | 'words' | 'confirmation' | 'approver';

export function missing(flow: RekeyFlow, acceptance: Acceptance = { by: 'login' }): Missing | null {
  if (flow.unit.state !== 'read') return 'unit';
  const { report } = flow.unit;
  if (report.obstacle !== null) return 'obstacle';
  if (toConfirm(report).some((each) => !flow.confirmed.includes(each))) return 'confirmation';
  if (flow.reason === null) return 'reason';
  if (flow.reason === 'other' && flow.words.trim() === '') return 'words';
  return acceptance.by === 'request' && acceptance.approver === null ? 'approver' : null;
}
