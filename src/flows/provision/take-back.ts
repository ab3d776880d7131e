import { asStationError, type StationError } from '../../model/station-error.ts';
import type { Actions } from './actions.ts';
import type { ProvisionState } from './state.ts';

const AS_IT_WAS = 'The key in use on the board is as it was.';

/**
 * After a job has ended early: takes back what it left behind, as far as that is safe, and says in the error what was
 * not changed.
 *
 * The server goes first: only when it surely no longer knows the key may the staged file go. An accepted key whose file
 * was deleted could never be used; a staged file too many is removed, or used, at the next contact.
 */
export async function takeBack(
  state: ProvisionState,
  actions: Actions,
  error: StationError,
): Promise<StationError> {
  if (error.code === 'board/key-replaced') return takeBackLostKey(state, actions, error);
  if (state.switched || error.code === 'board/switch-unknown' || error.code === 'board/switch-failed')
    return error;
  if (!state.changed && state.staged === null) return error;
  const left: string[] = [];
  const key = state.key?.public.fingerprint ?? null;
  try {
    const set = state.device?.authSets.find((candidate) => candidate.fingerprint === key) ?? null;
    if (state.device !== null && set !== null && state.broughtAuthSet)
      await actions.removeAuthSet(state.device.id, set.id);
    if (state.staged !== null && state.key !== null) await actions.discardStaged();
  } catch (thrown) {
    left.push(
      `A staged key was left beside it, and may be known to the server (${asStationError(thrown).message}).`,
    );
    left.push('Starting again goes on from there.');
  }
  const rest = left.length > 0 ? left.join(' ') : 'What the job had staged and sent was taken back.';
  return error.leaving(state.changed ? `${AS_IT_WAS} ${rest}` : error.unchanged);
}

/** Nobody holds the accepted key any more: left on the server, it would keep every later key of this board out. */
async function takeBackLostKey(
  state: ProvisionState,
  actions: Actions,
  error: StationError,
): Promise<StationError> {
  const key = state.key?.public.fingerprint ?? null;
  const set = state.device?.authSets.find((candidate) => candidate.fingerprint === key) ?? null;
  if (state.device === null || set === null) return error;
  try {
    await actions.removeAuthSet(state.device.id, set.id);
    return error.leaving(
      'The board holds a key of its client’s own making; the key that it was given was removed from the server.',
    );
  } catch (thrown) {
    return error.leaving(
      `The board holds a key of its client’s own making; the server still has the lost key accepted (${asStationError(thrown).message}): remove that auth set there.`,
    );
  }
}
