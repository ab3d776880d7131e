import type { Device } from '../model/device.ts';
import type { Identity } from '../model/identity.ts';
import type { DeviceDescription } from '../model/inventory.ts';
import type { PublicKey } from '../model/key.ts';
import type { Secret } from '../model/secret.ts';
import type { Preauthorization } from './preauthorization.ts';
import type { ServerProfile } from '../model/server-profile.ts';

/**
 * A device server as a flow sees it. Every call has a deadline, takes an AbortSignal and throws `StationError`s with
 * `server/...` codes. After a time-out on a call that writes, the caller looks before it repeats.
 */
export interface DeviceServer extends AsyncDisposable {
  readonly profile: ServerProfile;
  /** Set where no admin is at hand: superseded auth sets are left to somebody who may remove them. */
  readonly leavesTidying?: true;
  /**
   * Set where superseded auth sets are told as somebody wrote them down, not as they are: one that is gone by now is made
   * anew, pending, by a request with its key, and the refusal of that request shows nothing.
   */
  readonly remembersSets?: true;

  /**
   * The bytes that a board (or the station for it) has to sign to ask for authorization. They are sent exactly as they
   * were signed. A credential once it has its signature, hence secret.
   */
  authRequest(identity: Identity, key: PublicKey, options: AuthRequestOptions): Secret<Uint8Array>;

  /** Sends a signed auth request. A refusal is an answer, not an error. */
  submit(
    request: Secret<Uint8Array>,
    signature: Secret<Uint8Array>,
    signal: AbortSignal,
  ): Promise<AuthAnswer>;

  /**
   * The server's record of a board, or null where it has none or cannot find it without a knock first. Reads only.
   * `deviceId`: an id known from an earlier job, looked at first.
   */
  find(identity: Identity, deviceId: string | null, signal: AbortSignal): Promise<Device | null>;

  /**
   * The device that a refused auth request of this identity and key made or met, found in a fixed number of calls
   * however large the fleet is. Null where the server has none for this account: the request went to another
   * organization.
   */
  findAfterKnock(identity: Identity, key: PublicKey, signal: AbortSignal): Promise<Device | null>;

  /** One device by id; null when it is gone. */
  device(deviceId: string, signal: AbortSignal): Promise<Device | null>;

  /**
   * Accepts one auth set, and repairs an accept that the server left half done. One at a time per device. Resolves to the
   * device as it was read afterwards.
   */
  accept(deviceId: string, authSetId: string, signal: AbortSignal): Promise<Device>;

  /**
   * Preauthorizes a new key beside the accepted one: the first auth request with it makes the server change from the old
   * to the new one at once. Until then nothing changes for the old key. Never asked for a key that is accepted, nor
   * beside another preauthorized set. Resolves to the device as it was read afterwards; null where the server does not
   * offer this (nothing was changed then).
   */
  preauthorize(
    identity: Identity,
    key: PublicKey,
    deviceId: string,
    signal: AbortSignal,
  ): Promise<Device | null>;

  /** Rejects one auth set; its tokens end. Resolves to the device as it was read afterwards; null when it is gone. */
  reject(deviceId: string, authSetId: string, signal: AbortSignal): Promise<Device | null>;

  /** Ends the tokens that were given to an auth set, also where the server keeps them in a cache. */
  revokeTokens(authSetId: string, signal: AbortSignal): Promise<void>;

  /** Removes one auth set; one that is gone already is no error. */
  removeAuthSet(deviceId: string, authSetId: string, signal: AbortSignal): Promise<void>;

  /** Begins to remove a device with all that the server knows of it; one that is gone already is no error. */
  decommission(deviceId: string, signal: AbortSignal): Promise<void>;

