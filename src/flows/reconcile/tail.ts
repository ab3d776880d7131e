import type { AuthSet } from '../../model/device.ts';
import { provesAtLeast } from '../../model/job.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { idOf, setOf, type Act } from './decision.ts';
import type { Facts, Wanted } from './facts.ts';

/** What a job has in common at its end, once its key is in use and accepted. Null: nothing is left of this kind. */

/** Sees to the proof that the profile asks for. */
export function leastProof({ board, job }: Facts, wanted: Wanted): Act | null {
  if (provesAtLeast(job.proof, wanted.leastProof)) return null;
  if (wanted.leastProof === 'board-client') return { do: 'prove', by: 'board-client' };
  // Without openssl on the board the client is the only one there that can use the key.
  return { do: 'prove', by: board.signsInUse ? 'board-key' : 'board-client' };
}

/**
 * The very last thing before a job is done: what was read before the proof may not be so any more, since another station or
 * the server's own pages may have accepted another key in the very moment of this job's accept.
 */
export function lastLook({ server, job }: Facts): Act | null {
  return job.verified ? null : { do: 'verify-device', deviceId: idOf(server.device) };
}

/**
 * Makes an end of one superseded key, in the only order in which its refusal can be shown: its tokens, then a request
 * signed with it while its auth set is there as rejected, then the auth set.
 */
export function tidySet({ board, server, job }: Facts, set: AuthSet): Act {
  const deviceId = idOf(server.device);
  const testable =
    set.fingerprint === board.former && board.signsFormer && job.refusalTested !== set.fingerprint;
  // A pending set is refused as well, but only for now: that would show nothing.
  if (set.status === 'pending' && testable) return { do: 'reject', deviceId, authSetId: set.id };
  if (set.status === 'rejected' && !job.revoked.includes(set.id))
    return { do: 'revoke-tokens', authSetId: set.id };
  if (set.status === 'rejected' && testable)
    return { do: 'test-refusal', key: set.fingerprint, authSetId: set.id };
  return { do: 'remove-auth-set', deviceId, authSetId: set.id };
}

/** Where the removal of superseded sets is left to somebody else: the refusal of the replaced key, as long as it can be shown. */
export function testOnly({ board, server, job }: Facts): Act | null {
  if (!board.signsFormer || job.refusalTested === board.former) return null;
  const set = server.device?.authSets.find(({ fingerprint }) => fingerprint === board.former);
  return set?.status === 'rejected' ? { do: 'test-refusal', key: set.fingerprint, authSetId: set.id } : null;
}

/** The key that an earlier re-keying replaced: first its auth set, then its file. */
export function tidyFormer(facts: Facts, inUse: KeyFingerprint): Act {
  const { former } = facts.board;
  const set =
    former === 'none' || former === 'unknown' || former === inUse ? null : setOf(facts.server.device, former);
  return set === null ? { do: 'destroy-former' } : tidySet(facts, set);
}
