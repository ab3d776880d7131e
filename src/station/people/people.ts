import type {
  BenchRules,
  CallName,
  CallParams,
  PeopleView,
  PersonView,
  StationEvent,
} from '../../contract.ts';
import type { Clock } from '../../model/clock.ts';
import type { PeopleEvent } from '../../model/event.ts';
import { GOES_ON, RIGHT_TEXTS, RIGHTS, rightsFor, type CallRule, type Right } from '../../model/rights.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { peopleDigest, type People, type PeopleFile, type Person } from '../../settings/index.ts';
import type { RecordAccess } from '../record-access.ts';
import { added, changed, removed, rightsOf } from './changing.ts';
import { pinHash } from './codes.ts';
import { IdleClock } from './idle.ts';
import { personNamed, waitsUntil, whoIs } from './signing-in.ts';

export interface BenchPeopleParts {
  readonly file: PeopleFile;
  readonly record: RecordAccess;
  readonly clock: Clock;
  readonly tell: (event: StationEvent) => void;
  /** Whether somebody sits before this station, and may leave: a command ends by itself instead. */
  readonly locksWhenIdle: boolean;
}

const MINUTE_MS = 60_000;

/** Who works at this bench, and what they may. Without people defined: everybody, everything. */
export class BenchPeople implements Disposable {
  readonly #parts: BenchPeopleParts;
  readonly #idle: IdleClock;
  /** Who has signed in; behind the lock, who was. */
  #at: string | null = null;
  #locked = false;
  #blind = false;
  /** Where no people are defined: a name that this process was given. */
  #named: string | null = null;
  /** Hashing takes a moment; tries and changes are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws StationError `station/people-unreadable`. */
  constructor(parts: BenchPeopleParts) {
    this.#parts = parts;
    this.#idle = new IdleClock(parts.clock, () => this.#lock('idle'));
    this.view();
  }

  /** Whether not even the record may be looked at, as `view` said last: asked for each event. */
  get isBlind(): boolean {
    return this.#blind;
  }

  /** The name that goes into the record of what is done now; `otherwise` where no people are defined. */
  operator(otherwise: string | null): string | null {
    return this.#read().people.length === 0 ? (this.#named ?? otherwise) : this.#at;
  }

  /**
   * Lets a call through or throws. `simulated`: the server that it names is that of a rehearsal.
   *
   * @throws StationError `station/locked`, `station/not-permitted`, `station/people-unreadable`.
   */
  permit(name: CallName, rule: CallRule, params: object, simulated: boolean): void {
    const people = this.#read();
    if (people.people.length === 0 || rule === 'anybody') return;
    const person = this.#person(people);
    const { whileLocked, provisionFreely: freely } = people.rules;
    const needed = rightsFor(rule, { params: params as Record<string, unknown>, simulated, freely });
    const looks = rule !== 'person' && needed.every((right) => right === 'look');
    const locked = this.#locked || person === null;
    if (locked && looks && whileLocked !== 'nothing') return;
    if (person === null || (locked && !(whileLocked === 'go-on' && GOES_ON.has(name))))
      throw new StationError('station/locked', {
        detail: person === null ? 'nobody has signed in' : `${person.name} was there last`,
      });
    const missing = needed.find((right) => !rightsOf(person).includes(right));
    if (missing !== undefined)
      throw new StationError('station/not-permitted', { person: person.name, what: RIGHT_TEXTS[missing] });
    if (!looks && !locked) this.#idle.touch();
  }

  /**
   * Throws where whoever is here now has not this right: for what a call finds out only when it is under way.
   *
   * @throws StationError `station/not-permitted`.
   */
  permitRight(right: Right): void {
    const { rights, person } = this.view();
    if (!rights.includes(right))
      throw new StationError('station/not-permitted', {
        person: person ?? 'Nobody',
        what: RIGHT_TEXTS[right],
      });
  }

