import type { Identity } from './identity.ts';
import type { KeyType, PublicKey } from './key.ts';
import type { Secret } from './secret.ts';

/** What can be told of a port without logging in. */
export type Presence = 'unknown' | 'silent' | 'booting' | 'ready' | 'garbled' | 'bootloader';

/** A board as one reading found it. Reading changes nothing on the board. */
export interface BoardObservation {
  readonly hostname: string;
  readonly kernel: string;
  readonly init: 'systemd' | 'busybox' | 'other';
  readonly shell: string;
  readonly identity: IdentityReading;
  readonly client: ClientReading;
  readonly key: KeyFileReading;
  /** The key that an earlier, unfinished job left beside the key in use. */
  readonly staged: StagedKey | null;
  /** The key that a re-keying replaced and has not destroyed yet, kept so that its refusal can be tested. */
  readonly former: StagedKey | null;
  readonly configuration: ConfigurationReading;
  /** Hex SHA-256 of the CA that a station installed (`STATION_CA_FILE` in the data directory); null where there is none. */
  readonly installedCaSha256: string | null;
  /** Board clock minus station clock, in milliseconds, with the reading's uncertainty. */
  readonly clockSkewMs: number;
  readonly dataDirectory: DirectoryReading;
  /** Key types for which the board's own openssl makes a key *and* signs with it (found out by a trial signature). */
  readonly canSign: readonly KeyType[];
  readonly opensslVersion: string | null;
}

export type IdentityReading =
  | { readonly state: 'read'; readonly identity: Identity; readonly script: string }
  | { readonly state: 'missing'; readonly script: string }
  | { readonly state: 'not-executable'; readonly script: string }
  | {
      readonly state: 'failed';
      readonly script: string;
      readonly exitStatus: number;
      readonly detail: string;
    }
  | { readonly state: 'nonsense'; readonly script: string; readonly detail: string };

export interface ClientReading {
  /** `3`: one binary `mender`; `4`: `mender-auth` and `mender-update` (4.x and 5.x). */
  readonly generation: 'none' | '3' | '4';
  readonly version: string | null;
  /** The service that runs it, e.g. `mender-client` or `mender-authd`; null where it is found by its process alone. */
  readonly service: string | null;
  readonly running: boolean;
  readonly update: 'none' | 'in-progress' | 'unknown';
  /** `DeviceTier` of its configuration; `standard` where none is set. */
  readonly tier: string;
}

export interface KeyFileReading {
  /** As configured, and with links resolved: what is replaced is the file at `realPath`. */
  readonly path: string;
  readonly realPath: string;
  readonly from: 'default' | 'Security.AuthPrivateKey' | 'HttpsClient.Key';
  /**
   * The client certificate for mutual TLS whose private key this is; null where it is of none. Another key in its place
   * would not fit the certificate.
   */
  readonly certificate: string | null;
  readonly state: 'missing' | 'present' | 'unreadable' | 'passphrase' | 'engine';
  /** Null where the file is missing, or where nothing on the board can derive a public key from it. */
  readonly publicKey: PublicKey | null;
  /** Hex SHA-256 of the file, so that a key is recognised even where nobody can derive its public half. */
  readonly sha256: string | null;
}

/** A key that lies beside the key in use under the station's own name. */
export interface StagedKey {
  readonly path: string;
  readonly sha256: string;
  readonly publicKey: PublicKey | null;
}

export interface DirectoryReading {
  readonly path: string;
  readonly exists: boolean;
  readonly freeBytes: number;
  readonly writable: boolean;
}

/** The client's configuration: the main file overrides the fallback file, member by member. */
export interface ConfigurationReading {
  readonly main: ConfigurationFile;
  readonly fallback: ConfigurationFile;
}

export interface ConfigurationFile {
  readonly path: string;
  readonly state: 'missing' | 'read' | 'not-json' | 'unreadable';
  /** The whole text: it holds the tenant token. Null unless read. */
  readonly text: Secret<string> | null;
  readonly writable: boolean;
}
