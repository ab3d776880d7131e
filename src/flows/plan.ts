import type { Plan } from '../model/rekey.ts';
import { StationError } from '../model/station-error.ts';
import { planIssueJob } from './issue/job.ts';
import { ACTS } from './reconcile/act-table.ts';
import { decide } from './reconcile/decide.ts';
import type { Act } from './reconcile/decision.ts';
import type { Facts, Wanted } from './reconcile/facts.ts';
import { look, type Order } from './reconcile/job.ts';
import { predict, type Assumptions } from './reconcile/predict.ts';
import type { ProvisionParts } from './reconcile/request.ts';

/** More than any path needs. */
const MOST_DECISIONS = 60;

/** What a prediction came to. */
export interface Foreseen {
  readonly acts: readonly Act[];
  readonly ends:
    | { readonly ends: 'pass' | 'already' }
    | { readonly ends: 'wait' }
    | { readonly ends: 'stop'; readonly error: StationError };
}

/** Plays the decisions of a job against facts that every action changes as it should. */
export function foresee(facts: Facts, wanted: Wanted, assumed: Assumptions): Foreseen {
  const acts: Act[] = [];
  let now = facts;
  for (let count = 0; count < MOST_DECISIONS; count += 1) {
    const decision = decide(now, wanted);
    if ('done' in decision) return { acts, ends: { ends: decision.done } };
    if ('wait' in decision) return { acts, ends: { ends: 'wait' } };
    if ('stop' in decision)
      return { acts, ends: { ends: 'stop', error: new StationError(decision.stop, decision.details) } };
    acts.push(decision);
    now = predict(now, decision, wanted, assumed);
  }
  const error = new StationError('job/not-settled', { detail: 'the plan comes to no end' });
  return { acts, ends: { ends: 'stop', error } };
}

/**
 * What a job would do to its board and server, from the decision function itself. Logs in, reads and logs out; changes
 * nothing. What stops a job before its first decision is the plan's error, too.
 */
export async function planJob(order: Order, parts: ProvisionParts, signal: AbortSignal): Promise<Plan> {
  const { port, slot } = order.request;
  const { issuer } = parts.server;
  if (issuer !== undefined && order.flow === 'provision')
    return await planIssueJob(order.request, parts, issuer, signal);
  const seen = await look(order, parts, signal);
  const { identity, notes } = seen;
  if ('error' in seen)
    return { port, slot, identity, actions: [], ends: 'stop', error: seen.error.toReport(), notes };
  const { facts, wanted, boardSigns, named } = seen;
  const { acts, ends } = foresee(facts, wanted, { boardSigns, preauthorizesBeside: 'yes' });
  const error = ends.ends === 'stop' ? new StationError(ends.error.code, named(ends.error.details)) : null;
  return {
    port,
    slot,
    identity,
    actions: acts.map((act) => ({ action: act.do, ...ACTS[act.do] })),
    ends: ends.ends === 'wait' ? 'pass' : ends.ends,
    error: error?.toReport() ?? null,
    notes: [...notes, ...notesOn(acts, ends.ends)],
  };
}

function notesOn(acts: readonly Act[], ends: Foreseen['ends']['ends']): readonly string[] {
  const does = (kind: Act['do']): boolean => acts.some((act) => act.do === kind);
  return [
    ...(ends === 'wait'
      ? ['The server cannot be reached: the job would wait for it here, the old key active and nothing sent.']
      : []),
    ...(does('preauthorize')
      ? [
          'A server that cannot preauthorize a key beside an accepted one is sent an auth request of the new key instead, which is accepted just before it is put in use.',
        ]
      : []),
    ...(does('find-device')
      ? [
          'The inventory shows no device of this unit; that there is none is seen for certain by the job alone.',
        ]
      : []),
    ...(does('knock')
      ? ['Which key the client of the board has is seen only when it asks: what follows depends on that.']
      : []),
  ];
}
