import type { Clock } from '../../model/clock.ts';
import type { Identity } from '../../model/identity.ts';
import type { PublicKey } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import { fingerprintOfPem } from '../../keys/public-key.ts';
import { isUncertain } from './accept.ts';
import type { MenderApi, Preauthorization } from './api.ts';
import { isDeviceOf, type WireDevice } from './wire.ts';

/** Looks for a device without changing anything: by a known id, else in the inventory. */
export async function findDevice(
  api: MenderApi,
  identity: Identity,
  deviceId: string | null,
  signal: AbortSignal,
): Promise<WireDevice | null> {
  if (deviceId !== null) {
    const known = await api.device(deviceId, signal);
    if (known !== null && isDeviceOf(known, identity)) return known;
  }
  const ids = await api.search(identity, signal);
  if (ids === null || ids.length === 0) return null;
  // The inventory may be behind: device authentication has the say on which of these is, and is this very identity.
  const devices = await api.devicesById(ids, signal);
  return devices.find((device) => isDeviceOf(device, identity)) ?? null;
}

/** Tries of a preauthorization whose outcome stayed open, with pauses in milliseconds. */
const PAUSES_MS = [250, 1000];
/** How long the server may take to be rid of what was made here, and how often that is looked at. Milliseconds. */
const REMOVAL_MS = 10_000;
const LOOK_MS = 250;

/**
 * Finds the device of an identity that has knocked: an unforced preauthorization is answered 409 with its id. Where it
 * is answered 201 this account has no such device; what that made is removed again before null is returned.
 *
 * `signal` must not be that of a job that may be cancelled: half of this leaves a preauthorized set behind.
 */
export async function findKnocker(
  api: MenderApi,
  clock: Clock,
  identity: Identity,
  key: PublicKey,
  signal: AbortSignal,
): Promise<WireDevice | null> {
  const began = clock.monotonic();
  let open = false;
  for (let round = 0; ; round += 1) {
    let outcome: Preauthorization;
    try {
      outcome = await api.preauthorize(identity, key.pem, false, signal);
    } catch (error) {
      const pause = PAUSES_MS[round];
      if (!(error instanceof StationError) || !isUncertain(error) || pause === undefined) throw error;
      open = true;
      await clock.sleep(pause, signal);
      continue;
    }
    if ('made' in outcome && outcome.made !== null) {
      await removeMade(api, clock, outcome.made, signal);
      return null;
    }
    if ('made' in outcome) {
      // A device was made, and the answer hides which: asked again, the server tells it as one that exists.
      if (round >= PAUSES_MS.length) throw api.unclearPreauthorization();
      open = true;
      continue;
    }
    const { exists, serverDate } = outcome;
    // In the moment between the two calls it may have been decommissioned: the 409 still says what it was.
    const device = (await api.device(exists.id, signal)) ?? exists;
    if (!open || !isOwnLeftover(device, key, serverDate, clock.monotonic() - began)) return device;
    await removeMade(api, clock, device.id, signal);
    return null;
  }
}

/** Whether a device was made by an earlier try of this very search, whose answer was lost. */
function isOwnLeftover(
  device: WireDevice,
  key: PublicKey,
  serverDate: number | null,
  searchedMs: number,
): boolean {
  const created = Date.parse(device.created_ts ?? '');
  return (
    device.status === 'preauthorized' &&
    device.auth_sets.every(({ pubkey }) => fingerprintOfPem(pubkey) === key.fingerprint) &&
    serverDate !== null &&
    // The Date header counts whole seconds.
    serverDate - created <= searchedMs + 1000
  );
}

async function removeMade(api: MenderApi, clock: Clock, id: string, signal: AbortSignal): Promise<void> {
  try {
    await api.decommission(id, signal);
    for (const began = clock.monotonic(); clock.monotonic() - began < REMOVAL_MS;) {
      if ((await api.device(id, signal)) === null) return;
      await clock.sleep(LOOK_MS, signal);
    }
    // It is on its way out, and nothing can authenticate with it any more.
  } catch (error) {
    if (!(error instanceof StationError)) throw error;
    throw error.leaving(
      `A preauthorized device ${id} was made on the server and could not be removed: remove it there.`,
    );
  }
}
