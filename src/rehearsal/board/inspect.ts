/** Looks into a simulated board without touching its line: for tests, and for the rehearsal's own display. */
import { createPrivateKey } from 'node:crypto';
import { toBytes } from './bytes.ts';
import { BadConfiguration, loadConfiguration } from './client/configuration.ts';
import { keyPlace, publicPem, readKey } from './client/key.ts';
import type { ConsoleState } from './console/state.ts';
import { SystemError } from './files/errors.ts';
import type { FileSystem } from './files/file-system.ts';
import { root } from './files/credential.ts';
import type { Machine } from './machine.ts';
import type { SimulatedBoardOptions } from './options.ts';

/** What is on the line. */
export type ConsoleView =
  'off' | 'u-boot' | 'booting' | 'login' | 'password' | 'change-password' | 'shell' | 'between';

export interface ProcessView {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
  readonly args: readonly string[];
}

export interface Inspection {
  /** The bytes of a file; undefined when there is none. Links are followed. */
  file(path: string): Uint8Array | undefined;
  /** The same as text. */
  text(path: string): string | undefined;
  /** The bytes that a file would have after a power cut now. */
  durable(path: string): Uint8Array | undefined;
  /** The permission bits of a file. */
  mode(path: string): number | undefined;
  /** The names in a directory; none when there is no such directory. */
  names(path: string): readonly string[];
  /** Removes a file and makes that durable. */
  remove(path: string): void;
  /** Writes a file and makes it durable, as the factory would. */
  put(path: string, content: string | Uint8Array, mode?: number): void;
  /** Makes a symbolic link and makes it durable. */
  putLink(target: string, path: string): void;
  /** Where a symbolic link points; undefined for what is none. */
  link(path: string): string | undefined;
  /** The path of the key in use. */
  readonly keyPath: string;
  /** SPKI PEM of the key in use; undefined when there is none that can be read. */
  readonly publicKey: string | undefined;
  /** SPKI PEM of the key that would be in use after a power cut now. */
  readonly durablePublicKey: string | undefined;
  /** The client's daemon: running, the key in its memory, whether its server authorized it. */
  readonly client: {
    readonly running: boolean;
    readonly publicKey: string | undefined;
    readonly authorized: boolean;
  };
  readonly processes: readonly ProcessView[];
  readonly console: ConsoleView;
  /** Who is logged in on the line. */
  readonly user: string | undefined;
  /** The board's own time, milliseconds since 1970. */
  readonly time: number;
  /** What was met that the simulation cannot do. Empty after a good test. */
  readonly faults: readonly Error[];
  /** Bytes from the station that the board lost in full buffers. */
  readonly lostBytes: number;
}

interface Inside {
  readonly options: SimulatedBoardOptions;
  readonly files: FileSystem;
  readonly machine: Machine | undefined;
  readonly phase: 'off' | 'u-boot' | 'booting' | 'up';
  readonly console: ConsoleState;
  readonly faults: readonly Error[];
  readonly lostBytes: number;
  readonly clockOffset: number;
}

/** Makes the view of one board. */
export function createInspection(board: Inside): Inspection {
  const { files, options } = board;
  const quietly = <T>(look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  };
  const place = (): ReturnType<typeof keyPlace> => {
    const generation = options.client.version.startsWith('3.')
      ? 3
      : options.client.version.startsWith('4.')
        ? 4
        : 5;
    try {
      return keyPlace(loadConfiguration({ files }).settings, generation);
    } catch (error) {
      if (error instanceof BadConfiguration) return keyPlace({}, generation);
      throw error;
    }
  };
  return {
    file: (path) => quietly(() => toBytes(files.read(root, path))),
    text: (path) => quietly(() => Buffer.from(files.read(root, path), 'latin1').toString('utf8')),
    durable(path) {
      const data = files.durable(path);
      return data === undefined ? undefined : toBytes(data);
    },
    mode: (path) => quietly(() => files.node(root, path).mode),
    names: (path) => quietly(() => files.list(root, path)) ?? [],
    remove(path) {
      files.unlink(root, path);
      files.syncAll();
    },
    put(path, content, mode = 0o644) {
      const data = typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(content);
      files.put(root, path, data.toString('latin1'), mode);
      files.chmod(root, path, mode);
      files.syncAll();
    },
    putLink(target, path) {
      files.symlink(root, Buffer.from(target, 'utf8').toString('latin1'), path);
      files.syncAll();
    },
    link(path) {
      const node = quietly(() => files.nodeItself(root, path));
      return node?.kind === 'symlink' ? Buffer.from(node.target, 'latin1').toString('utf8') : undefined;
    },
    get keyPath() {
      return place().path;
    },
    get publicKey() {
      const key = readKey({ files }, place());
      return typeof key === 'string' ? undefined : publicPem(key);
    },
    get durablePublicKey() {
      const data = files.durable(place().path);
      if (data === undefined) return undefined;
      try {
        return publicPem(createPrivateKey(data));
      } catch {
        return undefined;
      }
    },
    get client() {
      const { machine } = board;
      const daemon = machine?.clientDaemon;
      const running =
        machine !== undefined &&
        [...machine.services.units.keys()].some((name) => machine.services.active(name));
      return { running, publicKey: daemon?.publicKey(), authorized: daemon?.token() !== undefined };
    },
    get processes() {
      return (board.machine?.processes.all() ?? []).map((process) => ({
        pid: process.pid,
        name: process.name,
        user: board.machine?.userById(process.who.uid)?.name ?? String(process.who.uid),
        args: process.args,
      }));
    },
    get console() {
      return board.phase === 'up' ? board.console.state : board.phase;
    },
    get user() {
      return board.phase === 'up' ? board.console.user : undefined;
    },
    get time() {
      return options.clock.now() + board.clockOffset;
    },
    get faults() {
      return board.faults;
    },
    get lostBytes() {
      return board.lostBytes + (board.machine?.tty.lost ?? 0);
    },
  };
}