  /**
   * Takes a device for one holder for `ms` milliseconds, so that stations change it one after the other. Resolves to what
   * gives it back; to null where the server has no means for it, and the caller goes on without.
   *
   * @throws StationError `server/device-in-use`.
   */
  lease?(
    deviceId: string,
    holder: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<((signal: AbortSignal) => Promise<void>) | null>;

  /** What people call devices and where they file them; left out where this kind of server knows no such thing. */
  readonly inventory?: DeviceInventory;

  /** Preauthorization of devices that have not asked yet; left out where this kind of server has none. */
  readonly preauthorization?: Preauthorization;

  /**
   * Set where the server makes keys and certificates itself (`keyOrigin` server), and the station brings them to boards.
   * Then what is asked above of auth sets is refused with `server/not-offered`. Left out where boards' keys are taken.
   */
  readonly issuer?: CredentialIssuer;

  /**
   * Devices that may be accepted in all, or null for no limit; and how many are, 0 where the server does not count them.
   * A call that needs the login and changes nothing.
   */
  limit(signal: AbortSignal): Promise<{ readonly limit: number | null; readonly accepted: number }>;
}

/** Where a server keeps what people say of devices. It learns of a device some seconds after its keys are accepted. */
export interface DeviceInventory {
  /**
   * Brings tags and group of a device to what is asked. Other tags stay as they are, and where nothing is to be changed
   * nothing is sent. `unknown`: the inventory does not know the device yet.
   *
   * @throws StationError `inventory/refused` for what it takes in no case, and those of a call.
   */
  describe(deviceId: string, as: DeviceDescription, signal: AbortSignal): Promise<'done' | 'unknown'>;
}

/** A server that gives each board a certificate and its key. */
export interface CredentialIssuer {
  readonly keyOrigin: 'server';

  /** That it can give certificate and key at all. @throws StationError `server/not-offered`. */
  requireReady(signal: AbortSignal): Promise<void>;

  /** The server's record of a board, or null where it has none. @throws StationError `server/thing-of-another`. */
  find(identity: Identity, signal: AbortSignal): Promise<IssuedDevice | null>;

  /**
   * Makes the board's record with its certificate. Its name follows from the identity, so that it is made once however
   * often this is asked: after an answer that was lost the record is looked for.
   *
   * @throws StationError `server/thing-of-another`, `server/thing-type-needed`, `server/forbidden`.
   */
  create(identity: Identity, signal: AbortSignal): Promise<IssuedDevice>;

  /**
   * The certificate and the key of a board, checked to belong together. The caller destroys the key.
   *
   * @throws StationError `server/not-offered` where the server has no way to give them, `server/credentials-unusable`.
   */
  credentials(device: IssuedDevice, signal: AbortSignal): Promise<IssuedCredentials>;

  /**
   * Authenticates with a board's credentials where the board itself will.
   *
   * @throws StationError `server/certificate-refused`, and those of a call.
   */
  prove(credentials: IssuedCredentials, signal: AbortSignal): Promise<void>;

  /** What a board's client has to know beside its credentials. */
  endpoint(signal: AbortSignal): Promise<IssuerEndpoint>;

  /** Why a unit cannot be given a new key here, in the words of an error. */
  whyNoNewKey(signal: AbortSignal): Promise<string>;
}

/** A board as a server of that kind knows it. */
export interface IssuedDevice {
  /** The server's name for it, and the id by which its client calls itself. */
  readonly name: string;
}

/** A certificate with its key, for one board. */
export interface IssuedCredentials {
  readonly thing: string;
  readonly key: PublicKey;
  readonly certificatePem: string;
  /** Hex SHA-256 of the certificate's DER. */
  readonly certificateSha256: string;
  /** ISO 8601. */
  readonly validTo: string;
  /** As the server gave it. */
  readonly privateKeyPem: Secret<Uint8Array>;
}

/** Where boards connect, and the authorities (PEM) by which they know it. */
export interface IssuerEndpoint {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

export interface AuthRequestOptions {
  readonly tenantToken: Secret<string> | null;
  /** Left out where it is `standard`. */
  readonly tier: string;
}

export type AuthAnswer =
  | {
      readonly authorized: true;
      /** From the token's claims; the token itself is dropped at once. Null where the token does not say. */
      readonly deviceId: string | null;
      readonly authSetId: string | null;
    }
  /** Pending, rejected, at the limit, decommissioning or wrongly signed: look at the device to tell which. */
  | { readonly authorized: false; readonly detail: string };

/** A person's session at a server. */
export interface ServerSession {
  readonly account: string;
  /** ISO 8601; null for one that does not end by itself, or of which nobody tells when. */
  readonly expiresAt: string | null;
  readonly by: 'password' | 'token';
  /** From its login to its end, milliseconds; left out where the server does not tell. */
  readonly lastsMs?: number | undefined;
  /** Set where it renews itself, until an end that its server chose and does not tell. */
  readonly refreshed?: true | undefined;
}
