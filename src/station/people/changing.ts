import type { CallParams } from '../../contract.ts';
import { ROLE_RIGHTS, type Right } from '../../model/rights.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { NO_TRIES, type People, type Person } from '../../settings/index.ts';
import { badgeHash, pinHash } from './codes.ts';
import { personNamed } from './signing-in.ts';

/** All that a person may: what comes with the role, and what was given beside. */
export function rightsOf({ role, grants }: Person): readonly Right[] {
  return [...new Set<Right>([...ROLE_RIGHTS[role], ...grants])];
}

/** @throws StationError `station/person-invalid`. */
export async function added(
  people: People,
  { name, role, pin, badge, grants }: CallParams<'people.add'>,
): Promise<People> {
  if (people.people.some((one) => isSameName(one.name, name)))
    throw invalid(`There is somebody named ${name} already`);
  if (people.people.length === 0 && role !== 'admin')
    throw invalid('The first person has to be an admin: nobody could add others');
  if (pin === undefined && badge === undefined) throw invalid('A person needs a PIN or a badge');
  const person: Person = {
    name,
    role,
    grants: [...new Set(grants)],
    idleMinutes: null,
    pin: pin === undefined ? null : await pinHash(secret(pin)),
    badge: badge === undefined ? null : await badgeHash(secret(badge), name, people),
    tries: NO_TRIES,
  };
  return { ...people, people: [...people.people, person] };
}

/** @throws StationError `station/unknown-person`, `station/person-invalid`. */
export async function changed(
  people: People,
  { name, role, pin, badge, grants, idleMinutes }: CallParams<'people.set'>,
): Promise<People> {
  const was = personNamed(people, name);
  const person: Person = {
    ...was,
    role: role ?? was.role,
    grants: grants === undefined ? was.grants : [...new Set(grants)],
    idleMinutes: idleMinutes === undefined ? was.idleMinutes : idleMinutes,
    pin: pin === undefined ? was.pin : await pinHash(secret(pin)),
    badge:
      badge === undefined ? was.badge : badge === null ? null : await badgeHash(secret(badge), name, people),
    // An admin who gives a new code ends the wait for it.
    tries: pin === undefined && badge === undefined ? was.tries : NO_TRIES,
  };
  if (person.pin === null && person.badge === null)
    throw invalid(`${name} has no PIN: the badge cannot be taken away`);
  return withAdmin({
    ...people,
    people: people.people.map((one) => (one.name === name ? person : one)),
  });
}

/** The last person of all may go: then everybody may everything again. */
export function removed(people: People, name: string): People {
  const { name: gone } = personNamed(people, name);
  return withAdmin({ ...people, people: people.people.filter((one) => one.name !== gone) });
}

function withAdmin(people: People): People {
  if (people.people.length > 0 && !people.people.some(({ role }) => role === 'admin'))
    throw invalid('This is the last admin: nobody could say any more who may work here');
  return people;
}

/** Names that a person takes for one. */
function isSameName(one: string, other: string): boolean {
  return one.normalize('NFKC').toLowerCase() === other.normalize('NFKC').toLowerCase();
}

function invalid(detail: string): StationError {
  return new StationError('station/person-invalid', { detail });
}
