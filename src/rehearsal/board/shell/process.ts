/** Processes of a simulated board: numbers, signals, and what a process that waits does when it is killed. */
import type { ByteString } from '../bytes.ts';
import type { Credential } from '../files/credential.ts';
import type { OpenFile } from './streams.ts';

/** Signals by name, with Linux' numbers. */
export const signals = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
} as const;

export type Signal = keyof typeof signals;

/** The signal of a name (`HUP`, `SIGHUP`, any case) or a number. */
export function signalOf(text: string): Signal | undefined {
  const name = text.toUpperCase().replace(/^SIG/u, '');
  for (const [signal, number] of Object.entries(signals)) {
    if (signal === name || String(number) === text) return signal as Signal;
  }
  return undefined;
}

/** A process that was killed: thrown wherever it waits. */
export class Killed extends Error {
  readonly signal: Signal;
  constructor(signal: Signal) {
    super(`killed by SIG${signal}`);
    this.name = 'Killed';
    this.signal = signal;
  }
  /** What the shell that waits for it sees as `$?`. */
  get status(): number {
    return 128 + signals[this.signal];
  }
}

/** The processes on one tty between a login and the hang-up. */
export class Session {
  /** The session's tty. */
  readonly terminal: OpenFile;
  /** The user that logged in. */
  user = 'root';
  constructor(terminal: OpenFile) {
    this.terminal = terminal;
  }
  /** Called when the session's leader ends. */
  onEnd: (() => void) | undefined;
  /** The process whose end hangs up the tty. */
  leader: Process | undefined;
}

type Disposition = 'default' | 'ignore' | (() => void);

const ignoredByDefault = new Set<Signal>(['CHLD', 'CONT']);

/** One process. It lives from `ProcessTable.spawn` until `end`. */
export class Process {
  readonly pid: number;
  readonly parent: number;
  name: string;
  args: readonly string[];
  who: Credential;
  readonly session: Session | undefined;
  /** What /proc shows of its environment and its program. */
  environment: ReadonlyMap<string, ByteString> = new Map();
  program = '';
  /** Out of reach of the tty: started with `&` by a shell with job control, `nohup` or `setsid`. */
  detached: boolean;
  killed: Killed | undefined;
  ended = false;
  private readonly table: ProcessTable;
  private readonly dispositions = new Map<Signal, Disposition>();
  private readonly waiting = new Set<(error: Error) => void>();

  constructor(table: ProcessTable, pid: number, parent: Process | undefined, options: SpawnOptions) {
    this.table = table;
    this.pid = pid;
    this.parent = parent?.pid ?? 1;
    this.name = options.name;
    this.args = options.args ?? [options.name];
    this.who = options.who ?? parent?.who ?? { uid: 0, gid: 0 };
    this.session = options.session ?? parent?.session;
    this.program = parent?.program ?? '';
    this.environment = parent?.environment ?? new Map();
    this.detached = options.detached ?? parent?.detached ?? false;
    if (parent)
      for (const [signal, how] of parent.dispositions)
        if (how === 'ignore') this.dispositions.set(signal, how);
  }

  /** What this process does on a signal; a function runs at once and decides by itself. KILL cannot be changed. */
  on(signal: Signal, how: Disposition): void {
    if (signal !== 'KILL' && signal !== 'STOP') this.dispositions.set(signal, how);
  }

  disposition(signal: Signal): Disposition {
    return this.dispositions.get(signal) ?? 'default';
  }

  /** What an `exec` keeps: ignored signals stay ignored, caught ones become the default again. */
  forgetHandlers(): void {
    for (const [signal, how] of this.dispositions) if (how !== 'ignore') this.dispositions.delete(signal);
  }

  /** Delivers a signal. */
  signal(signal: Signal): void {
    if (this.ended || this.killed) return;
    const how = this.dispositions.get(signal) ?? 'default';
    if (signal === 'KILL' || how === 'default') {
      if (ignoredByDefault.has(signal)) return;
      this.killed = new Killed(signal);
      const waiting = [...this.waiting];
      this.waiting.clear();
      for (const reject of waiting) reject(this.killed);
    } else if (how !== 'ignore') how();
  }

  /** Throws when the process has been killed: called between two steps of its work. */
  check(): void {
    if (this.killed) throw this.killed;
  }

  /**
   * Waits for something outside the process. `start` gets the two ends of a promise and returns what calls the wait off;
   * a signal that kills the process ends the wait with `Killed`.
   */
  async wait<T>(
    start: (resolve: (value: T) => void, reject: (error: Error) => void) => (() => void) | undefined,
  ): Promise<T> {
    this.check();
    let stop: (() => void) | undefined;
    let settled = false;
    let interrupt: ((error: Error) => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        interrupt = (error) => {
          settled = true;
          reject(error);
        };
        this.waiting.add(interrupt);
        stop = start(
          (value) => {
            settled = true;
            resolve(value);
          },
          (error) => {
            settled = true;
            reject(error);
          },
        );
        if (settled) stop = undefined;
      });
    } finally {
      if (interrupt) this.waiting.delete(interrupt);
      stop?.();
    }
  }

  /** Waits until `done` is called. */
  async pause(start: (done: () => void) => (() => void) | undefined): Promise<void> {
    await this.wait<null>((resolve) => start(() => resolve(null)));
  }

  /** Waits for work that goes on by itself. */
  join<T>(work: Promise<T>): Promise<T> {
    return this.wait<T>((resolve, reject) => {
      work.then(resolve, reject);
      return undefined;
    });
  }

  /** Breaks off whatever the process waits for, with `error`. */
  interrupt(error: Error): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const reject of waiting) reject(error);
  }

  /** Takes the process off the table. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.table.forget(this);
    if (this.session?.leader === this) this.session.onEnd?.();
  }
}

export interface SpawnOptions {
  readonly name: string;
  readonly args?: readonly string[];
  readonly who?: Credential;
  readonly session?: Session;
  readonly detached?: boolean;
  readonly pid?: number;
}

/** All processes of one boot. */
export class ProcessTable {
  private nextPid = 412;
  private readonly processes = new Map<number, Process>();

  spawn(parent: Process | undefined, options: SpawnOptions): Process {
    const process = new Process(this, options.pid ?? this.nextPid++, parent, options);
    this.processes.set(process.pid, process);
    return process;
  }

  forget(process: Process): void {
    this.processes.delete(process.pid);
  }

  get(pid: number): Process | undefined {
    return this.processes.get(pid);
  }

  all(): Process[] {
    return [...this.processes.values()];
  }

  /** Sends a signal to the processes that a session's tty reaches. */
  signalSession(session: Session, signal: Signal): void {
    for (const process of this.all())
      if (process.session === session && !process.detached) process.signal(signal);
  }

  /** Ends everything, as a power cut does. */
  killAll(): void {
    for (const process of this.all()) process.signal('KILL');
  }
}
