import type { BenchRules, PeopleView, PersonView } from '../../contract.ts';
import { RIGHTS, type Right } from '../../model/rights.ts';
import type { People, Person } from '../../settings/index.ts';
import { rightsOf } from './changing.ts';
import { waitsUntil } from './signing-in.ts';

/** Who is at the bench, and what may be done there now. */
export function peopleView(
  { people, rules, badgeTries }: People,
  person: Person | null,
  isLocked: boolean,
  now: number,
): PeopleView {
  const defined = people.length > 0;
  const locked = defined && (isLocked || person === null);
  const whole = person === null ? [] : rightsOf(person);
  return {
    defined,
    people: people.map((one) => viewOf(one, now)),
    rules,
    person: person?.name ?? null,
    locked,
    blind: locked && rules.whileLocked === 'nothing',
    rights: !defined ? RIGHTS : locked ? RIGHTS_BEHIND_LOCK[rules.whileLocked](whole) : whole,
    badgesWaitUntil: isoOrNull(waitsUntil(badgeTries, now)),
  };
}

/** What of a person's rights a locked bench still has. */
const RIGHTS_BEHIND_LOCK: Readonly<
  Record<BenchRules['whileLocked'], (whole: readonly Right[]) => readonly Right[]>
> = {
  nothing: () => [],
  look: () => ['look'],
  'go-on': (whole) => [
    'look',
    ...whole.filter((right) => right === 'provision' || right === 'provision-freely'),
  ],
};

function viewOf({ name, role, grants, pin, badge, idleMinutes, tries }: Person, now: number): PersonView {
  return {
    name,
    role,
    grants,
    hasPin: pin !== null,
    hasBadge: badge !== null,
    idleMinutes,
    waitsUntil: isoOrNull(waitsUntil(tries, now)),
  };
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
