import type { Clock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { MenderApi } from './api.ts';
import type { WireDevice } from './wire.ts';

/** Pauses between rounds, in milliseconds. A workflows service that restarts is back within them. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000];

/** How a PUT of a status ended. */
type Put =
  | { readonly sure: true }
  /** An error after which nobody knows whether it was done; `menders`: a Mender service itself said so. */
  | { readonly sure: false; readonly error: StationError; readonly menders: boolean };

/**
 * Accepts one auth set and sees to it that the server is whole afterwards. The caller holds the device's turn: parallel
 * accepts on one device leave several sets accepted.
 *
 * A PUT whose answer was lost or was a 5xx is never just repeated: the device is read first. A server whose workflows
 * service is down answers 503 (in 2023: 500) *after* it has accepted the set, and never tells its other services; another
 * PUT of `accepted` would do nothing. What mends it is `pending` and then `accepted` again.
 *
 * @returns the device as it was read afterwards.
 * @throws StationError `server/device-limit`, `server/two-accepted`, `server/failed`, `job/not-settled` and those of a call.
 */
export async function acceptAuthSet(
  profile: ServerProfile,
  api: MenderApi,
  clock: Clock,
  deviceId: string,
  authSetId: string,
  signal: AbortSignal,
): Promise<WireDevice> {
  let halfDone = false;
  let last: StationError | null = null;
  for (let round = 0; round <= PAUSES_MS.length; round += 1) {
    if (round > 0) await clock.sleep(PAUSES_MS[round - 1] ?? 0, signal);
    if (halfDone) {
      const undone = await put('pending');
      if (!undone.sure && statusOf(await read()) === 'accepted') {
        last = undone.error;
        continue;
      }
    }
    const accepted = await put('accepted');
    const device = await read();
    if (accepted.sure) {
      if (statusOf(device) === 'accepted') return device;
      const later = await readAgain();
      if (statusOf(later) === 'accepted') return later;
      throw new StationError('job/not-settled', {
        detail: 'the server accepted the key, and another program took that back at once',
      });
    }
    last = accepted.error;
    // The device's own status lags behind its set's where a server of 2023 stopped half way.
    halfDone = statusOf(device) === 'accepted' && (accepted.menders || device.status !== 'accepted');
    if (statusOf(device) === 'accepted' && !halfDone) return device;
  }
  if (last === null) throw new StationError('station/internal', { detail: 'an accept without an outcome' });
  throw halfDone
    ? last.leaving(
        'The key is accepted on the server, but the server’s other services do not know of it yet.',
      )
    : last;

  async function put(status: 'accepted' | 'pending'): Promise<Put> {
    try {
      await api.setStatus(deviceId, authSetId, status, signal);
      return { sure: true };
    } catch (error) {
      if (!(error instanceof StationError) || !isUncertain(error)) throw error;
      const menders = error.details['status'] === 500 || error.details['status'] === 503;
      return { sure: false, error, menders };
    }
  }

  async function read(): Promise<WireDevice> {
    const device = await api.device(deviceId, signal);
    if (device === null)
      throw new StationError('job/not-settled', {
        detail: 'the device was removed from the server meanwhile',
      });
    if (device.auth_sets.filter(({ status }) => status === 'accepted').length > 1)
      throw new StationError('server/two-accepted', { server: profile.name });
    return device;
  }

  /** While another program switches sets there is a moment with none accepted. */
  async function readAgain(): Promise<WireDevice> {
    await clock.sleep(PAUSES_MS[0] ?? 0, signal);
    return await read();
  }

  function statusOf(device: WireDevice): string | undefined {
    return device.auth_sets.find(({ id }) => id === authSetId)?.status;
  }
}

/** Whether an error leaves open what the server did. */
export function isUncertain(error: StationError): boolean {
  if (error.code === 'server/timeout' || error.code === 'server/unreachable') return true;
  const { status } = error.details;
  return error.code === 'server/failed' && typeof status === 'number' && status >= 500;
}
