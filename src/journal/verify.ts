import type { JournalEntry } from '../model/event.ts';
import { StationError } from '../model/station-error.ts';
import type { Head } from './chain.ts';
import { ChainCheck, type Expectations, type KeyUse, type Problem } from './chain-check.ts';
import { Database } from './database.ts';
import { comparingProjections, project, projectionsReach, resetProjections } from './projections.ts';

/** What was found in a journal, a copy of one, or an export. */
export interface Verification {
  readonly kind: 'journal' | 'export';
  /** Whether nothing is wrong. What that proves depends on `keys`: see docs/journal.md. */
  readonly ok: boolean;
  /** Rows that were looked at: up to the first bad one. */
  readonly rows: number;
  /** The first of them: 1, but for an export from a time on. Null where there was none. */
  readonly first: number | null;
  readonly station: string | null;
  readonly head: Head | null;
  /** The last row that a signature covers. */
  readonly signed: number | null;
  readonly keys: readonly KeyUse[];
  readonly problem: Problem | null;
  /** Sentences on what is not wrong and yet worth knowing. */
  readonly notes: readonly string[];
}

/** Looks at every row, hash, signature and projection of a journal, on one unmoving state of it. */
export function* verifying(
  database: Database,
  expected: Expectations,
): Generator<undefined, Verification, undefined> {
  const check = new ChainCheck(expected);
  const notes: string[] = [];
  database.exec('BEGIN');
  try {
    const problem = yield* followChain(database, check);
    if (problem !== null) return verification('journal', check, problem, notes);
    return verification('journal', check, yield* tables(database, check, notes), notes);
  } catch (thrown) {
    if (!(thrown instanceof StationError)) throw thrown;
    return verification('journal', check, unreadable(check, thrown), notes);
  } finally {
    database.exec('ROLLBACK');
  }
}

/** The first difference between the tables and what follows from the events, in words; null where there is none. */
export function* checkingProjections(database: Database): Generator<undefined, string | null, undefined> {
  // A nameless database: on disk where it outgrows the memory, and gone when it is closed.
  using fresh = new Database('');
  resetProjections(fresh);
  fresh.exec('BEGIN');
  for (const { body } of database.walk('SELECT body FROM event ORDER BY seq')) {
    project(fresh, JSON.parse(String(body)) as JournalEntry);
    yield;
  }
  fresh.exec('COMMIT');
  return yield* comparingProjections(database, fresh);
}

/** What a check of a chain found, with the notes that follow from it. */
export function verification(
  kind: Verification['kind'],
  check: ChainCheck,
  fault: Problem | null,
  notes: readonly string[],
): Verification {
  // Last: it may be known and explained, and must hide nothing else that is wrong.
  const unsigned = check.unsigned();
  const problem = fault ?? unsigned.problem;
  const { rows, first, station, head, signed } = check;
  const keys = check.keys();
  const last = head?.seq ?? 0;
  return {
    kind,
    ok: problem === null,
    rows,
    first,
    station,
    head,
    signed,
    keys,
    problem,
    notes: [
      ...notes,
      ...(problem === null && unsigned.note !== null ? [unsigned.note] : []),
      ...(problem === null && rows > 0 && signed === null ? ['Nothing in it is signed.'] : []),
      // The signature is itself a row.
      ...(problem === null && signed !== null && last > signed + 1
        ? [`The ${last - signed - 1} newest row(s) are not signed yet.`]
        : []),
      ...(keys.some(({ vouched }) => vouched === null)
        ? [
            'Nobody vouches for the keys: compare their fingerprints with those of the station (station doctor), or give them with --key.',
          ]
        : []),
    ],
  };
}

/** The problem of a file that cannot be read on; the row after the last good one is where. */
export function unreadable(check: ChainCheck, { code, details, message }: StationError): Problem {
  const why = code === 'journal/unusable' ? String(details['detail']) : message;
  if (check.rows === 0) return { seq: null, fault: 'unreadable', text: `It cannot be read: ${why}.` };
  const at = (check.head?.seq ?? 0) + 1;
  return { seq: at, fault: 'unreadable', text: `From row ${at} on it cannot be read: ${why}.` };
}

function* followChain(
  database: Database,
  check: ChainCheck,
): Generator<undefined, Problem | null, undefined> {
  for (const { seq, body, hash } of database.walk('SELECT seq, body, hash FROM event ORDER BY seq')) {
    const row = {
      seq: Number(seq),
      body: String(body),
      hash: hash instanceof Uint8Array ? hash : new Uint8Array(),
    };
    const problem = check.add(row);
    if (problem !== null) return problem;
    yield;
  }
  return check.end();
}

function* tables(
  database: Database,
  check: ChainCheck,
  notes: string[],
): Generator<undefined, Problem | null, undefined> {
  const last = check.head?.seq ?? 0;
  const reached = database.first('SELECT seq FROM p_state')?.['seq'];
  if (typeof reached === 'number' && reached > last)
    return {
      seq: last + 1,
      fault: 'truncated',
      text: `Row ${last + 1} and what came after it is missing: the tables have been brought up to row ${reached}.`,
    };
  if (!projectionsReach(database, last)) {
    notes.push('Its tables are those of another version of the station and were not compared with its rows.');
    return null;
  }
  const difference = yield* checkingProjections(database);
  return difference === null
    ? null
    : {
        seq: null,
        fault: 'projections',
        text: `The tables that answer questions do not follow from the rows: ${difference}.`,
      };
}
