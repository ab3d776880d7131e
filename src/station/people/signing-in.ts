import type { Clock } from '../../model/clock.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { NO_TRIES, type People, type PeopleFile, type Person, type Tries } from '../../settings/index.ts';
import { badgeOwner, codeOf } from './codes.ts';

/** So many wrong tries cost nothing. */
const FREE = 2;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** How long no other try counts after so many wrong ones. Milliseconds. */
export function waitAfter(wrong: number): number {
  return wrong <= FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(wrong - FREE - 1, 20));
}

/** Until when no try counts (milliseconds since the epoch); null where the next one does. */
export function waitsUntil({ until }: Tries, now: number): number | null {
  if (until === null) return null;
  // A clock that was set back must not keep anybody out for longer than the longest wait.
  const end = Math.min(Date.parse(until), now + LONGEST_WAIT_MS);
  return end > now ? end : null;
}

export interface SignIn {
  /** Null for a badge by itself. */
  readonly name: string | null;
  readonly code: Secret<string>;
}

export interface SignInParts {
  readonly file: PeopleFile;
  readonly clock: Clock;
  /** Told of each wrong try, once it is counted. */
  readonly onWrong: (name: string | null, wrong: number, waitMs: number) => void;
}

/**
 * Whose PIN or badge this is. A try is counted, on disk, before it is looked at, so that a program which is ended meanwhile
 * has not tried for nothing. One at a time: the caller sees to that.
 *
 * @throws StationError `station/unknown-person`, `station/sign-in-waits`, `station/sign-in-refused`.
 */
export async function whoIs(
  { name, code }: SignIn,
  { file, clock, onWrong }: SignInParts,
): Promise<{ readonly person: Person; readonly by: 'pin' | 'badge' }> {
  const counted = file.update((now) => withOneMore(now, name, clock.now()));
  const found = await look(counted, name, code);
  if (found === null) {
    const { wrong } = triesOf(counted, name);
    onWrong(name, wrong, waitAfter(wrong));
    throw new StationError('station/sign-in-refused', {
      whose: name === null ? 'of anybody here' : `of ${name}`,
    });
  }
  file.update((now) => withTries(withTries(now, name, NO_TRIES), found.person.name, NO_TRIES));
  return found;
}

/** With one try more counted, as if it were a wrong one. @throws StationError `station/sign-in-waits`. */
function withOneMore(people: People, name: string | null, now: number): People {
  const tries = triesOf(people, name);
  const end = waitsUntil(tries, now);
  if (end !== null)
    throw new StationError('station/sign-in-waits', {
      tries: tries.wrong,
      seconds: Math.ceil((end - now) / 1000),
    });
  const wrong = tries.wrong + 1;
  const waitMs = waitAfter(wrong);
  const until = waitMs === 0 ? null : new Date(now + waitMs).toISOString();
  return withTries(people, name, { wrong, until });
}

async function look(
  people: People,
  name: string | null,
  code: Secret<string>,
): Promise<{ readonly person: Person; readonly by: 'pin' | 'badge' } | null> {
  if (name === null) {
    const owner = await badgeOwner(code, people);
    return owner === null ? null : { person: personNamed(people, owner), by: 'badge' };
  }
  const person = personNamed(people, name);
  const by = await codeOf(person, code);
  return by === null ? null : { person, by };
}

/** @throws StationError `station/unknown-person`. */
export function personNamed({ people }: People, name: string): Person {
  const person = people.find((one) => one.name === name);
  if (person === undefined) throw new StationError('station/unknown-person', { name });
  return person;
}

function triesOf(people: People, name: string | null): Tries {
  return name === null ? people.badgeTries : personNamed(people, name).tries;
}

function withTries(people: People, name: string | null, tries: Tries): People {
  if (name === null) return { ...people, badgeTries: tries };
  return {
    ...people,
    people: people.people.map((person) => (person.name === name ? { ...person, tries } : person)),
  };
}
