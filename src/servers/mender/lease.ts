import type { Clock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { MenderApi } from './api.ts';

/** The tag by which stations tell each other that one of them is changing a device. Empty when nobody does. */
const TAG = 'station-lease';
/** Tries against other writers of tags. */
const ROUNDS = 3;

/**
 * Takes a device for one holder, by a tag in the inventory that is changed only where it is still what was read
 * (`If-Match`). Parallel accepts on one device leave several accepted keys; with this, stations take turns. A lease that
 * has run out is taken over: its station died.
 *
 * @returns what gives it back; null where the inventory has no such device, or does not take part.
 * @throws StationError `server/device-in-use`; the signal's reason when aborted.
 */
export async function takeLease(
  profile: ServerProfile,
  api: MenderApi,
  clock: Clock,
  deviceId: string,
  holder: string,
  ms: number,
  signal: AbortSignal,
): Promise<((signal: AbortSignal) => Promise<void>) | null> {
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const seen = await api.tag(deviceId, TAG, signal);
      if (seen === null) return null;
      const other = heldBy(seen.value, clock.now());
      if (other !== null && other.holder !== holder)
        throw new StationError('server/device-in-use', { server: profile.name, ...other });
      const value = `${holder} ${new Date(clock.now() + ms).toISOString()}`;
      const outcome = await api.setTag(deviceId, TAG, value, seen.etag, signal);
      if (outcome === 'refused') return null;
      if (outcome === 'done') return (releasing) => release(api, deviceId, value, releasing);
    }
    return null;
  } catch (thrown) {
    signal.throwIfAborted();
    // An inventory in trouble keeps no unit from its key: device authentication has the say.
    if (thrown instanceof StationError && thrown.code !== 'server/device-in-use') return null;
    throw thrown;
  }
}

/** Gives it back where it is still ours. What fails here runs out by itself. */
async function release(api: MenderApi, deviceId: string, value: string, signal: AbortSignal): Promise<void> {
  try {
    const seen = await api.tag(deviceId, TAG, signal);
    if (seen?.value === value) await api.setTag(deviceId, TAG, '', seen.etag, signal);
  } catch (thrown) {
    if (!(thrown instanceof StationError)) throw thrown;
  }
}

/** Who holds a device, and until when; null for nobody any more. */
function heldBy(value: string, now: number): { readonly holder: string; readonly until: string } | null {
  const [holder = '', until = ''] = value.split(' ');
  return holder !== '' && Date.parse(until) > now ? { holder, until } : null;
}
