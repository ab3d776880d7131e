import type { BenchRules, CallName, CallParams, PeopleView, StationEvent } from '../../contract.ts';
import type { Clock } from '../../model/clock.ts';
import type { PeopleEvent } from '../../model/event.ts';
import { GOES_ON, RIGHT_TEXTS, rightsFor, type CallRule, type Right } from '../../model/rights.ts';
import { secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import type { People, PeopleFile, Person } from '../../settings/index.ts';
import type { RecordAccess } from '../record-access.ts';
import { added, changed, removed, rightsOf } from './changing.ts';
import { pinHash } from './codes.ts';
import { IdleClock } from './idle.ts';
import { PeopleRegister } from './register.ts';
import { personNamed } from './signing-in.ts';
import { peopleView } from './views.ts';

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
  readonly #register: PeopleRegister;
  readonly #idle: IdleClock;
  /** Who has signed in; behind the lock, who was. */
  #at: string | null = null;
  /** The entry of who has signed in, where it could not be recorded yet. */
  #unrecorded: Extract<PeopleEvent, { kind: 'person-signed-in' }> | null = null;
  #locked = false;
  #blind = false;
  /** Where no people are defined: a name that this process was given. */
  #named: string | null = null;
  /** Hashing takes a moment; tries and changes are made one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws StationError `station/people-unreadable`. */
  constructor(parts: BenchPeopleParts) {
    this.#parts = parts;
    this.#register = new PeopleRegister({ ...parts, onWrong: () => void this.#tell() });
    this.#idle = new IdleClock(parts.clock, () => this.#lock('idle'));
    this.view();
  }

  /** Whether not even the record may be looked at, as `view` said last: asked for each event. */
  get isBlind(): boolean {
    return this.#blind;
  }

  /** The name that goes into the record of what is done now; `otherwise` where no people are defined. */
  operator(otherwise: string | null): string | null {
    return this.#register.read().people.length === 0 ? (this.#named ?? otherwise) : this.#at;
  }

  /**
   * Lets a call through or throws. `simulated`: the server that it names is that of a rehearsal.
   *
   * @throws StationError `station/locked`, `station/not-permitted`, `station/people-unreadable`, `journal/...`.
   */
  permit(name: CallName, rule: CallRule, params: object, simulated: boolean): void {
    const people = this.#register.read();
    if (people.people.length === 0 || rule === 'anybody') return;
    this.#recordEntry();
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
   * Throws where whoever is here now has not this right: for what a call finds out only when it is under way. To provision
   * without a batch may be everybody's by the bench's rules.
   *
   * @throws StationError `station/not-permitted`.
   */
  permitRight(right: Right): void {
    const { rights, person, rules } = this.view();
    if (right === 'provision-freely' && rules.provisionFreely) return;
    if (!rights.includes(right))
      throw new StationError('station/not-permitted', {
        person: person ?? 'Nobody',
        what: RIGHT_TEXTS[right],
      });
  }

  view(): PeopleView {
    const people = this.#register.read();
    const view = peopleView(people, this.#person(people), this.#locked, this.#parts.clock.now());
    this.#blind = view.blind;
    return view;
  }

  signIn({ name, code }: CallParams<'people.sign-in'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      const before = this.#register.read();
      if (before.people.length === 0) {
        this.#named = name ?? null;
        return this.#tell();
      }
      if (code === undefined)
        throw new StationError('station/usage', { detail: 'A PIN or a badge is needed to sign in.' });
      const { person, by } = await this.#register.prove(name ?? null, code);
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
      const before = this.#register.read();
      const person = personNamed(before, this.#at ?? '');
      // Guessing costs the same as at the lock.
      await this.#register.prove(person.name, code);
      const hash = await pinHash(secret(pin));
      const proved = this.#register.read();
      const after: People = {
        ...proved,
        people: proved.people.map((one) => (one.name === person.name ? { ...one, pin: hash } : one)),
      };
      this.#register.change([proved, after], 'pin', person.name, this.#at);
    });
  }

  add(params: CallParams<'people.add'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      const before = this.#register.read();
      const after = await added(before, params);
      this.#register.change([before, after], 'added', params.name, this.#at);
      if (before.people.length === 0) this.#enter(personNamed(after, params.name), 'first');
      return this.#tell();
    });
  }

  set(params: CallParams<'people.set'>): Promise<PeopleView> {
    return this.#inTurn(async () => {
      const before = this.#register.read();
      const after = await changed(before, params);
      this.#register.change([before, after], 'changed', params.name, this.#at);
      this.#watch();
      return this.#tell();
    });
  }

  remove({ name }: CallParams<'people.remove'>): Promise<PeopleView> {
    return this.#inTurn(() => {
      const before = this.#register.read();
      this.#register.change([before, removed(before, name)], 'removed', name, this.#at);
      if (this.#at === name) this.#leave('removed');
      return Promise.resolve(this.#tell());
    });
  }

  setRules(patch: CallParams<'people.rules'>): Promise<PeopleView> {
    return this.#inTurn(() => {
      const before = this.#register.read();
      if (before.people.length === 0)
        throw new StationError('station/person-invalid', {
          detail: 'Without people there is nothing to lock: add an admin first',
        });
      const rules: BenchRules = {
        idleMinutes: patch.idleMinutes ?? before.rules.idleMinutes,
        whileLocked: patch.whileLocked ?? before.rules.whileLocked,
        provisionFreely: patch.provisionFreely ?? before.rules.provisionFreely,
      };
      this.#register.change([before, { ...before, rules }], 'rules', null, this.#at);
      this.#watch();
      return Promise.resolve(this.#tell());
    });
  }

  [Symbol.dispose](): void {
    this.#idle.stop();
    if (this.#at !== null) this.#leave('closed');
  }

  #enter({ name, role }: Person, by: 'pin' | 'badge' | 'first'): void {
    if (this.#at !== null && this.#at !== name) this.#leave('another');
    // Nobody works whose coming is not recorded; where another program is the writer, nothing can be done but to look.
    const event = { kind: 'person-signed-in', person: name, role, by } as const;
    const { record } = this.#parts;
    if (record.isWriter()) record.writer().append(event);
    this.#unrecorded = record.isWriter() ? null : event;
    this.#at = name;
    this.#locked = false;
    this.#watch();
  }

  /** Who came while another program was the writer, before anything is done for them. */
  #recordEntry(): void {
    const { record } = this.#parts;
    if (this.#unrecorded === null || !record.isWriter()) return;
    record.writer().append(this.#unrecorded);
    this.#unrecorded = null;
  }

  #leave(why: 'asked' | 'another' | 'closed' | 'removed'): void {
    // Whose coming stands in no record has not left either.
    if (this.#at !== null && this.#unrecorded === null)
      this.#register.note({ kind: 'person-signed-out', person: this.#at, why });
    this.#at = null;
    this.#unrecorded = null;
    this.#locked = false;
    this.#idle.stop();
  }

  #lock(why: 'asked' | 'idle'): void {
    if (this.#at === null) return;
    this.#locked = true;
    this.#idle.stop();
    this.#register.note({ kind: 'bench-locked', person: this.#at, why });
    this.#tell();
  }

  #watch(): void {
    const people = this.#register.read();
    const person = this.#person(people);
    if (person === null || this.#locked || !this.#parts.locksWhenIdle) return;
    this.#idle.begin((person.idleMinutes ?? people.rules.idleMinutes) * MINUTE_MS);
  }

  #person({ people }: People): Person | null {
    return people.find(({ name }) => name === this.#at) ?? null;
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
