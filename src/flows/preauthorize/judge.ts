import type { AuthSet, Device } from '../../model/device.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import type { PreauthorizationAnswer } from '../../servers/preauthorization.ts';
import { SILENT_MS, type RowResult, type RunRow, type SentSpan } from './row.ts';

/** What to do next with a row. */
export type NextForRow =
  | { readonly do: 'end'; readonly result: RowResult }
  /** Read the device that has this identity. */
  | { readonly do: 'look'; readonly deviceId: string }
  /** Ask (again) for the preauthorization. */
  | { readonly do: 'ask' }
  /** Preauthorize the key beside what the device has. */
  | { readonly do: 'force'; readonly deviceId: string }
  /** Remove what a server of 2023 left half made for this row. */
  | { readonly do: 'remove-dead'; readonly deviceId: string };

/** The server's Date counts whole seconds, and the request was on its way; milliseconds. */
const TOLERANCE_MS = 2000;
/** A call that was begun takes effect within this, its deadline of 30 seconds and some more; milliseconds. */
const CALL_MS = 35_000;

/**
 * What an answer to a preauthorization means for its row.
 *
 * A 409 says that the identity is there and not with which key: the device has to be read.
 */
export function afterAnswer(
  row: RunRow,
  answer: Exclude<PreauthorizationAnswer, { kind: 'busy' | 'unclear' }>,
): NextForRow {
  switch (answer.kind) {
    case 'made':
      return answer.deviceId === null ? { do: 'ask' } : end(row, 'created', answer.deviceId);
    case 'exists':
      return { do: 'look', deviceId: answer.deviceId };
    case 'refused': {
      const outcome = answer.error.code === 'server/device-limit' ? 'limit' : 'refused';
      return end(row, outcome, null, answer.error.leaving('The row was not preauthorized.'));
    }
  }
}

/** How a row's device came to be looked at. */
export interface Circumstances {
  /**
   * When this batch may have had the row at the server. A device with the row's key that was made then was made by this
   * batch, in a call whose answer was lost; one that is older, or came after a run was cut off, was made by somebody else.
   */
  readonly sent: readonly SentAgo[];
  /** The age of the device by the server's clock; null where it does not say. */
  readonly ageMs: number | null;
  /** `--force-rekey` was given. */
  readonly force: boolean;
  /** The server was asked to force and does not know how. */
  readonly cannotForce: boolean;
}

/** A time in which a row may have come to the server, as how long ago it began and ended, in milliseconds. */
export interface SentAgo {
  readonly beganMs: number;
  readonly endedMs: number;
}

/** How long ago a device may have been made by a run that was cut off. */
export function sentAgo({ from, until }: SentSpan, now: number): SentAgo {
  return { beganMs: now - from, endedMs: now - (until + SILENT_MS + CALL_MS) };
}

/** What a device that has the row's identity means for the row. Null: it went away meanwhile. */
export function afterLook(row: RunRow, device: Device | null, circumstances: Circumstances): NextForRow {
  if (device === null) return { do: 'ask' };
  if (device.decommissioning)
    return end(row, 'conflict', device.id, new StationError('batch/decommissioning', { device: device.id }));
  const isOurs = isMadeHere(circumstances);
  const own = ownSet(device, row);
  if (own?.status === 'accepted' || own?.status === 'preauthorized')
    return end(row, isOurs ? 'created' : 'already', device.id);
  if (device.status === 'preauthorized' && device.authSets.length === 0)
    return isOurs
      ? { do: 'remove-dead', deviceId: device.id }
      : end(row, 'conflict', device.id, new StationError('batch/no-auth-set', { device: device.id }));
  // Of two preauthorized sets the server could not tell which one wins; and a key in use, under whatever tier, would lose
  // its tokens.
  const isTaken = device.authSets.some(
    ({ status, fingerprint }) =>
      status === 'preauthorized' || (status === 'accepted' && fingerprint === row.fingerprint),
  );
  if (circumstances.force && !circumstances.cannotForce && !isTaken)
    return { do: 'force', deviceId: device.id };
  const { id, status } = device;
  const error = new StationError('batch/conflict', { device: id, status, keys: keysOf(device, row) });
  return end(row, 'conflict', id, error);
}

/** What a device means that was read after its key was preauthorized by force. */
export function afterForce(row: RunRow, device: Device): NextForRow {
  const own = ownSet(device, row);
  if (own?.status !== 'preauthorized' && own?.status !== 'accepted')
    return { do: 'look', deviceId: device.id };
  return end(row, 'created', device.id);
}

/** The auth set of the row's key (and tier, where the server has tiers). */
export function ownSet(
  device: Device,
  { fingerprint, tier }: { readonly fingerprint: KeyFingerprint; readonly tier: string | null },
): AuthSet | undefined {
  return device.authSets.find(
    (set) => set.fingerprint === fingerprint && (tier === null || (set.tier ?? tier) === tier),
  );
}

function isMadeHere({ sent, ageMs }: Circumstances): boolean {
  return (
    ageMs !== null &&
    sent.some(({ beganMs, endedMs }) => ageMs <= beganMs + TOLERANCE_MS && ageMs >= endedMs - TOLERANCE_MS)
  );
}

/** In words: which keys the device has, and this one among them. */
function keysOf(device: Device, row: RunRow): string {
  if (device.authSets.length === 0) return 'no key';
  return device.authSets
    .map(({ fingerprint, status, tier }) => {
      const which = fingerprint === row.fingerprint ? 'this key' : fingerprint;
      const of = tier === undefined || tier === row.tier ? '' : `, tier ${tier}`;
      return `${which} ${status}${of}`;
    })
    .join(', ');
}

function end(
  { line, identity }: RunRow,
  outcome: RowResult['outcome'],
  deviceId: string | null,
  error: StationError | null = null,
): NextForRow {
  return { do: 'end', result: { line, identity, outcome, deviceId, error: error?.toReport() ?? null } };
}
