import type { Clock } from '../model/clock.ts';
import type { EnvironmentSecrets } from '../settings/index.ts';
import type { ProxySettings } from '../servers/http/proxy.ts';
import type { PortSource } from '../slots/port-source.ts';
import type { Secret } from '../model/secret.ts';

/** How a station is opened. */
export interface StationOptions {
  /** `--home`; else `STATION_HOME`, else the platform's folder. */
  readonly home?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * `write` takes the home's lock and fails without it; `read` never writes; `write-if-free` (a window) opens for
   * reading where another program holds the home, and says so in its snapshot.
   */
  readonly access: 'read' | 'write' | 'write-if-free';
  /** Whether idle ports are opened to see what is on them. */
  readonly probing: boolean;
  /** Whether somebody sits before it and may leave: it locks itself when nobody is seen (a window). */
  readonly attended?: boolean;
  /** Names this process to whoever finds the home locked, e.g. `station window`. */
  readonly program: string;
  /** What came by the environment. Used in place of what the key store has. */
  readonly secrets?: EnvironmentSecrets | undefined;
  /** AES-256 key from the operating system's key store; without one secrets are protected by file rights. */
  readonly wrappingKey?: Secret<Uint8Array> | undefined;
  /** Why there is no such key, where one was wanted: a sentence for people. */
  readonly withoutKey?: string | undefined;
  /** Keep every secret in memory alone. */
  readonly forgetful?: boolean | undefined;
  /** The proxies on the way to servers; none where this is left out, whatever the environment says. */
  readonly proxies?: ProxySettings | undefined;
  readonly clock?: Clock | undefined;
  /** Where ports come from; else this machine's own. */
  readonly ports?: PortSource | undefined;
}
