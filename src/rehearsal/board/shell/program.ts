/** What a program on a simulated board is, and what it is started with. */
import type { ByteString } from '../bytes.ts';
import type { Machine } from '../machine.ts';
import type { Process } from './process.ts';
import type { OpenFile } from './streams.ts';
import { mention, NullFile } from './streams.ts';
import { absolute } from '../files/path.ts';

/** /proc/self leads each process to itself. */
export function ownProc(path: string, pid: number): string {
  return path.startsWith('/proc/self') ? path.replace(/^\/proc\/self(?=\/|$)/u, `/proc/${pid}`) : path;
}

/** The open files of a process by number. */
export type Descriptors = ReadonlyMap<number, OpenFile>;

/** A program answers its exit status. It may throw `SystemError`, which is printed as the C library would. */
export type Program = (run: Invocation) => Promise<number> | number;

const nothing = new NullFile();

/** One start of a program. */
export class Invocation {
  readonly machine: Machine;
  readonly process: Process;
  /** Its arguments, its own name first. */
  readonly argv: readonly ByteString[];
  readonly environment: ReadonlyMap<string, ByteString>;
  readonly cwd: string;
  readonly umask: number;
  readonly descriptors: Descriptors;

  constructor(options: {
    readonly machine: Machine;
    readonly process: Process;
    readonly argv: readonly ByteString[];
    readonly environment: ReadonlyMap<string, ByteString>;
    readonly cwd: string;
    readonly umask: number;
    readonly descriptors: Descriptors;
  }) {
    this.machine = options.machine;
    this.process = options.process;
    this.argv = options.argv;
    this.environment = options.environment;
    this.cwd = options.cwd;
    this.umask = options.umask;
    this.descriptors = options.descriptors;
  }

  get name(): string {
    return this.argv[0] ?? '';
  }
  get args(): readonly ByteString[] {
    return this.argv.slice(1);
  }
  get stdin(): OpenFile {
    return this.descriptors.get(0) ?? nothing;
  }
  out(text: ByteString): Promise<void> | void {
    return text === '' ? undefined : (this.descriptors.get(1) ?? nothing).write(this.process, text);
  }
  err(text: ByteString): void {
    mention(this.descriptors.get(2), this.process, text);
  }
  /** Prints `name: message` on standard error and answers `status`. */
  fail(message: string, status = 1): number {
    this.err(`${this.name.replace(/^.*\//u, '')}: ${message}\n`);
    return status;
  }
  path(path: string): string {
    return absolute(this.cwd, ownProc(path, this.process.pid));
  }
  /** The same invocation for another program, as `sudo` and `timeout` start one. */
  with(changes: {
    readonly argv?: readonly ByteString[];
    readonly process?: Process;
    readonly environment?: ReadonlyMap<string, ByteString>;
    readonly descriptors?: Descriptors;
    readonly cwd?: string;
  }): Invocation {
    return new Invocation({
      machine: this.machine,
      process: changes.process ?? this.process,
      argv: changes.argv ?? this.argv,
      environment: changes.environment ?? this.environment,
      cwd: changes.cwd ?? this.cwd,
      umask: this.umask,
      descriptors: changes.descriptors ?? this.descriptors,
    });
  }
}
