import type { JobView } from '../contract.ts';
import type { JournalEvent } from '../model/event.ts';
import { identityLabel, type Identity } from '../model/identity.ts';
import type { JobResult } from '../model/job.ts';
import type { KeyFingerprint } from '../model/key.ts';
import type { Journal, JournalReader } from './journal.ts';

/** Within this time of a unit that ended well, the same identity is more likely another board. Milliseconds. */
const A_DAY = 24 * 60 * 60 * 1000;

/**
 * What a person should know of a board from the record: that it was here before, that its identity was seen on a good
 * unit within a day, that its key was given to another unit at any time. Sentences; none where there is nothing.
 *
 * @param now Milliseconds since the epoch.
 * @param flow A re-key is for a unit that was here before: that alone makes nobody suspect another board.
 */
export function notices(
  journal: Pick<JournalReader, 'history'>,
  identity: Identity,
  key: KeyFingerprint | null,
  now: number,
  flow: JobView['flow'] = 'provision',
): readonly string[] {
  const { jobs, last, lastGood, keyOf } = journal.history(identity, key);
  const found: string[] = [];
  if (flow === 'provision' && lastGood !== null && Math.abs(now - Date.parse(lastGood.at)) < A_DAY)
    found.push(
      `A unit of this identity ended well here within a day (${lastGood.at}, slot ${lastGood.slot}). If that was another board, two boards share an identity.`,
    );
  else if (last !== null)
    found.push(
      `This unit was here before: ${jobs} job${jobs === 1 ? '' : 's'}, the last ${last.verdict} at ${last.at}.`,
    );
  return [...found, ...sharedKey(key, keyOf)];
}

function sharedKey(key: KeyFingerprint | null, others: readonly Identity[]): readonly string[] {
  return others.map(
    (other) =>
      `The key ${String(key)} was also given to ${identityLabel(other)}: a key belongs to one board.`,
  );
}

/** A job's journal that adds what the record knows of its unit to the notes of its verdict. */
export interface Noticing<J> {
  readonly journal: J;
  /** The result with the same notes that its verdict was recorded with. */
  readonly told: (result: JobResult) => JobResult;
}

/**
 * @param now Milliseconds since the epoch.
 * @param more What else there is to know of the board, asked for at its verdict.
 */
export function noticing<J extends Pick<Journal, 'append' | 'history'>>(
  journal: J,
  now: () => number,
  flow: JobView['flow'] = 'provision',
  more: (identity: Identity | null) => readonly string[] = () => [],
): Noticing<J> {
  // Asked when the board says who it is, before this job itself is part of the answer.
  let before: readonly string[] = [];
  let all: readonly string[] = [];
  const told = (result: JobResult): JobResult => ({
    ...result,
    notes: [...new Set([...result.notes, ...all])],
  });
  const append = (event: JournalEvent): ReturnType<Journal['append']> => {
    if (event.kind === 'board-identified') before = notices(journal, event.identity, null, now(), flow);
    if (event.kind !== 'verdict') return journal.append(event);
    const { identity, keyFingerprint } = event.result;
    const others = identity === null ? [] : journal.history(identity, keyFingerprint).keyOf;
    all = [...before, ...sharedKey(keyFingerprint, others), ...more(identity)];
    return journal.append({ ...event, result: told(event.result) });
  };
  return { journal: wrapped(journal, append), told };
}

function wrapped<J extends Pick<Journal, 'append'>>(journal: J, append: Journal['append']): J {
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
