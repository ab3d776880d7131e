import { join } from 'node:path';
import { underLock } from '../../journal/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { PeopleEvent } from '../../model/event.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { peopleDigest, PeopleFile, type People, type Tries } from '../../settings/index.ts';
import type { RecordAccess } from '../record-access.ts';
import { rightsOf } from './changing.ts';
import { whoIs } from './signing-in.ts';

/** The people of a home; several processes may count tries there at once. */
export function peopleOf(home: string): PeopleFile {
  return new PeopleFile(home, (work) => underLock(home, join(home, 'people.lock'), work));
}

export interface RegisterParts {
  readonly file: PeopleFile;
  readonly record: RecordAccess;
  readonly clock: Clock;
  /** Told of each wrong try, once it is counted and recorded. */
  readonly onWrong: () => void;
}

/** Who may work here: the file that says so, and the record of each change of it. */
export class PeopleRegister {
  readonly #parts: RegisterParts;

  constructor(parts: RegisterParts) {
    this.#parts = parts;
  }

  /** Who may work here now. What another hand has changed is recorded as soon as it is seen. */
  read(): People {
    const { file, record } = this.#parts;
    const people = file.read();
    const digest = peopleDigest(people);
    if (record.isWriter() && digest !== record.reader.peopleDigest())
      this.note({
        kind: 'people-changed',
        what: 'outside',
        person: null,
        role: null,
        rights: [],
        people: people.people.length,
        digest,
        operator: null,
      });
    return people;
  }

  /** Whose code it is; wrong tries are counted and told, and recorded where this station is the record's writer. */
  prove(name: string | null, code: string): ReturnType<typeof whoIs> {
    const { file, clock } = this.#parts;
    const onWrong = (person: string | null, wrong: number, waitMs: number): void => {
      this.note({ kind: 'sign-in-refused', person, wrong, waitMs });
      this.#parts.onWrong();
    };
    return whoIs({ name, code: secret(code) }, { file, clock, onWrong });
  }

  /** The record first: no change without it. One that is cut off between the two shows as one from outside. */
  change(
    [before, after]: readonly [People, People],
    what: 'added' | 'changed' | 'removed' | 'pin' | 'rules',
    name: string | null,
    operator: string | null,
  ): void {
    const person = after.people.find((one) => one.name === name);
    this.#parts.record.writer().append({
      kind: 'people-changed',
      what,
      person: name,
      role: person?.role ?? null,
      rights: person === undefined ? [] : rightsOf(person),
      people: after.people.length,
      digest: peopleDigest(after),
      operator,
    });
    this.#parts.file.update((now) => withTriesOf(after, before, now));
  }

  /**
   * Records what has to be so also where it cannot be recorded now: a full disk must not keep a bench from being locked, or
   * a window from showing why nothing can be done. That it cannot be written is told by the record itself.
   */
  note(event: PeopleEvent): void {
    try {
      this.#parts.record.append(event);
    } catch (thrown) {
      if (!(thrown instanceof StationError)) throw thrown;
    }
  }
}

/** A change, with the tries that were counted elsewhere while it was made; those that it forgave stay forgiven. */
function withTriesOf(after: People, before: People, now: People): People {
  const counted = (name: string, tries: Tries): Tries => {
    const was = before.people.find((one) => one.name === name);
    const is = now.people.find((one) => one.name === name);
    return is !== undefined && was?.tries === tries ? is.tries : tries;
  };
  return {
    ...after,
    badgeTries: now.badgeTries,
    people: after.people.map((one) => ({ ...one, tries: counted(one.name, one.tries) })),
  };
}
