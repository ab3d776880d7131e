import type { AuthSet, Device } from '../../model/device.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import type { PreauthorizationAnswer } from '../../servers/preauthorization.ts';
import type { RowResult, RunRow } from './row.ts';

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
   * For how long this batch may have had the row at the server, in milliseconds; null where it certainly never had. A
   * device with the row's key that is no older was made by this batch, in a call whose answer was lost.
   */
  readonly sentForMs: number | null;
  /** The age of the device by the server's clock; null where it does not say. */
  readonly ageMs: number | null;
  /** `--force-rekey` was given. */
  readonly force: boolean;
  /** The server was asked to force and does not know how. */
  readonly cannotForce: boolean;
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
  // Of two preauthorized sets the server could not tell which one wins.
  const isTaken = device.authSets.some(({ status }) => status === 'preauthorized');
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

function isMadeHere({ sentForMs, ageMs }: Circumstances): boolean {
  return sentForMs !== null && ageMs !== null && ageMs <= sentForMs + TOLERANCE_MS;
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
