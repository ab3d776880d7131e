import type { Identity } from './identity.ts';
import type { KeyFingerprint, KeyType } from './key.ts';

/** The states of an auth set on a Mender server. A device's own state is the strongest of its sets', `noauth` without any. */
export type AuthSetStatus = 'accepted' | 'preauthorized' | 'pending' | 'rejected';
export type DeviceStatus = AuthSetStatus | 'noauth';

/** Identity + public key on the server, with a status. */
export interface AuthSet {
  readonly id: string;
  readonly fingerprint: KeyFingerprint;
  readonly status: AuthSetStatus;
  readonly keyType?: KeyType | 'other';
  /** When the server first saw it; ISO 8601. */
  readonly since?: string;
  /** Where the server has tiers; a set of another tier is another set. */
  readonly tier?: string;
}

/** The server's record of a board. */
export interface Device {
  readonly id: string;
  readonly identity: Identity;
  readonly status: DeviceStatus;
  readonly decommissioning: boolean;
  readonly authSets: readonly AuthSet[];
  readonly lastCheckIn?: string;
}

/** The auth sets of a device that are accepted: at most one, unless two programs worked on it at once. */
export function acceptedOf(device: Device | null): readonly AuthSet[] {
  return device?.authSets.filter(({ status }) => status === 'accepted') ?? [];
}
