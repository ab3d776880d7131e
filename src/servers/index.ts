import type { Clock } from '../model/clock.ts';
import type { Secret } from '../model/secret.ts';
import type { MicSettings, ServerProfile, Trust } from '../model/server-profile.ts';
import type { ConnectedServer, ConnectionOptions } from './connected-server.ts';
import type { ProxySettings } from './http/proxy.ts';
import { createMenderServer } from './mender/index.ts';
import { locateMender } from './mender/locate.ts';
import { createMicServer } from './mic/index.ts';
import { locateMic } from './mic/locate.ts';

/**
 * Device servers behind one interface. What kinds there are is known in this folder alone: whoever uses a server asks it
 * what it can do.
 */
export type { ConnectedServer, Credentials, KeptSession, SessionChange } from './connected-server.ts';
export { limitedTo, type DestructiveCall } from './destructive.ts';
export type { CredentialIssuer, DeviceServer } from './device-server.ts';
export { showCertificate, verifyCertificate } from './http/certificate.ts';

/** What a person gives of a server that is to be stored. */
export interface WantedServer {
  readonly name: string;
  readonly kind: ServerProfile['kind'];
  /** Left out where the kind finds it by itself. */
  readonly url?: string | undefined;
  readonly trust: Trust;
  readonly mic?: Partial<MicSettings> | undefined;
  readonly apiKey: Secret<string> | null;
}

/** Where it is, and what its gateway wants; `mic` completed. */
export interface LocatedServer {
  readonly url: string;
  readonly apiKey: Secret<string> | null;
  readonly mic?: MicSettings;
}

/** What a search for a server works with. */
export interface Means {
  readonly clock: Clock;
  readonly proxies: ProxySettings;
}

interface Kind {
  readonly create: (profile: ServerProfile, options: ConnectionOptions) => ConnectedServer;
  readonly locate: (wanted: WantedServer, means: Means, signal: AbortSignal) => Promise<LocatedServer>;
  /** Who makes the keys of boards: board or station, or the server. */
  readonly keyOrigin: 'station' | 'server';
}

const KINDS: Readonly<Record<ServerProfile['kind'], Kind>> = {
  mender: { create: createMenderServer, locate: locateMender, keyOrigin: 'station' },
  mic: { create: createMicServer, locate: locateMic, keyOrigin: 'server' },
};

/**
 * A server of the kind that its profile says. Nothing is sent before the first call. Disposing it closes its connections
 * and leaves the session at the server.
 */
export function createDeviceServer(profile: ServerProfile, options: ConnectionOptions): ConnectedServer {
  return KINDS[profile.kind].create(profile, options);
}

/**
 * Where a server is, before it is stored: as given, or found as its kind finds it.
 *
 * @throws StationError `station/server-invalid`, `server/no-such-stack`, `server/api-key-needed` and those of a call.
 */
export function locateServer(
  wanted: WantedServer,
  means: Means,
  signal: AbortSignal,
): Promise<LocatedServer> {
  return KINDS[wanted.kind].locate(wanted, means, signal);
}

/** Who makes the keys of the boards of a server: board or station, or the server itself. */
export function keyOriginAt({ kind }: ServerProfile): 'station' | 'server' {
  return KINDS[kind].keyOrigin;
}
