import type { PeopleView } from '../src/contract.ts';
import type { ReconcileFix } from '../src/contract/preauthorize.ts';
import type { InterruptedJob } from '../src/model/rekey.ts';
import { CALL_RULES, RIGHT_TEXTS, rightsFor, type Right } from '../src/model/rights.ts';
import { peopleMessages } from './messages/people.ts';
import { useWindowState } from './store.ts';

/** Why whoever is at the bench may not do this; null where nothing is in the way. */
export function whyNot(people: PeopleView, right: Right): string | null {
  if (people.rights.includes(right)) return null;
  return people.locked || people.person === null
    ? peopleMessages.signInFirst
    : peopleMessages.mayNot(people.person, RIGHT_TEXTS[right]);
}

/** Why they may not finish an interrupted job. To provision without a batch may be everybody's by the bench's rules. */
export function whyNotFinish(people: PeopleView, { right }: InterruptedJob): string | null {
  return whyNot(people, right === 'provision-freely' && people.rules.provisionFreely ? 'provision' : right);
}

/** Whether they may mend what a comparison with a server found: each kind takes other rights. */
export function mayMend(people: PeopleView, fix: ReconcileFix): boolean {
  const needed = rightsFor(CALL_RULES['batch.reconcile'], {
    params: { fix },
    simulated: false,
    freely: people.rules.provisionFreely,
  });
  return needed.every((right) => people.rights.includes(right));
}

/** Why not, for a control: what it says when it is disabled. The station itself refuses in any case. */
export function useWhyNot(right: Right): string | null {
  return useWindowState((state) => whyNot(state.people, right));
}
