import { acceptedOf } from '../../model/device.ts';
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
  type Signer,
  type Stop,
} from './decision.ts';
import type { Facts, KnownKey, WantedRekey } from './facts.ts';
import { lastLook, leastProof, testOnly, tidyFormer, tidySet } from './tail.ts';

/**
 * Decides the next action of a re-keying: the unit ends with a key that was made for this job, and every other key is
 * refused. Called by {@link decide}, which has seen that the device has at most one accepted key.
 */
export function decideRekey(facts: Facts, wanted: WantedRekey): Decision {
  const { board, server, job } = facts;
  const isOurs = (key: KnownKey): key is KeyFingerprint =>
    isKey(key) && (key === job.key || wanted.resumed.includes(key));

  if (isOurs(board.inUse)) {
    if (!server.reachable) return { wait: 'server' };
    return finish(facts, wanted, board.inUse);
  }
  const gate = mayBegin(facts, wanted);
  if (gate !== null) return gate;
  if (board.clock === 'wrong') return { do: 'set-clock' };

  if (board.staged !== 'none' && !isOurs(board.staged)) {
    // Without the server nobody knows whether it waits for that key.
    return server.reachable ? discard(facts) : { do: 'discard-staged' };
  }
  if (!isOurs(board.staged)) {
    if (job.key !== null && !job.holdsPrivateKey)
      return stop('job/not-settled', { detail: 'the key of this job is nowhere any more' });
    const before = server.reachable ? settleInUse(facts) : null;
    if (before !== null) return before;
    return job.key !== null || wanted.key.from === 'board' ? { do: 'stage' } : { do: 'make-key' };
  }
  const key = board.staged;
  if (board.signsStaged && job.provedStaged !== key) return { do: 'prove-staged', key };
  if (!server.reachable) return { wait: 'server' };
  return bringIn(facts, key);
}

/** What has to be clear, or confirmed by a person, before anything is changed. */
function mayBegin(facts: Facts, wanted: WantedRekey): Act | Stop | null {
  const { board, server, job } = facts;
  const device = server.device;
  if (board.fixedKey !== null) return stop(`board/key-${board.fixedKey}`);
  if (board.configuration === 'elsewhere' && !wanted.confirmed.has('elsewhere'))
    return stop('job/unit-elsewhere');
  if (job.identityChanged && !wanted.confirmed.has('identity-changed')) return stop('job/identity-changed');
  if (!server.reachable) return null;
  if (device === null && !job.searched && isKey(board.inUse)) return { do: 'find-device' };
  const isNew = job.identityChanged || wanted.confirmed.has('unknown');
  if (device === null && !isNew) return stop('job/unit-unknown');
  if (device?.status === 'rejected' && !wanted.confirmed.has('rejected')) return stop('job/unit-rejected');
  return null;
}

/** An earlier re-keying may have been left off after its switch: the key in use comes first into its right. */
function settleInUse(facts: Facts): Act | null {
  const { board, server } = facts;
  if (!isKey(board.inUse)) return null;
  const set = setOf(server.device, board.inUse);
  const signer = signerInUse(facts, board.inUse);
  // The client asks where its configuration says.
  const reaches = signer !== 'board-client' || board.configuration === 'as-wanted';
  if (set?.status === 'preauthorized' && reaches && !server.refused.includes(board.inUse))
    return { do: 'submit', key: board.inUse, signer };
  if (set?.status === 'accepted' && board.former !== 'none') return tidyFormer(facts, board.inUse);
  return null;
}

/** The key is staged and whole: has the server know it, so that the switch can follow. */
function bringIn(facts: Facts, key: KeyFingerprint): Decision {
  const { server, job, board } = facts;
  const device = server.device;
  const set = setOf(device, key);
  if (set?.status === 'accepted') return { do: 'switch' };
  const hasAccepted = acceptedOf(device).length > 0;
  const signer: Signer | null =
    job.holdsPrivateKey && job.key === key ? 'station' : board.signsStaged ? 'board-staged' : null;

  if (hasAccepted && server.preauthorizesBeside !== 'no') {
    if (set?.status === 'preauthorized') return { do: 'switch' };
    const other = device?.authSets.find(({ status }) => status === 'preauthorized');
    if (other !== undefined) return { do: 'remove-auth-set', deviceId: idOf(device), authSetId: other.id };
    if (!board.knowsStaged) return discard(facts);
    return { do: 'preauthorize', key, deviceId: idOf(device) };
  }
  if (set === null || set.status === 'preauthorized') {
    if (server.refused.includes(key)) return refusal(server, set);
    return signer === null ? discard(facts) : { do: 'submit', key, signer };
  }
  return { do: 'accept', deviceId: idOf(device), authSetId: set.id };
}

/** The new key is in use: the server changes to it, and what was before it is brought to an end. */
function finish(facts: Facts, wanted: WantedRekey, key: KeyFingerprint): Decision {
  const { board, server, job } = facts;
  const device = server.device;
  const set = setOf(device, key);
  if (set === null || set.status === 'preauthorized') {
    if (server.refused.includes(key)) return refusal(server, set);
    const signer = signerInUse(facts, key);
    // The client asks where its configuration says.
    if (signer === 'board-client' && board.configuration !== 'as-wanted') return configure(job);
    return { do: 'submit', key, signer };
  }
  if (set.status === 'rejected') {
    // The key on the board wins over another that was accepted meanwhile; a plain rejection is somebody's word.
    const wins = acceptedOf(device).length > 0 || wanted.confirmed.has('rejected');
    if (!wins) return stop('server/rejected');
  }
  if (set.status !== 'accepted') return { do: 'accept', deviceId: idOf(device), authSetId: set.id };

  if (job.authenticated !== key && job.proof !== 'board-client') {
    const signer = signerInUse(facts, key);
    return signer === 'board-client'
      ? { do: 'prove', by: 'board-client' }
      : { do: 'authenticate', key, signer };
  }
  if (board.staged !== 'none') return discard(facts);
  if (board.configuration !== 'as-wanted') return configure(job);
  const superseded = (device?.authSets ?? []).find((other) => other.id !== set.id);
  if (superseded !== undefined && server.leavesTidying !== true) return tidySet(facts, superseded);
  const untested = server.leavesTidying === true && server.remembersSets !== true ? testOnly(facts) : null;
  if (untested !== null) return untested;
  if (board.former !== 'none') return { do: 'destroy-former' };
  const proof = leastProof(facts, wanted);
  if (proof !== null) return proof;
  if (wanted.decommissionFormer && job.formerDevice !== null)
    return { do: 'decommission-former', deviceId: job.formerDevice };
  if (wanted.key.from === 'import' && !job.importSettled) return { do: 'consume-import' };
  return lastLook(facts) ?? { done: job.changed ? 'pass' : 'already' };
}

/** Who signs with the key in use: the board where it can, so that what is shown is what it holds. */
function signerInUse({ board, job }: Facts, key: KeyFingerprint): Signer {
  if (board.signsInUse) return 'board-in-use';
  return job.holdsPrivateKey && job.key === key ? 'station' : 'board-client';
}
