import type { BoardObservation, KeyFileReading, Presence, StagedKey } from '../model/board.ts';
import type { WireCount } from '../model/job.ts';
import type { KeyType } from '../model/key.ts';
import type { Clock } from '../model/clock.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { Secret } from '../model/secret.ts';
import type { ByteLink } from '../serial/link.ts';
import type { Transcript } from '../serial/transcript.ts';

export type { Clock };

/** What a driver needs from its job. */
export interface BoardContext {
  readonly profile: BoardProfile;
  /** Passwords to try, in order, each once. Empty for a board that asks for none. */
  readonly passwords: readonly Secret<string>[];
  /** Read anew for each exchange: after a cancel, what is taken back has a signal of its own. */
  readonly signal: AbortSignal;
  /** Fires when a log-out must have ended; without it, or before, a log-out has a bound of its own. */
  readonly leaveBy?: AbortSignal;
  readonly transcript: Transcript;
  readonly clock: Clock;
  /** What a probe just before found; `ready` spares the listening that rules a counting boot loader out. */
  readonly seen?: Presence;
}

/** A way to talk to one kind of board over a byte link. */
export interface BoardDriver {
  readonly name: BoardProfile['driver'];
  /**
   * Tells what is on the line without logging in: listens, and types one Enter only after a silence that rules a
   * counting boot loader out.
   */
  probe(link: ByteLink, context: Omit<BoardContext, 'passwords'>): Promise<Presence>;
  /**
   * Brings the board from whatever it is at (off to a shell left open) to a quiet command loop as root.
   * Dispose the session to log out; it logs out in every case, also when the context's signal is aborted.
   *
   * @throws StationError `port/lost`, `board/silent`, `board/garbled`, `board/login-refused` and the like.
   */
  open(link: ByteLink, context: BoardContext): Promise<BoardSession>;
}

/** A board with a root shell at the ready. Every method is one exchange on the line where its payload fits one chunk. */
export interface BoardSession extends AsyncDisposable {
  /** What went over the line since `open` began. */
  wire(): WireCount;

  /** Reads all that a flow has to know, in one exchange. Changes nothing. */
  observe(): Promise<BoardObservation>;

  /**
   * Writes files beside their targets, on the same file systems, under the station's own names, umask 077; syncs each
   * file and its directory; compares SHA-256 on the board. The key in use and the running configuration stay as they are.
   *
   * @throws StationError `board/stage-mismatch`, `board/disk-full`, `board/read-only`, `board/cannot-make-key`.
   */
  stage(request: StageRequest): Promise<StageReport>;

  /** Signs with the key that is staged, in use or replaced, on the board: RSA PKCS#1 v1.5/SHA-256, ECDSA DER/SHA-256, pure Ed25519. */
  sign(key: 'staged' | 'in-use' | 'former', data: Uint8Array): Promise<Uint8Array>;

  /**
   * Puts what is staged in place, as one command under `trap '' HUP INT`: stop the client, rename, sync files and
   * directories, start the client again, report. Reads the key back after the client has started.
   *
   * @throws StationError `board/switch-failed` when surely nothing was renamed; `port/lost` or `board/command-timeout`
   * when the outcome is unknown.
   */
  switchOver(request: SwitchRequest): Promise<SwitchReport>;

  /**
   * Destroys the replaced key that `switchOver` kept: overwrites the file in place, syncs it, removes it. On flash the
   * worn blocks below may keep the old bytes until they are erased; nothing on the board can reach further than this.
   * A file that holds the key in use is removed without being overwritten, since it may be the very same file.
   */
  destroyFormer(): Promise<void>;

  /** Removes what is staged, and starts the client again where `stage` had stopped it. */
  discardStaged(): Promise<void>;

  /**
   * Has the board's own client ask its server for authorization, with its own configuration, network and clock.
   * Says what the client said where it was refused.
   */
  askClient(): Promise<ClientAnswer>;

  /** Whether the client runs now, as `SwitchReport.clientRunning`. */
  clientRuns(): Promise<boolean | null>;

  /** Files beside those of the client. */
  readonly files: BoardFiles;

  /** Sets the board's clock to the station's. @throws StationError `board/clock-wrong` when it does not take it. */
  setClock(): Promise<void>;
}

/**
 * Files beside those of the client that belong together, such as a certificate and its key. What a cut leaves of them is
 * told by their hashes: which are in place, and which still lie staged.
 */
export interface BoardFiles {
  read(paths: readonly string[]): Promise<readonly FileReading[]>;

  /**
   * Writes files beside their targets under the station's own names, umask 077; makes their directories where there are
   * none; syncs each file and its directory; compares SHA-256 on the board. What is in place stays as it is.
   *
   * @throws StationError `board/stage-mismatch`, `board/disk-full`, `board/read-only`.
   */
  stage(files: readonly FileToStage[]): Promise<void>;

  /**
   * Puts staged files in place in this order, as one command under `trap '' HUP INT`: renames them one right after the
   * other, syncs files and directories, and reads them back.
   *
   * @throws StationError `board/switch-failed` when surely nothing was renamed, `board/switch-unknown` when a part was;
   * `port/lost` or `board/command-timeout` when the outcome is unknown.
   */
  putInPlace(paths: readonly string[]): Promise<readonly FileReading[]>;

  /** Removes what is staged beside these. */
  discard(paths: readonly string[]): Promise<void>;
}

/** A file on the board, by its hash (hex SHA-256); null where there is none. Links are followed. */
export interface FileReading {
  readonly path: string;
  readonly sha256: string | null;
  readonly stagedSha256: string | null;
}

export interface FileToStage {
  readonly path: string;
  readonly content: Secret<Uint8Array>;
  readonly mode: number;
  readonly masked: 'private key' | null;
}

export interface StageRequest {
  /** `inject`: PEM text of a private key made elsewhere. `make`: the board makes it; only its public half comes over. */
  readonly key:
    | { readonly how: 'inject'; readonly pem: Secret<Uint8Array>; readonly type: KeyType }
    | { readonly how: 'make'; readonly type: KeyType }
    | null;
  /** The configuration and, where wanted, the server's CA. */
  readonly files: readonly {
    readonly target: string;
    readonly content: Secret<Uint8Array>;
    readonly mode: number;
    readonly masked: 'configuration' | null;
  }[];
  /** Before a client's first key: it would make its own and overwrite ours. */
  readonly stopClient: boolean;
}

export interface StageReport {
  readonly staged: StagedKey | null;
}

export interface SwitchRequest {
  /** Random bytes that the key then in use signs on the board, where the board can sign; null asks for none. */
  readonly nonce: Uint8Array | null;
  /**
   * Whether a staged key is put in place, or staged files alone. Left out: as the last `stage` of this session was asked
   * for; where there was none, a key that an earlier job left staged is put in place.
   */
  readonly withKey?: boolean;
  /** Keep the key that is replaced under the station's own name, until `destroyFormer`. */
  readonly keepFormer?: boolean;
}

export interface SwitchReport {
  readonly key: KeyFileReading;
  /** Null where it is not kept running on this board: it neither ran before nor is started at boot. */
  readonly clientRunning: boolean | null;
  /** The key that was replaced, where it was kept. */
  readonly former: StagedKey | null;
  readonly signature: Uint8Array | null;
}

export interface ClientAnswer {
  readonly authorized: boolean;
  /** The client's own words, one line, without tokens. */
  readonly detail: string;
  /** The key file after the client has used it: a client that cannot read a key silently makes another. */
  readonly key: KeyFileReading;
}
