import type { Journal } from '../../journal/index.ts';
import type { BatchAllowance, BatchRecord } from '../../model/batch.ts';
import { identityLabel, type Identity } from '../../model/identity.ts';
import type { JobId } from '../../model/job.ts';
import type { KeyFingerprint, KeySource } from '../../model/key.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { BatchDoor } from '../../slots/jobs.ts';

const STANDARD = 'standard';
const isTierColumn = (column: string): boolean => column.trim().toLowerCase() === 'tier';

/**
 * A batch is at one server, if its keys were sent to one, and its boards are real.
 *
 * @throws StationError `batch/simulated`, `batch/other-server`.
 */
export function requireServerOf(
  { name, kind, run }: BatchRecord,
  { url }: ServerProfile,
  isRehearsed: boolean,
): void {
  if (isRehearsed) throw new StationError('batch/simulated', { name });
  if (kind !== 'keys' || run === null || run.state === 'taken-back' || run.serverUrl === url) return;
  throw new StationError('batch/other-server', { batch: name, server: run.server });
}

/** What a board is asked for right after it was read, before anything is changed on it or on a server. */
export function doorOf(
  batch: BatchRecord,
  allowed: readonly BatchAllowance[],
  keepsKey: boolean,
  { journal, operator }: { readonly journal: Journal; readonly operator: () => string | null },
): BatchDoor {
  const { id, name, columns } = batch;
  const letThrough = (
    why: BatchAllowance,
    identity: Identity,
    { job, resumed }: { readonly job: JobId | null; readonly resumed: JobId | null },
    refusal: () => StationError,
  ): void => {
    // Whoever was let through once is not asked again for the rest of the job.
    const isKnown = resumed !== null && journal.batches.isAdmitted(id, resumed);
    if (!isKnown && !allowed.includes(why)) throw refusal();
    if (job !== null)
      journal.append({ kind: 'batch-admitted', batch: id, job, identity, why, operator: operator() });
  };
  return {
    id,
    admit(identity, key, place) {
      const row = journal.batches.rowOf(id, identity);
      const label = identityLabel(identity);
      if (row === null) {
        letThrough(
          'stranger',
          identity,
          place,
          () => new StationError('batch/stranger', { identity: label, name }),
        );
        return null;
      }
      const { unit, fingerprint, line, share } = row;
      if (unit === null && share !== null)
        throw new StationError('batch/given-away', { identity: label, name, part: share });
      if (unit !== null)
        letThrough(
          'repeat',
          identity,
          place,
          () =>
            new StationError('batch/repeat', { identity: label, name, at: unit.at, station: unit.station }),
        );
      if (fingerprint === null || allowed.includes('other-key')) {
        if (fingerprint !== null && key !== fingerprint && keepsKey)
          letThrough('other-key', identity, place, () => otherKey(name, line, fingerprint, key));
        return null;
      }
      if (keepsKey && key !== fingerprint) throw otherKey(name, line, fingerprint, key);
      return fingerprint;
    },
    notes(identity, tier) {
      const row = journal.batches.rowOf(id, identity);
      // A batch without tiers says nothing of them: `standard` is then what nobody wrote.
      const isSaid = row !== null && (row.tier !== STANDARD || columns.some(isTierColumn));
      if (!isSaid || row.tier === tier) return [];
      return [
        `Line ${row.line} of ${name} has this board as ${row.tier}; its own client asks as ${tier}, and that is what it was accepted as. A server with tiers counts it as ${tier}, and what was preauthorized for it as ${row.tier} is of no use to it. The client's configuration decides (DeviceTier).`,
      ];
    },
    otherKey: (identity, wanted, key) =>
      otherKey(name, journal.batches.rowOf(id, identity)?.line ?? 0, wanted, key),
  };
}

/** The source of the keys for a batch. @throws StationError `station/usage` where it would give boards other keys. */
export function keySourceFor({ kind, name }: BatchRecord, given: KeySource | null): KeySource | null {
  if (kind === 'expectation') return given;
  if (given === null) return { from: 'keep' };
  if (given.from === 'keep' || given.from === 'import') return given;
  throw new StationError('station/usage', {
    detail: `The rows of ${name} have keys: its boards keep those that they have (--key keep), or get them from files (--key import:DIR).`,
  });
}

function otherKey(
  name: string,
  line: number,
  wanted: KeyFingerprint,
  key: KeyFingerprint | null,
): StationError {
  return new StationError('batch/other-key', {
    name,
    line,
    wanted: wanted.slice(0, 23),
    key: key === null ? 'no key that could be read' : `the key ${key.slice(0, 23)}`,
  });
}
