import type { InventoryWish } from './inventory.ts';
import type { KeyType } from './key.ts';
import type { Proof } from './job.ts';

/**
 * How to talk to one kind of board. Every member has a default; the plain Mender board needs no profile file at all but
 * the login. The published JSON schema is `docs/board-profile.schema.json`.
 */
export interface BoardProfile {
  readonly name: string;
  readonly description: string;
  readonly driver: 'linux-console';
  readonly line: {
    /** Baud. */
    readonly baudRate: number;
    readonly rtscts: boolean;
    readonly xonxoff: boolean;
    /** For boards without flow control: bytes a write and milliseconds between writes; null sends as fast as the line takes. */
    readonly pacing: { readonly chunkBytes: number; readonly gapMs: number } | null;
  };
  readonly login: {
    readonly user: string;
    /** Names of credentials in the station's key store, tried in order, each once (PAM locks accounts). */
    readonly credentials: readonly string[];
    /** `sudo` feeds the same password on stdin, never in a command line, which auth.log keeps. */
    readonly become: 'none' | 'sudo';
  };
  readonly paths: {
    readonly identityScript: string;
    readonly configuration: string;
    readonly fallbackConfiguration: string;
    readonly dataDirectory: string;
  };
  /** Which of the two configuration files the station edits: `fallback` outlives an A/B update of the root file system. */
  readonly lastingConfiguration: 'main' | 'fallback';
  readonly key: {
    /** Null: `board` where the board can make a key that its client reads, else `generate`. */
    readonly source: 'board' | 'generate' | 'keep' | null;
    readonly type: KeyType | null;
    /** File names of imported keys with `{attribute}` for identity values, e.g. `{mac}.pem`. */
    readonly importPattern: string;
    readonly afterImport: 'move' | 'destroy';
  };
  /**
   * Where the certificate and the key of a board's own MQTT client go, for servers that make both; null for boards that
   * have none.
   */
  readonly mqtt: {
    readonly keyFile: string;
    readonly certificateFile: string;
    /** The authorities of the MQTT endpoint; null: the board has them. */
    readonly caFile: string | null;
    /** JSON with what a client has to know: `host`, `port`, `clientId`, and the names of the files. Null for none. */
    readonly configurationFile: string | null;
  } | null;
  /** The least proof that makes a PASS. */
  readonly leastProof: Proof;
  /** Milliseconds. */
  readonly timeouts: {
    readonly boot: number;
    readonly login: number;
    readonly command: number;
    readonly keyGeneration: number;
    readonly clientBootstrap: number;
  };
  /** Largest difference of clocks that is left alone, in milliseconds; a larger one is set right before TLS is needed. */
  readonly clockToleranceMs: number;
  /** Install the CA of the server's profile on the board and name it in the configuration. */
  readonly installServerCa: boolean;
  /** What devices are called on the server once their boards are through; `{attribute}` in a name is a value of the identity. */
  readonly inventory: InventoryWish;
  /** USB ids that this profile is for (`0403:6001`), to offer it by itself. */
  readonly usbIds: readonly string[];
}
