import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { GRANTABLE, ROLES, WHILE_LOCKED } from '../model/rights.ts';
import { StationError } from '../model/station-error.ts';
import { codeHashSchema, newSalt } from './code-hash.ts';
import { readIfThere, reasonOf, writeDurably } from './durable-file.ts';

/** Wrong tries since the last right one, and until when none counts (ISO 8601). */
const triesSchema = z.strictObject({
  wrong: z.int().min(0),
  until: z.iso.datetime().nullable(),
});
export type Tries = z.infer<typeof triesSchema>;
export const NO_TRIES: Tries = { wrong: 0, until: null };

const personSchema = z.strictObject({
  name: z.string().min(1),
  role: z.enum(ROLES),
  grants: z.array(z.enum(GRANTABLE)),
  idleMinutes: z.int().min(0).nullable(),
  pin: codeHashSchema.nullable(),
  badge: codeHashSchema.nullable(),
  tries: triesSchema.default(NO_TRIES),
});
export type Person = z.infer<typeof personSchema>;

const rulesSchema = z.strictObject({
  idleMinutes: z.int().min(0),
  whileLocked: z.enum(WHILE_LOCKED),
  provisionFreely: z.boolean(),
});

const peopleSchema = z.strictObject({
  version: z.literal(1),
  people: z.array(personSchema),
  rules: rulesSchema,
  /** One salt for all badges: a badge says by itself whose it is, and is looked for with one hash. */
  badgeSalt: z.string().min(1),
  /** Wrong badges belong to nobody. */
  badgeTries: triesSchema.default(NO_TRIES),
});
export type People = z.infer<typeof peopleSchema>;

/** What holds as soon as there is a first person. */
const FIRST_RULES: People['rules'] = { idleMinutes: 10, whileLocked: 'look', provisionFreely: false };

/** Does some work while nobody else does such work. */
export type InTurn = <T>(work: () => T) => T;

/**
 * `people.json` of a home: who may work here. PINs and badges are in it as salted hashes alone. Read anew at every question,
 * written whole or not at all. Who may what is changed by the one alone who holds the home's lock; tries are counted by
 * whoever looks at a code. A file that cannot be read lets nobody do anything.
 */
export class PeopleFile {
  readonly #path: string;
  readonly #home: string;
  readonly #inTurn: InTurn;

  /** `inTurn`: does its work while no other process writes this file. */
  constructor(home: string, inTurn: InTurn) {
    this.#home = home;
    this.#path = join(home, 'people.json');
    this.#inTurn = inTurn;
  }

  /** Nobody where there is no such file. @throws StationError `station/people-unreadable`. */
  read(): People {
    try {
      const bytes = readIfThere(this.#path);
      if (bytes === null)
        return { version: 1, people: [], rules: FIRST_RULES, badgeSalt: newSalt(), badgeTries: NO_TRIES };
      return peopleSchema.parse(JSON.parse(bytes.toString('utf8')));
    } catch (thrown) {
      const detail =
        thrown instanceof z.ZodError
          ? thrown.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
          : reasonOf(thrown);
      throw new StationError(
        'station/people-unreadable',
        { path: this.#path, detail },
        { cause: thrown instanceof z.ZodError ? undefined : thrown },
      );
    }
  }

  /**
   * Changes the file from what is in it now, with nobody else writing in between. Durable when it returns.
   *
   * @throws StationError `station/home-unusable`, `station/people-unreadable`; what `change` throws, and nothing is written.
   */
  update(change: (now: People) => People): People {
    return this.#inTurn(() => {
      const people = change(this.read());
      this.#write(people);
      return people;
    });
  }

  #write(people: People): void {
    try {
      writeDurably(this.#path, `${JSON.stringify(peopleSchema.parse(people), null, 2)}\n`);
    } catch (thrown) {
      throw new StationError(
        'station/home-unusable',
        { home: this.#home, detail: `people.json cannot be written: ${reasonOf(thrown)}` },
        { cause: thrown },
      );
    }
  }
}

/**
 * SHA-256 (hex) of all that says who may what and by which code, without the counts of tries; null where nobody is defined.
 * The record has that of each change, so that a file which was changed by another hand shows.
 */
export function peopleDigest({ people, rules }: People): string | null {
  if (people.length === 0) return null;
  const said = [
    ['rules', rules.idleMinutes, rules.whileLocked, rules.provisionFreely],
    ...people.map(({ name, role, grants, idleMinutes, pin, badge }) => [
      name,
      role,
      grants,
      idleMinutes,
      ...[pin, badge].map((code) => (code === null ? null : [code.salt, code.hash, code.N, code.r, code.p])),
    ]),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
