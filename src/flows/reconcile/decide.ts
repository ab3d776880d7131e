import { acceptedOf, type AuthSet } from '../../model/device.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import {
  configure,
  discard,
  idOf,
  isKey,
  refusal,
  setOf,
  stop,
  type Act,
  type Decision,
  type Stop,
} from './decision.ts';
import { decideRekey } from './decide-rekey.ts';
import type { Facts, Wanted, WantedProvision } from './facts.ts';
import { lastLook, leastProof, tidyFormer } from './tail.ts';

/** The key that shall end in use, and where it is now. */
type Target =
  | { readonly at: 'in-use'; readonly key: KeyFingerprint }
  | { readonly at: 'staged'; readonly key: KeyFingerprint }
  | { readonly at: 'station'; readonly key: KeyFingerprint }
  /** In use, or about to be made by the client: what the client asks for shows which key it is. */
  | { readonly at: 'client' }
  | { readonly at: 'nowhere' };

/**
 * Decides the next action of a job. A pure function of what was seen: the same facts give the same decision, whatever
 * happened before, so that an interrupted job is resumed by running it again. Flows differ in what is wanted alone.
 *
 * The order keeps every cut harmless: whichever key the board holds can authenticate, or can be made to from here.
 */
export function decide(facts: Facts, wanted: Wanted): Decision {
  const { device } = facts.server;
  if (device?.decommissioning === true) return stop('server/decommissioning');
  const accepted = acceptedOf(device);
  if (accepted.length > 1) return keepOne(facts, wanted, accepted);
  return wanted.flow === 'rekey' ? decideRekey(facts, wanted) : decideProvision(facts, wanted);
}

/** Two stations at once leave two accepted keys: the one on the board wins, the other is rejected. */
function keepOne({ board, server }: Facts, wanted: Wanted, accepted: readonly AuthSet[]): Act | Stop {
  const has = (key: Facts['board']['inUse']): AuthSet | undefined =>
    accepted.find(({ fingerprint }) => fingerprint === key);
  const kept = has(board.inUse) ?? has(board.staged) ?? (wanted.flow === 'rekey' ? accepted[0] : undefined);
  const other = accepted.find((set) => set !== kept);
  if (kept === undefined || other === undefined) return stop('server/two-accepted');
  return { do: 'reject', deviceId: idOf(server.device), authSetId: other.id };
}

function decideProvision(facts: Facts, wanted: WantedProvision): Decision {
  const { board, server, job } = facts;
  const device = server.device;
  const accepted = acceptedOf(device);
  const target = choose(facts, wanted, accepted[0] ?? null);
  if ('stop' in target) return target;
  // Not even by a key that was staged before: the certificate fits no other.
  if (board.fixedKey === 'mutual-tls' && target.at !== 'in-use' && target.at !== 'client')
    return stop('board/key-mutual-tls');

  if (board.clock === 'wrong') return { do: 'set-clock' };
  if (target.at === 'client') return findOut(facts);
  if (target.at === 'in-use') return finish(facts, wanted, target.key);

  // A staged key that is not the one we go on with is a stale leftover: nobody can say where it came from.
  if (board.staged !== 'none' && (target.at !== 'staged' || board.staged !== target.key))
    return discard(facts);
  if (target.at === 'nowhere') {
    return wanted.key.from === 'board' ? { do: 'stage' } : { do: 'make-key' };
  }
  if (target.at === 'station') return { do: 'stage' };

  const set = setOf(device, target.key);
  const signer =
    job.holdsPrivateKey && job.key === target.key ? 'station' : board.signsStaged ? 'board-staged' : null;
  if (set === null || set.status === 'preauthorized') {
    if (server.refused.includes(target.key)) return refusal(server, set);
    return signer === null ? { do: 'discard-staged' } : { do: 'submit', key: target.key, signer };
  }
  if (set.status === 'rejected') return stop('server/rejected');
  if (set.status === 'pending') return { do: 'accept', deviceId: idOf(device), authSetId: set.id };
  // Where nobody can sign with the staged key any more, the accepted set and the recorded hash of the file vouch for it.
  if (job.authenticated !== target.key && signer !== null)
    return { do: 'authenticate', key: target.key, signer };
  return { do: 'switch' };
}

