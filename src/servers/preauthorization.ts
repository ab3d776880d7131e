import type { Device, DeviceStatus } from '../model/device.ts';
import type { Identity } from '../model/identity.ts';
import type { KeyFingerprint, PublicKey, PublicKeyPem } from '../model/key.ts';
import type { StationError } from '../model/station-error.ts';

/** A key that is to be preauthorized for an identity. */
export interface NewDevice {
  readonly identity: Identity;
  readonly key: PublicKeyPem;
  readonly fingerprint: KeyFingerprint;
  /** Left out of the call where it is `standard`. */
  readonly tier: string;
}

/**
 * What a server says to one preauthorization. Nothing was waited for and nothing repeated: pacing is the caller's, who
 * has many of them under way.
 */
export type PreauthorizationAnswer =
  /** Null where the answer does not say which device it made: asked again, the server tells it as one that exists. */
  | { readonly kind: 'made'; readonly deviceId: string | null }
  | {
      /** The identity is known already, in whatever state; nothing was changed. */
      readonly kind: 'exists';
      readonly deviceId: string;
      readonly status: DeviceStatus;
      readonly decommissioning: boolean;
      /** How long the device has been there by the server's own clock, in milliseconds; null where it does not say. */
      readonly ageMs: number | null;
    }
  /** Will be answered with the same again; nothing was changed. */
  | { readonly kind: 'refused'; readonly error: StationError }
  /** Too many calls: nothing was done. */
  | { readonly kind: 'busy'; readonly waitMs: number }
  /** Nobody knows whether it was done. */
  | { readonly kind: 'unclear'; readonly error: StationError };

/** What became of a device that a batch had preauthorized and that is to go again. */
export type Removal = 'removed' | 'gone' | 'used';

/** How many devices there are and may be; `limit` is null where there is none. */
export interface Room {
  readonly limit: number | null;
  readonly accepted: number;
  readonly preauthorized: number;
}

/** The part of a server that lets an admin preauthorize devices before they have ever asked. */
export interface Preauthorization {
  /**
   * Asks once. An unforced preauthorization of an identity that exists changes nothing and is answered with its device:
   * so this is also how a server is read again after an answer was lost.
   *
   * @throws StationError of the session (`server/session-ended`, `server/not-logged-in`) or of the connection as such
   * (`server/certificate`, `server/not-mender`); the signal's reason when aborted.
   */
  ask(wish: NewDevice, signal: AbortSignal): Promise<PreauthorizationAnswer>;

  /** A device by its id; null when it is gone. @throws StationError `server/rate-limited`, not waited for. */
  device(deviceId: string, signal: AbortSignal): Promise<Device | null>;

  /**
   * Preauthorizes a key beside what the device has. Never asked for a key that is accepted, nor beside another
   * preauthorized set. Resolves to null where the server does not offer it; nothing was changed then.
   */
  force(wish: NewDevice, key: PublicKey, deviceId: string, signal: AbortSignal): Promise<Device | null>;

  /**
   * Removes a device that holds nothing but this key, preauthorized and never used; looked at right before. Waits until
   * it is gone, some seconds at most.
   */
  removeUnused(deviceId: string, fingerprint: KeyFingerprint, signal: AbortSignal): Promise<Removal>;

  /** What `removeUnused` would do; changes nothing. */
  wouldRemove(deviceId: string, fingerprint: KeyFingerprint, signal: AbortSignal): Promise<Removal>;

  /**
   * Removes a device that a server of 2023 left preauthorized without any auth set: no key can ever use it. Looked at
   * right before.
   */
  removeDead(deviceId: string, signal: AbortSignal): Promise<Removal>;

  /** Counted anew at each call. */
  room(signal: AbortSignal): Promise<Room>;

  /** Every device once, page by page. One whose status changes meanwhile may come twice or not at all. */
  devices(signal: AbortSignal): AsyncIterable<Device>;
}
