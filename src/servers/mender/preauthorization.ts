import { fingerprintOfPem } from '../../keys/public-key.ts';
import type { Clock } from '../../model/clock.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import type { NewDevice, Preauthorization, PreauthorizationAnswer, Removal } from '../preauthorization.ts';
import { isUncertain } from './accept.ts';
import type { MenderApi } from './api.ts';
import { preauthorizeBeside } from './supersede.ts';
import type { Turns } from './turns.ts';
import { asDevice, type WireDevice } from './wire.ts';

/** How long the server may take to be rid of a device, and how often that is looked at. Milliseconds. */
const REMOVAL_MS = 30_000;
const LOOK_MS = 250;
/** Devices are read by status: rows of such a list do not move while others change. */
const STATUSES = ['accepted', 'preauthorized', 'pending', 'rejected', 'noauth'] as const;

/** Preauthorization of many devices at a Mender server of 2023 or 2026. */
export function menderPreauthorization(api: MenderApi, clock: Clock, turns: Turns): Preauthorization {
  return {
    ask: (wish, signal) => ask(api, wish, signal),

    async device(deviceId, signal) {
      const found = await api.lookAt(deviceId, signal);
      return found === null ? null : asDevice(found);
    },

    force: (wish, key, deviceId, signal) =>
      turns.take(deviceId, signal, async () => {
        const device = await preauthorizeBeside(api, clock, wish.identity, key, deviceId, signal, wish.tier);
        return device === null ? null : asDevice(device);
      }),

    removeUnused: (deviceId, fingerprint, signal) =>
      turns.take(deviceId, signal, () =>
        remove(api, clock, deviceId, (device) => isUnused(device, fingerprint), signal),
      ),

    async wouldRemove(deviceId, fingerprint, signal) {
      const device = await api.lookAt(deviceId, signal);
      if (device === null) return 'gone';
      return !device.decommissioning && isUnused(device, fingerprint) ? 'removed' : 'used';
    },

    removeDead: (deviceId, signal) =>
      turns.take(deviceId, signal, () => remove(api, clock, deviceId, isDead, signal)),

    async room(signal) {
      const [limit, accepted, preauthorized] = await Promise.all([
        api.limit(signal),
        api.count('accepted', signal),
        api.count('preauthorized', signal),
      ]);
      return { limit, accepted, preauthorized };
    },

    async *devices(signal) {
      for (const status of STATUSES)
        for await (const device of api.devices(status, signal)) yield asDevice(device);
    },
  };
}

async function ask(api: MenderApi, wish: NewDevice, signal: AbortSignal): Promise<PreauthorizationAnswer> {
  try {
    return await api.askPreauthorization(wish, signal);
  } catch (error) {
    if (error instanceof StationError && isUncertain(error)) return { kind: 'unclear', error };
    if (error instanceof StationError && error.code === 'server/forbidden') return { kind: 'refused', error };
    throw error;
  }
}

/** Nothing but this key, which has not come yet. */
function isUnused(device: WireDevice, fingerprint: KeyFingerprint): boolean {
  const [only, ...more] = device.auth_sets;
  return (
    device.status === 'preauthorized' &&
    only?.status === 'preauthorized' &&
    more.length === 0 &&
    fingerprintOfPem(only.pubkey) === fingerprint
  );
}

/** What a server of 2023 leaves when it fails in the middle of a preauthorization. */
function isDead(device: WireDevice): boolean {
  return device.status === 'preauthorized' && device.auth_sets.length === 0;
}

/**
 * With its only, preauthorized set a server of today removes the device, at once; had another key asked in the moment
 * between look and removal, the device stays for that one. A server of 2023 would leave such a set without its device:
 * there the whole device is decommissioned, and whoever had asked asks again by itself and is made anew.
 */
async function remove(
  api: MenderApi,
  clock: Clock,
  deviceId: string,
  isOurs: (device: WireDevice) => boolean,
  signal: AbortSignal,
): Promise<Removal> {
  const device = await api.lookAt(deviceId, signal);
  if (device === null) return 'gone';
  const [only] = device.auth_sets;
  if (!device.decommissioning) {
    if (!isOurs(device)) return 'used';
    try {
      if (api.isOfToday && only !== undefined) await api.deleteAuthSet(deviceId, only.id, signal);
      else await api.decommission(deviceId, signal);
    } catch (error) {
      // Whether it was done is what the device shows.
      if (!(error instanceof StationError) || !isUncertain(error)) throw error;
    }
  }
  for (const began = clock.monotonic(); ;) {
    const after = await api.device(deviceId, signal);
    if (after === null || (only !== undefined && after.auth_sets.every(({ id }) => id !== only.id)))
      return 'removed';
    if (!after.decommissioning || clock.monotonic() - began > REMOVAL_MS)
      throw new StationError('batch/device-not-removed', { device: deviceId });
    await clock.sleep(LOOK_MS, signal);
  }
}