/** Which key shall end in use. The server's word comes first: a key that it has accepted or expects is never passed over. */
function choose(facts: Facts, wanted: WantedProvision, accepted: AuthSet | null): Target | Stop {
  const { board, server, job } = facts;
  const at = (key: KeyFingerprint): Target | null =>
    board.inUse === key
      ? { at: 'in-use', key }
      : board.staged === key
        ? { at: 'staged', key }
        : job.key === key && job.holdsPrivateKey
          ? { at: 'station', key }
          : null;

  const kept = wanted.key.from === 'keep' || wanted.key.from === 'client' ? board.inUse : null;
  if (kept === 'unknown') return { at: 'client' };

  const mayYetBeImported = wanted.key.from === 'import' && job.key === null;
  if (accepted !== null) {
    const found = at(accepted.fingerprint);
    if (found !== null) return found;
    // A re-keying was cut off: its new key is in use already, and the server changes to it with its first request.
    if (accepted.fingerprint === board.former && isKey(board.inUse))
      return { at: 'in-use', key: board.inUse };
    if (!mayYetBeImported) return stop('server/accepted-other-key', { fingerprint: accepted.fingerprint });
  }
  const device = server.device;
  if (device?.status === 'rejected') return stop('server/rejected');
  const expected =
    accepted === null ? device?.authSets.find((set) => set.status === 'preauthorized') : undefined;
  if (expected !== undefined) {
    const found = at(expected.fingerprint);
    if (found !== null) return found;
    if (!mayYetBeImported)
      return stop('server/preauthorized-other-key', { fingerprint: expected.fingerprint });
  }
  if (kept === 'none') return wanted.key.from === 'client' ? { at: 'client' } : stop('board/no-key');
  if (kept !== null) return { at: 'in-use', key: kept };
  if (job.key !== null)
    return at(job.key) ?? stop('job/not-settled', { detail: 'the key of this job is nowhere any more' });
  if (board.fixedKey !== null) return stop(`board/key-${board.fixedKey}`);
  // The server has or expects a key that may be the one in the import folder: that one, or none.
  if (accepted !== null || expected !== undefined) return { at: 'nowhere' };
  // A staged key of an interrupted job is used again where it is ours to sign with and was shown to the server; or may have
  // been: a device that was not found may be there all the same, and may have this very key accepted.
  const mayBeShown =
    setOf(device, board.staged) !== null || (device === null && wanted.key.from !== 'import');
  if (board.staged !== 'none' && board.staged !== 'unknown' && board.signsStaged && mayBeShown)
    return { at: 'staged', key: board.staged };
  return { at: 'nowhere' };
}

/**
 * Nobody but the client can use the key in use (it is in an engine, behind a passphrase, or there is no openssl): the auth
 * set that appears when the client asks for authorization is that of its key. Pending sets that were there before may be
 * of an earlier request of this client, or of another board: they are removed, and the one that comes back is the client's.
 */
function findOut({ board, server, job }: Facts): Decision {
  const { device } = server;
  const sets = device?.authSets ?? [];
  const [accepted, expected, pending] = (['accepted', 'preauthorized', 'pending'] as const).map((status) =>
    sets.find((set) => set.status === status),
  );
  if (device?.status === 'rejected') return stop('server/rejected');
  // By asking, the client might make the server switch to the other key: that is re-keying, a decision of a person.
  if (accepted !== undefined && expected !== undefined)
    return stop('server/preauthorized-other-key', { fingerprint: expected.fingerprint });
  if (board.staged !== 'none') return discard({ board, server, job });
  if (board.configuration !== 'as-wanted') return configure(job);
  if (job.knocks === 0) return { do: 'knock' };
  if (accepted !== undefined) return stop('server/accepted-other-key', { fingerprint: accepted.fingerprint });
  if (expected !== undefined)
    return stop('server/preauthorized-other-key', { fingerprint: expected.fingerprint });
  // Without its pending sets a device with a rejected one would be a rejected device.
  const isPartlyRejected = sets.some((set) => set.status === 'rejected');
  if (job.knocks > 1 || device === null || isPartlyRejected)
    return stop('board/key-not-shown', { sets: sets.length });
  return pending === undefined
    ? { do: 'knock' }
    : { do: 'remove-auth-set', deviceId: device.id, authSetId: pending.id };
}

/** The key is in use: see that it is accepted, configured and proved, and that nothing else is left. */
function finish(facts: Facts, wanted: WantedProvision, key: KeyFingerprint): Decision {
  const { board, server, job } = facts;
  const device = server.device;
  const set = setOf(device, key);
  if (set === null || set.status === 'preauthorized') {
    if (server.refused.includes(key)) return refusal(server, set);
    if (board.signsInUse) return { do: 'submit', key, signer: 'board-in-use' };
    // The client asks where its configuration says.
    if (board.configuration !== 'as-wanted') return configure(job);
    return { do: 'submit', key, signer: 'board-client' };
  }
  if (set.status === 'rejected') return stop('server/rejected');
  if (set.status === 'pending') return { do: 'accept', deviceId: idOf(device), authSetId: set.id };
  if (board.staged !== 'none') return discard(facts);
  if (board.configuration !== 'as-wanted') return configure(job);
  const leftover = device?.authSets.find(
    (other) => other.status === 'pending' && other.fingerprint === job.formerKey,
  );
  if (device !== null && leftover !== undefined && leftover.fingerprint !== key) {
    return { do: 'remove-auth-set', deviceId: device.id, authSetId: leftover.id };
  }
  const former = board.former === 'none' ? null : tidyFormer(facts, key);
  if (former !== null) return former;
  const proof = leastProof(facts, wanted);
  if (proof !== null) return proof;
  if (wanted.key.from === 'import' && !job.importSettled) return { do: 'consume-import' };
  return lastLook(facts) ?? { done: job.changed ? 'pass' : 'already' };
}
