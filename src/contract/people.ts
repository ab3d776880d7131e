import * as z from 'zod';
import {
  GRANTABLE,
  ROLES,
  WHILE_LOCKED,
  type Grantable,
  type Right,
  type Role,
  type WhileLocked,
} from '../model/rights.ts';

/** The people of a station: who may work here, who does, and the lock. A station that knows nobody asks nobody. */

const person = z
  .string()
  .max(64)
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N} ._'-]*[\p{L}\p{N}.])?$/u,
    "letters, digits, blank . _ ' - (64 at most)",
  );
/** A PIN, or what a badge reader types. Held as a secret from the first line of the station on. */
const code = z.string().min(1).max(256);
const grants = z.array(z.enum(GRANTABLE)).max(GRANTABLE.length);
/** Minutes without a sign of the person; 0: never. */
const idleMinutes = z.number().int().min(0).max(720);

export const PEOPLE_CALLS = {
  'people.show': z.strictObject({}),
  /**
   * Signs a person in, in the place of whoever was. By a name: with the PIN or the badge of that person. Without: with a
   * badge. Where no people are defined, the name alone is taken, and recorded with what this process does.
   */
  'people.sign-in': z.strictObject({ name: person.optional(), code: code.optional() }),
  'people.sign-out': z.strictObject({}),
  'people.lock': z.strictObject({}),
  /** Somebody is at the window: the idle clock begins anew. Does nothing at a locked bench. */
  'people.active': z.strictObject({}),
  /** A new PIN for whoever has signed in, who shows the one of now (or the badge) once more. */
  'people.set-pin': z.strictObject({ code, pin: code }),
  /** The first person has to be an admin, and is signed in by this. */
  'people.add': z.strictObject({
    name: person,
    role: z.enum(ROLES),
    pin: code.optional(),
    badge: code.optional(),
    grants: grants.default([]),
  }),
  /** Changes a person; members left out stay as they are. `idleMinutes` null: as the bench has it. */
  'people.set': z.strictObject({
    name: person,
    role: z.enum(ROLES).optional(),
    pin: code.optional(),
    badge: code.nullable().optional(),
    grants: grants.optional(),
    idleMinutes: idleMinutes.nullable().optional(),
  }),
  'people.remove': z.strictObject({ name: person }),
  'people.rules': z.strictObject({
    idleMinutes: idleMinutes.optional(),
    whileLocked: z.enum(WHILE_LOCKED).optional(),
    provisionFreely: z.boolean().optional(),
  }),
} as const;

export interface PeopleCallResults {
  'people.show': PeopleView;
  'people.sign-in': PeopleView;
  'people.sign-out': PeopleView;
  'people.lock': PeopleView;
  'people.active': null;
  'people.set-pin': null;
  'people.add': PeopleView;
  'people.set': PeopleView;
  'people.remove': PeopleView;
  'people.rules': PeopleView;
}

export type PeopleEvent = { readonly type: 'people'; readonly people: PeopleView };

export interface PersonView {
  readonly name: string;
  readonly role: Role;
  readonly grants: readonly Grantable[];
  readonly hasPin: boolean;
  readonly hasBadge: boolean;
  /** Null: as the bench has it. */
  readonly idleMinutes: number | null;
  /** ISO 8601: no try counts before, after wrong ones. Null where nothing is waited for. */
  readonly waitsUntil: string | null;
}

export interface BenchRules {
  /** Minutes without a sign of anybody until the bench locks itself; 0: never. */
  readonly idleMinutes: number;
  readonly whileLocked: WhileLocked;
  /** Whether technicians may provision without a batch. */
  readonly provisionFreely: boolean;
}

export interface PeopleView {
  /** False: everybody may everything, and nobody signs in. */
  readonly defined: boolean;
  readonly people: readonly PersonView[];
  readonly rules: BenchRules;
  /** Who has signed in; behind the lock, who was. */
  readonly person: string | null;
  /** Whether the bench waits for somebody to sign in. Never where no people are defined. */
  readonly locked: boolean;
  /** Whether not even the record may be looked at now. */
  readonly blind: boolean;
  /** What may be done now. */
  readonly rights: readonly Right[];
  /** ISO 8601: no badge counts before. */
  readonly badgesWaitUntil: string | null;
}
