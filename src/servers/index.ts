import type { ServerProfile } from '../model/server-profile.ts';
import { StationError } from '../model/station-error.ts';
import type { ConnectedServer, ConnectionOptions } from './connected-server.ts';
import { createMenderServer } from './mender/index.ts';

/**
 * Device servers behind one interface. What kinds there are is known in this folder alone: whoever uses a server asks it
 * what it can do.
 */
export type { ConnectedServer, Credentials, KeptSession, SessionChange } from './connected-server.ts';
export { limitedTo, type DestructiveCall } from './destructive.ts';
export type { DeviceServer } from './device-server.ts';
export { showCertificate, verifyCertificate } from './http/certificate.ts';

const KINDS = {
  mender: createMenderServer,
} satisfies Partial<
  Record<ServerProfile['kind'], (profile: ServerProfile, options: ConnectionOptions) => ConnectedServer>
>;

/** @throws StationError `station/not-supported` for a kind that this version does not know yet. */
export function refuseUnknownKind(kind: ServerProfile['kind']): asserts kind is keyof typeof KINDS {
  if (Object.hasOwn(KINDS, kind)) return;
  throw new StationError('station/not-supported', {
    detail: `Servers of the kind ${kind} are not supported by this version.`,
  });
}

/**
 * A server of the kind that its profile says. Nothing is sent before the first call. Disposing it closes its connections
 * and leaves the session at the server.
 *
 * @throws StationError `station/not-supported`.
 */
export function createDeviceServer(profile: ServerProfile, options: ConnectionOptions): ConnectedServer {
  const { kind } = profile;
  refuseUnknownKind(kind);
  return KINDS[kind](profile, options);
}