  view(): PeopleView {
    const people = this.#read();
    const person = this.#person(people);
    const defined = people.people.length > 0;
    const locked = defined && (this.#locked || person === null);
    const { whileLocked } = people.rules;
    this.#blind = locked && whileLocked === 'nothing';
    const now = this.#parts.clock.now();
    const whole = person === null ? [] : rightsOf(person);
    return {
      defined,
      people: people.people.map((one) => viewOf(one, now)),
      rules: people.rules,
      person: person?.name ?? null,
      locked,
      blind: this.#blind,
      rights: !defined ? RIGHTS : locked ? RIGHTS_BEHIND_LOCK[whileLocked](whole) : whole,
      badgesWaitUntil: isoOrNull(waitsUntil(people.badgeTries, now)),
    };
  }

  signIn({ name, code }: CallParams<'people.sign-in'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      const before = this.#read();
      if (before.people.length === 0) {
        this.#named = name ?? null;
        return this.#tell();
      }
      if (code === undefined)
        throw new StationError('station/usage', { detail: 'A PIN or a badge is needed to sign in.' });
      const { person, by } = await this.#prove(name ?? null, code);
      this.#enter(person, by);
      return this.#tell();
    });
  }

  signOut(why: 'asked' | 'closed' = 'asked'): PeopleView {
    this.#leave(why);
    return this.#tell();
  }

  lock(): PeopleView {
    if (!this.#locked) this.#lock('asked');
    return this.view();
  }

  /** Somebody is at the window. */
  active(): void {
    if (this.#at !== null && !this.#locked) this.#idle.touch();
  }

  /** A new PIN for who has signed in and shows a code of now. */
  setPin({ code, pin }: CallParams<'people.set-pin'>): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#read();
      const person = personNamed(before, this.#at ?? '');
      // Guessing costs the same as at the lock.
      await this.#prove(person.name, code);
      const hash = await pinHash(secret(pin));
      const proved = this.#read();
      const after: People = {
        ...proved,
        people: proved.people.map((one) => (one.name === person.name ? { ...one, pin: hash } : one)),
      };
      this.#change(after, 'pin', person.name);
    });
  }

  add(params: CallParams<'people.add'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      const before = this.#read();
      const after = await added(before, params);
      this.#change(after, 'added', params.name);
      if (before.people.length === 0) this.#enter(personNamed(after, params.name), 'first');
      return this.#tell();
    });
  }

  set(params: CallParams<'people.set'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      this.#change(await changed(this.#read(), params), 'changed', params.name);
      this.#watch();
      return this.#tell();
    });
  }

  remove({ name }: CallParams<'people.remove'>): Promise<PeopleView> {
    return this.#inTurn(() => {
      this.#change(removed(this.#read(), name), 'removed', name);
      if (this.#at === name) this.#leave('removed');
      return Promise.resolve(this.#tell());
    });
  }

  setRules(patch: CallParams<'people.rules'>): Promise<PeopleView> {
    return this.#inTurn(() => {
      const before = this.#read();
      if (before.people.length === 0)
        throw new StationError('station/person-invalid', {
          detail: 'Without people there is nothing to lock: add an admin first',
        });
      const rules: BenchRules = {
        idleMinutes: patch.idleMinutes ?? before.rules.idleMinutes,
        whileLocked: patch.whileLocked ?? before.rules.whileLocked,
        provisionFreely: patch.provisionFreely ?? before.rules.provisionFreely,
      };
      this.#change({ ...before, rules }, 'rules', null);
      this.#watch();
      return Promise.resolve(this.#tell());
    });
  }

  [Symbol.dispose](): void {
    this.#idle.stop();
    if (this.#at !== null) this.#leave('closed');
  }

  /** Who may work here now. What another hand has changed is recorded as soon as it is seen. */
  #read(): People {
    const { file, record } = this.#parts;
    const people = file.read();
    const digest = peopleDigest(people);
    if (record.isWriter() && digest !== record.reader.peopleDigest())
      this.#note({
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

  /** Whose code it is; wrong tries are counted, recorded and told. */
  #prove(name: string | null, code: string): ReturnType<typeof whoIs> {
    const { file, clock } = this.#parts;
    const onWrong = (person: string | null, wrong: number, waitMs: number): void => {
      this.#note({ kind: 'sign-in-refused', person, wrong, waitMs });
      this.#tell();
    };
    return whoIs({ name, code: secret(code) }, { file, clock, onWrong });
  }

  /** The record first: no change without it. One that is cut off between the two shows as one from outside. */
  #change(after: People, what: 'added' | 'changed' | 'removed' | 'pin' | 'rules', name: string | null): void {
    const person = after.people.find((one) => one.name === name);
    this.#parts.record.writer().append({
      kind: 'people-changed',
      what,
      person: name,
      role: person?.role ?? null,
      rights: person === undefined ? [] : rightsOf(person),
      people: after.people.length,
      digest: peopleDigest(after),
      operator: this.#at,
    });
    this.#parts.file.write(after);
  }

  #enter({ name, role }: Person, by: 'pin' | 'badge' | 'first'): void {
    if (this.#at !== null && this.#at !== name) this.#leave('another');
    // Nobody works whose coming is not recorded.
    this.#parts.record.writer().append({ kind: 'person-signed-in', person: name, role, by });
    this.#at = name;
    this.#locked = false;
    this.#watch();
  }

  #leave(why: 'asked' | 'another' | 'closed' | 'removed'): void {
    if (this.#at !== null) this.#note({ kind: 'person-signed-out', person: this.#at, why });
    this.#at = null;
    this.#locked = false;
    this.#idle.stop();
  }

  #lock(why: 'asked' | 'idle'): void {
    if (this.#at === null) return;
    this.#locked = true;
    this.#idle.stop();
    this.#note({ kind: 'bench-locked', person: this.#at, why });
    this.#tell();
  }

  #watch(): void {
    const people = this.#read();
    const person = this.#person(people);
    if (person === null || this.#locked || !this.#parts.locksWhenIdle) return;
    this.#idle.begin((person.idleMinutes ?? people.rules.idleMinutes) * MINUTE_MS);
  }

  #person({ people }: People): Person | null {
    return people.find(({ name }) => name === this.#at) ?? null;
  }

  /**
   * Records what has to be so also where it cannot be recorded now: a full disk must not keep a bench from being locked, or
   * a window from showing why nothing can be done. That it cannot be written is told by the record itself.
   */
  #note(event: PeopleEvent): void {
    try {
      this.#parts.record.append(event);
    } catch (thrown) {
      if (!(thrown instanceof StationError)) throw thrown;
    }
  }

  #tell(): PeopleView {
    const people = this.view();
    this.#parts.tell({ type: 'people', people });
    return people;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
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
