import type { AuthSet, Device } from '../../model/device.ts';
import type { ErrorCode } from '../../model/error-table.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { ErrorDetails } from '../../model/station-error.ts';
import type { Facts, KnownKey } from './facts.ts';

/** The next thing to do, that all is done, what to wait for, or why not to go on. */
export type Decision = Act | { readonly done: 'pass' | 'already' } | { readonly wait: 'server' } | Stop;

/** Something to be done on the board, the server or at the station. */
export type Act =
  | { readonly do: 'set-clock' }
  | { readonly do: 'make-key' }
  | { readonly do: 'discard-staged' }
  | { readonly do: 'stage' }
  | { readonly do: 'prove-staged'; readonly key: KeyFingerprint }
  | { readonly do: 'configure' }
  | { readonly do: 'find-device' }
  | { readonly do: 'submit'; readonly key: KeyFingerprint; readonly signer: Signer }
  | { readonly do: 'preauthorize'; readonly key: KeyFingerprint; readonly deviceId: string }
  | { readonly do: 'accept'; readonly deviceId: string; readonly authSetId: string }
  | { readonly do: 'reject'; readonly deviceId: string; readonly authSetId: string }
  | { readonly do: 'authenticate'; readonly key: KeyFingerprint; readonly signer: Signer }
  | { readonly do: 'switch' }
  | { readonly do: 'knock' }
  | { readonly do: 'prove'; readonly by: 'board-key' | 'board-client' }
  | { readonly do: 'revoke-tokens'; readonly authSetId: string }
  | { readonly do: 'test-refusal'; readonly key: KeyFingerprint; readonly authSetId: string }
  | { readonly do: 'remove-auth-set'; readonly deviceId: string; readonly authSetId: string }
  | { readonly do: 'destroy-former' }
  | { readonly do: 'decommission-former'; readonly deviceId: string }
  | { readonly do: 'consume-import' }
  | { readonly do: 'verify-device'; readonly deviceId: string };

/** Not to go on, and why. */
export interface Stop {
  readonly stop: ErrorCode;
  readonly details: ErrorDetails;
}

/** Who signs: the station, the board with one of its keys, or the board's client by a request of its own. */
export type Signer = 'station' | 'board-staged' | 'board-in-use' | 'board-client';

export function stop(code: ErrorCode, details: ErrorDetails = {}): Stop {
  return { stop: code, details };
}

export function setOf(device: Device | null, key: KnownKey): AuthSet | null {
  return device?.authSets.find((set) => set.fingerprint === key) ?? null;
}

export function idOf(device: Device | null): string {
  return device?.id ?? '';
}

/** Whether a reading names one certain key. */
export function isKey(key: KeyFingerprint | 'none' | 'unknown'): key is KeyFingerprint {
  return key !== 'none' && key !== 'unknown';
}

/** The server refused the key though it is pending nowhere: say what that means. */
export function refusal({ device, vanished }: Facts['server'], set: AuthSet | null): Stop {
  if (device === null && vanished === true)
    return stop('job/not-settled', { detail: 'the device was removed from the server meanwhile' });
  if (device === null) return stop('server/other-organization');
  if (set?.status === 'preauthorized') return stop('server/device-limit', { limit: 'reached' });
  return stop('server/not-authorized', { detail: 'the auth set of this key vanished' });
}

/**
 * Removes a staged key that is not gone on with. Where the server waits for it, its auth set goes first: nobody else has
 * it. A preauthorized one stays where the device has pending sets and none that is accepted: a server of 2023 would lose
 * them with the device.
 */
export function discard({ board, server }: Facts): Act {
  const { device } = server;
  const set = setOf(device, board.staged);
  const others = (device?.authSets ?? []).filter((other) => other !== set).map(({ status }) => status);
  const isRemovable =
    set?.status === 'pending' ||
    (set?.status === 'preauthorized' && (others.includes('accepted') || !others.includes('pending')));
  return device !== null && set !== null && isRemovable
    ? { do: 'remove-auth-set', deviceId: device.id, authSetId: set.id }
    : { do: 'discard-staged' };
}

/** Brings the client's configuration up to date, once. */
export function configure(job: Facts['job']): Act | Stop {
  return job.configured
    ? stop('job/not-settled', { detail: 'the configuration does not stay as written' })
    : { do: 'configure' };
}
