import { asStationError, type StationError } from '../../model/station-error.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { Actions } from './actions.ts';
import { setInUse, type JobState } from './state.ts';

const AS_IT_WAS = 'The key in use on the board is as it was.';
const OLD_ACTIVE = 'The old key of the unit is in use and accepted, as it was.';
const LOCKED_OUT =
  'On the server the key in use is rejected, so that the unit is locked out: do not hand it over.';
const REKEYED =
  'The unit has its new key in use; what is left is the end of the old one and the proof. Resuming the job goes on from there (station resume).';
const SWITCHED =
  'The board has its new key in use, and the server has accepted it; what is left is the proof. Starting again goes on from there.';

/** Errors whose own words say what the board holds, and after which nothing is to be taken back. */
const TOLD_BY_ITSELF: ReadonlySet<string> = new Set([
  'board/switch-unknown',
  'board/switch-failed',
  'board/client-refused',
  'job/proof-too-weak',
]);

/**
 * After a job has ended early: takes back what it left behind, as far as that is safe, and says in the error what was
 * not changed.
 *
 * The server goes first: only when it surely no longer knows the key may the staged file go. An accepted key whose file
 * was deleted could never be used; a staged file too many is removed, or used, at the next contact.
 *
 * @param key the key that was to come into use: made by this job, or left staged by the one that it resumes.
 */
export async function takeBack(
  flow: 'provision' | 'rekey',
  state: JobState,
  actions: Actions,
  error: StationError,
  key: KeyFingerprint | null,
): Promise<StationError> {
  if (error.code === 'board/key-replaced') return takeBackLostKey(state, actions, error);
  if (error.code === 'board/client-refused' && state.shown !== null && state.accepted === state.shown.id)
    return takeBackStranger(state, actions, error);
  const surelyNotSwitched = flow === 'rekey' && error.code === 'board/switch-failed';
  // It is found at the very end: nothing is left of the old key by then.
  if (error.code === 'board/client-stopped') return error;
  if (TOLD_BY_ITSELF.has(error.code) && !surelyNotSwitched)
    return flow === 'rekey' && state.switched ? error.leaving(REKEYED) : error;
  if (state.switched) return error.leaving(flow === 'rekey' ? REKEYED : SWITCHED);
  if (!state.changed && !state.mayBeStaged) return error;
  const left: string[] = [];
  try {
    const device = key === null ? null : await actions.lookAgain();
    const set = device?.authSets.find((candidate) => candidate.fingerprint === key) ?? null;
    // The board surely has its old key: the server takes it again before the new one goes.
    if (device !== null && set?.status === 'accepted' && state.acceptedOver !== null)
      await actions.acceptAgain(device.id, state.acceptedOver);
    if (device !== null && set !== null && state.broughtAuthSet)
      await actions.removeAuthSet(device.id, set.id);
    // A key that the server expected, and has accepted by now, is this board's only one: its file must not go.
    const isNeeded = set?.status === 'accepted' && !state.broughtAuthSet;
    if (isNeeded)
      left.push('The staged key beside it is accepted on the server. Starting again goes on from there.');
    else if (state.mayBeStaged) await actions.discardStaged();
  } catch (thrown) {
    left.push(
      `A staged key may have been left beside it, and may be known to the server (${reason(thrown)}).`,
    );
    left.push('Starting again goes on from there.');
  }
  if (!state.changed && left.length === 0) return error;
  const rest = left.length > 0 ? left.join(' ') : whatStays(state, key);
  const status = setInUse(state)?.status;
  const isLockedOut = status === 'rejected';
  const first = flow === 'rekey' && status === 'accepted' ? OLD_ACTIVE : AS_IT_WAS;
  return error.leaving([first, rest, isLockedOut ? LOCKED_OUT : ''].filter((text) => text !== '').join(' '));
}

/** What a job that made no key of its own did for the one in use is no harm, and stays; the rest was taken back. */
function whatStays(state: JobState, key: KeyFingerprint | null): string {
  const { knocks, configured } = state;
  const set = setInUse(state);
  const isAsking = set === null && knocks > 0;
  if (key !== null || (set === null && !configured && !isAsking))
    return 'What the job had staged and sent was taken back.';
  return [
    set === null || set.status === 'rejected' ? '' : `On the server it is ${set.status}.`,
    isAsking ? 'What its client asked for may be pending on the server.' : '',
    configured ? 'The configuration of its client was brought up to date.' : '',
  ]
    .filter((text) => text !== '')
    .join(' ');
}

/**
 * The client showed a key, it was accepted, and then the client was refused: something else with this identity may have
 * asked at the same moment. Whose key it is is not certain, so it does not stay accepted.
 */
async function takeBackStranger(
  state: JobState,
  actions: Actions,
  error: StationError,
): Promise<StationError> {
  const { device, shown } = state;
  if (device === null || shown === null) return error;
  try {
    await actions.removeAuthSet(device.id, shown.id);
    return error.leaving(`${AS_IT_WAS} The auth set that was accepted for it was removed again.`);
  } catch (thrown) {
    return error.leaving(
      `${AS_IT_WAS} The server still has the auth set ${shown.id} accepted, which may not be this board’s (${reason(thrown)}): look there.`,
    );
  }
}

/** Nobody holds the accepted key any more: left on the server, it would keep every later key of this board out. */
async function takeBackLostKey(
  state: JobState,
  actions: Actions,
  error: StationError,
): Promise<StationError> {
  // Put in place by this job; or in use when it began, where the client has overwritten what an earlier one put there.
  const inUse = state.inUse.publicKey?.fingerprint ?? null;
  const key = state.putInPlace ?? state.key?.public.fingerprint ?? inUse;
  const set = state.device?.authSets.find((candidate) => candidate.fingerprint === key) ?? null;
  if (state.device === null || set === null) return error;
  try {
    await actions.removeAuthSet(state.device.id, set.id);
    return error.leaving(
      'The board holds a key of its client’s own making; the key that it replaced was removed from the server.',
    );
  } catch (thrown) {
    return error.leaving(
      `The board holds a key of its client’s own making; the server still has the lost key accepted (${reason(thrown)}): remove that auth set there.`,
    );
  }
}

/** In one sentence without its full stop, as it stands in brackets. */
function reason(thrown: unknown): string {
  return asStationError(thrown).message.replace(/\.$/, '');
}
