import type { AuthSet, Device } from '../../model/device.ts';
import { canonicalIdentity, type Identity } from '../../model/identity.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { Preauthorization } from '../../servers/preauthorization.ts';
import type { PacedCalls } from './calls.ts';
import { ownSet } from './judge.ts';

/**
 * How a server differs from what is expected there. `missing`: it has no such device. `extra`: it has one that nobody here
 * knows. `other-key`: the device is there without the key. `other-status`: the key is there, rejected, or
 * the device is being decommissioned. `pending`: the key is there and waits to be accepted. `stray-pending`: beside the key in use others wait. `dead`: the device is
 * preauthorized without any key.
 */
export const FINDINGS = [
  'missing',
  'extra',
  'other-key',
  'other-status',
  'pending',
  'stray-pending',
  'dead',
] as const;
export type FindingKind = (typeof FINDINGS)[number];

/** What should be at the server. */
export interface ExpectedDevice {
  readonly identity: Identity;
  readonly fingerprint: KeyFingerprint;
  /** Null where any will do. */
  readonly tier: string | null;
  readonly deviceId: string | null;
  /** The line of its row; null outside of batches. */
  readonly line: number | null;
}

/** Where expectations come from; all of it by index. */
export interface Expectations {
  of(identity: Identity): ExpectedDevice | null;
  /** Those that should be there, one by one. */
  all(): Iterable<ExpectedDevice>;
  /** Whether a device that is not expected is worth telling. */
  isExtra(device: Device): boolean;
}

export interface Finding {
  readonly kind: FindingKind;
  readonly identity: Identity;
  readonly line: number | null;
  readonly deviceId: string | null;
  /** What the device is and has, in words. */
  readonly found: string;
  /** The sets that a fix would change. */
  readonly sets: readonly string[];
}

/**
 * Compares a server with what is expected there: reads the fleet once, page by page, and keeps no more of it than which of
 * the expected ones were seen. A device that was not seen is asked for by its id before it is called missing: one whose
 * status changed while pages were read may have slipped through between them. These questions may be many: a rate limit is
 * waited out.
 *
 * @throws StationError of a call; `batch/limited-for-long`.
 */
export async function* reconcile(
  server: Preauthorization,
  expected: Expectations,
  calls: PacedCalls,
  signal: AbortSignal,
): AsyncGenerator<Finding, { readonly devices: number; readonly matching: number }, undefined> {
  const seen = new Set<string>();
  let devices = 0;
  let matching = 0;
  for await (const device of server.devices(signal)) {
    devices += 1;
    const wanted = expected.of(device.identity);
    if (wanted === null) {
      if (expected.isExtra(device)) yield finding('extra', device, null);
      continue;
    }
    const name = canonicalIdentity(device.identity);
    if (seen.has(name)) continue;
    seen.add(name);
    const found = compare(device, wanted);
    if (found === null) matching += 1;
    else yield found;
  }
  for (const wanted of expected.all()) {
    if (seen.has(canonicalIdentity(wanted.identity))) continue;
    const { deviceId: id } = wanted;
    const device = id === null ? null : await calls.make(signal, () => server.device(id, signal));
    if (device === null) {
      const { identity, line, deviceId } = wanted;
      yield { kind: 'missing', identity, line, deviceId, found: 'not there', sets: [] };
      continue;
    }
    const found = compare(device, wanted);
    if (found === null) matching += 1;
    else yield found;
  }
  return { devices, matching };
}

/** How a device differs from what is expected of it; null where it does not. */
export function compare(device: Device, wanted: ExpectedDevice): Finding | null {
  // It still shows its status and its keys, and answers no request any more.
  if (device.decommissioning) return finding('other-status', device, wanted);
  if (device.authSets.length === 0 && device.status === 'preauthorized')
    return finding('dead', device, wanted);
  const own = ownSet(device, wanted);
  if (own === undefined) return finding('other-key', device, wanted);
  if (own.status === 'pending') {
    // Beside a key that the server took, the one that asks anew was given up: accepting it would lock the unit out.
    const isGivenUp = device.authSets.some(
      ({ status }) => status === 'accepted' || status === 'preauthorized',
    );
    return isGivenUp ? finding('other-key', device, wanted) : finding('pending', device, wanted, [own]);
  }
  if (own.status === 'rejected') return finding('other-status', device, wanted, [own]);
  // Beside a preauthorized key another may be what the unit has: only a key in use says that nobody needs the rest.
  const strays =
    own.status === 'accepted' ? device.authSets.filter(({ status }) => status === 'pending') : [];
  return strays.length === 0 ? null : finding('stray-pending', device, wanted, strays);
}

function finding(
  kind: FindingKind,
  device: Device,
  wanted: ExpectedDevice | null,
  sets: readonly AuthSet[] = [],
): Finding {
  const keys = device.authSets.map(({ fingerprint, status }) => `${fingerprint.slice(0, 19)}... ${status}`);
  return {
    kind,
    identity: device.identity,
    line: wanted?.line ?? null,
    deviceId: device.id,
    found: `${device.status}${device.decommissioning ? ', decommissioning' : ''}: ${keys.join(', ') || 'no key'}`,
    sets: sets.map(({ id }) => id),
  };
}
