import type { Clock } from '../../model/clock.ts';
import type { Identity } from '../../model/identity.ts';
import type { PublicKey } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import { fingerprintOfPem } from '../../keys/public-key.ts';
import { isUncertain } from './accept.ts';
import type { MenderApi } from './api.ts';
import type { WireDevice } from './wire.ts';

/** Pauses before a call without an outcome is made again, in milliseconds. */
const PAUSES_MS = [250, 1000];

/**
 * Preauthorizes a new key beside the accepted one of a device: with its first auth request the server makes the new set
 * accepted and the old one rejected, at once. Until then the accepted key and its tokens stay as they are.
 *
 * Servers of 2026 do this for `force`; those of 2023 do not know the word and answer 409.
 *
 * Looked at before each try: the key that is accepted must never be preauthorized (that would take its tokens away), and
 * of two preauthorized sets the server could not tell which one wins.
 *
 * @returns the device as it was read afterwards; null where the server does not offer it.
 * @throws StationError `server/failed`, `job/not-settled` and those of a call.
 */
export async function preauthorizeBeside(
  api: MenderApi,
  clock: Clock,
  identity: Identity,
  key: PublicKey,
  deviceId: string,
  signal: AbortSignal,
  tier = 'standard',
): Promise<WireDevice | null> {
  for (let round = 0; ; round += 1) {
    const device = await api.device(deviceId, signal);
    if (device === null)
      throw new StationError('job/not-settled', {
        detail: 'the device was removed from the server meanwhile',
      });
    const own = setOf(device, key);
    if (own?.status === 'preauthorized' || own?.status === 'accepted') return device;
    const other = device.auth_sets.find(({ status }) => status === 'preauthorized');
    if (other !== undefined)
      throw new StationError('job/not-settled', { detail: 'another program preauthorized a key meanwhile' });
    try {
      const outcome = await api.preauthorize(identity, key.pem, true, signal, tier);
      if ('exists' in outcome) return null;
      // Where the answer points to is a device that does not exist: it is read under the id that is known.
      const after = await api.device(deviceId, signal);
      if (after !== null && setOf(after, key) !== undefined) return after;
      throw new StationError('job/not-settled', {
        detail: 'the device was removed from the server meanwhile',
      });
    } catch (error) {
      const pause = PAUSES_MS[round];
      if (!(error instanceof StationError) || !isUncertain(error) || pause === undefined) throw error;
      await clock.sleep(pause, signal);
    }
  }
}

/**
 * Rejects one auth set. A server that finds several accepted sets answers 500 after having done it, so what counts is
 * what the device shows afterwards.
 *
 * @returns the device as it was read afterwards; null when it is gone.
 */
export async function rejectAuthSet(
  api: MenderApi,
  clock: Clock,
  deviceId: string,
  authSetId: string,
  signal: AbortSignal,
): Promise<WireDevice | null> {
  for (let round = 0; ; round += 1) {
    let failure: StationError | null = null;
    try {
      await api.setStatus(deviceId, authSetId, 'rejected', signal);
    } catch (error) {
      if (!(error instanceof StationError)) throw error;
      // A server of 2023 answers 400 to a set that is rejected already.
      if (!isUncertain(error) && error.details['status'] !== 400) throw error;
      failure = error;
    }
    const device = await api.device(deviceId, signal);
    const status = device?.auth_sets.find(({ id }) => id === authSetId)?.status;
    if (status === undefined || status === 'rejected') return device;
    const pause = PAUSES_MS[round];
    if (pause === undefined)
      throw (
        failure ??
        new StationError('job/not-settled', { detail: 'another program took a rejection back at once' })
      );
    await clock.sleep(pause, signal);
  }
}

function setOf(device: WireDevice, key: PublicKey): WireDevice['auth_sets'][number] | undefined {
  return device.auth_sets.find(({ pubkey }) => fingerprintOfPem(pubkey) === key.fingerprint);
}
