/** One boot of a simulated board: its kernel's tables from power on to power off. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type ByteString, fromBytes, fromText } from './bytes.ts';
import { type BoardClock, boardClock } from './clock.ts';
import type { ClientDaemon } from './client/daemon.ts';
import { SystemError } from './files/errors.ts';
import { absolute } from './files/path.ts';
import { type Credential, root } from './files/credential.ts';
import type { FileSystem } from './files/file-system.ts';
import type { LooseEntry } from './files/inodes.ts';
import { populateVolatile } from './kernel-files.ts';
import type { BoardUser, SimulatedBoardOptions } from './options.ts';
import { programs } from './programs.ts';
import { Services } from './services.ts';
import { Killed, type Process, ProcessTable, Session } from './shell/process.ts';
import type { Program } from './shell/program.ts';
import { Tty } from './tty/tty.ts';
import { TtyOpening } from './tty/opening.ts';

/** What a machine needs of the board around it. */
export interface MachineHost {
  readonly options: SimulatedBoardOptions;
  readonly files: FileSystem;
  /** Milliseconds that the board's clock is ahead; kept by its battery. */
  clockOffset: number;
  send(data: ByteString): void;
  /** Something happened that the simulation cannot do. */
  fault(error: unknown): void;
  restart(how: 'reboot' | 'poweroff'): void;
}

export interface Loaded {
  readonly name: string;
  /** The file that runs: the program itself, or a script's interpreter. */
  readonly path: string;
  readonly run: Program;
  /** What to start it with instead of the caller's first word: a script's interpreter and the script. */
  readonly argv?: readonly ByteString[];
}

/** A board that runs: its processes, its clock and its console, from one power-on to the next. */
export class Machine {
  readonly options: SimulatedBoardOptions;
  readonly files: FileSystem;
  readonly clock: BoardClock;
  readonly processes = new ProcessTable();
  readonly tty: Tty;
  readonly console: TtyOpening;
  readonly services: Services;
  readonly bootId = randomUUID();
  readonly kernelLog: string[] = [];
  readonly sudoTickets = new Map<number, number>();
  readonly startedAt: number;
  hostname: string;
  /** Kernel messages of a lower level than this come to the console. */
  consoleLevel = 7;
  clientDaemon: ClientDaemon | undefined;
  session: Session | undefined;
  off = false;
  private readonly host: MachineHost;
  private readonly timers = new Set<() => void>();

  constructor(host: MachineHost) {
    this.host = host;
    this.options = host.options;
    this.files = host.files;
    this.clock = boardClock(host.options.clock);
    this.hostname = host.options.hostname;
    this.startedAt = this.clock.now();
    this.tty = new Tty({
      send: (data) => {
        if (!this.off) host.send(data);
      },
      signal: (signal) => {
        if (this.session) this.processes.signalSession(this.session, signal);
      },
      flow: host.options.line.flow,
      baud: host.options.line.baud,
    });
    this.console = new TtyOpening(this.tty);
    this.services = new Services(this);
    populateVolatile(this.files, this.options, {
      now: () => this.now(),
      uptime: () => (this.clock.now() - this.startedAt) / 1000,
      bootId: this.bootId,
      consoleLevel: () => this.consoleLevel,
      setConsoleLevel: (level) => (this.consoleLevel = level),
    });
    const systemd = this.options.system.init === 'systemd';
    const init = this.processes.spawn(undefined, {
      name: systemd ? 'systemd' : 'init',
      args: [systemd ? '/sbin/init' : 'init'],
      pid: 1,
    });
    init.program = systemd ? '/usr/lib/systemd/systemd' : '/usr/bin/busybox';
    this.showProcesses();
  }

  /** Shows the processes in /proc. */
  private showProcesses(): void {
    const proc = this.files.node(root, '/proc');
    if (proc.kind !== 'directory') return;
    proc.living = {
      names: () => this.processes.all().map((process) => String(process.pid)),
      get: (name) => {
        const process = /^[0-9]+$/u.test(name) ? this.processes.get(Number(name)) : undefined;
        if (!process) return undefined;
        const descriptors = this.files.inodes.loose(
          proc.mount,
          new Map([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((fd) => [String(fd), { device: `fd${fd}` }])),
        );
        return this.files.inodes.loose(
          proc.mount,
          new Map<string, LooseEntry>([
            ['comm', `${process.name.slice(0, 15)}\n`],
            ['cmdline', process.args.map((word) => `${word}\0`).join('')],
            ['environ', [...process.environment].map(([key, value]) => `${key}=${value}\0`).join('')],
            [
              'status',
              `Name:\t${process.name}\nPid:\t${process.pid}\nPPid:\t${process.parent}\nUid:\t${process.who.uid}\t${process.who.uid}\t${process.who.uid}\t${process.who.uid}\n`,
            ],
            ['exe', { target: process.program === '' ? '/usr/bin/dash' : process.program }],
            ['fd', descriptors],
          ]),
        );
      },
    };
  }

  get flavour(): 'gnu' | 'busybox' {
    return this.options.system.userland;
  }

  /** The board's own time, milliseconds since 1970. */
  now(): number {
    return this.clock.now() + this.host.clockOffset;
  }

  setTime(time: number): void {
    this.host.clockOffset = time - this.clock.now();
  }

  /** Lets a process wait. */
  sleep(process: Process, ms: number): Promise<void> {
    return process.pause((done) => this.clock.after(ms, done));
  }

  /** Calls `run` every `ms` milliseconds for as long as there is power. */
  every(ms: number, run: () => void): void {
    const again = (): void => {
      const off = this.clock.after(ms, () => {
        this.timers.delete(off);
        if (this.off) return;
        run();
        again();
      });
      this.timers.add(off);
    };
    again();
  }

  /** Calls `run` once after `ms`, if there is still power. */
  later(ms: number, run: () => void): void {
    const off = this.clock.after(ms, () => {
      this.timers.delete(off);
      if (!this.off) run();
    });
    this.timers.add(off);
  }

  user(name: string): BoardUser | undefined {
    return this.options.users.find((user) => user.name === name);
  }

  userById(uid: number): BoardUser | undefined {
    return this.options.users.find((user) => user.uid === uid);
  }

  randomBytes(count: number): ByteString {
    return fromBytes(randomBytes(count));
  }

  fault(error: unknown): void {
    if (error instanceof Killed || this.off) return;
    this.host.fault(error);
  }

  restart(how: 'reboot' | 'poweroff'): void {
    this.host.restart(how);
  }

  /** The path of a program as `PATH` leads to it. */
  which(name: string, path: string, who: Credential, cwd: string): string | undefined {
    if (name.includes('/')) return name;
    for (const directory of path.split(':')) {
      const candidate = absolute(cwd, `${directory === '' ? '.' : directory}/${name}`);
      if (this.files.peek(who, candidate)?.kind === 'file' && this.files.access(who, candidate, 1))
        return candidate;
    }
    return undefined;
  }

  /** Finds the program that a file stands for. */
  load(who: Credential, path: string, shown: string): Loaded | 'missing' | 'forbidden' {
    const node = this.files.peek(who, path);
    if (!node) return 'missing';
    if (node.kind !== 'file' || !this.files.access(who, path, 1)) return 'forbidden';
    const name = shown.replace(/^.*\//u, '');
    if (node.program !== undefined) {
      const run = programs[node.program];
      return run ? { name, path: this.files.resolve(root, path), run } : 'forbidden';
    }
    const first = /^#![ \t]*(\S+)(?:[ \t]+(\S+))?/u.exec(node.data);
    const interpreter =
      first?.[1] === '/usr/bin/env' ? `/usr/bin/${first[2] ?? ''}` : (first?.[1] ?? '/bin/sh');
    const loaded = this.files.peek(who, interpreter);
    if (loaded?.kind !== 'file' || loaded.program === undefined) return 'missing';
    const run = programs[loaded.program];
    const argument = first?.[1] === '/usr/bin/env' ? undefined : first?.[2];
    return run
      ? {
          name,
          path: this.files.resolve(root, interpreter),
          run,
          argv: [interpreter.replace(/^.*\//u, ''), ...(argument === undefined ? [] : [argument]), shown],
        }
      : 'missing';
  }

  // --- what others write on the line

  /** A message of the kernel: always in its log, on the console when its level is low enough. */
  printk(level: number, text: string): void {
    const line = `[${((this.clock.now() - this.startedAt) / 1000).toFixed(6).padStart(12)}] ${text}`;
    this.kernelLog.push(line);
    if (this.kernelLog.length > 500) this.kernelLog.shift();
    if (level < this.consoleLevel) this.tty.printRaw(`${fromText(line)}\r\n`);
  }

  /** A line of systemd's status. */
  printStatus(text: string): void {
    this.tty.printRaw(`[\x1b[0;32m  OK  \x1b[0m] ${fromText(text)}\r\r\n`);
  }

  /** A message to everybody's terminal. */
  broadcast(from: string, text: string): void {
    this.tty.printRaw(
      `\r${' '.repeat(79)}\r\r\nBroadcast message from ${from} (${new Date(this.now()).toUTCString().replace('GMT', 'UTC')}):\x07\x07\r\r\n\r\r\n${fromText(text)}\r\r\n\r\r\n`,
    );
  }

  authLog(line: string): void {
    try {
      const path = '/var/log/auth.log';
      this.files.put(
        root,
        path,
        `${this.files.read(root, path)}${new Date(this.now()).toISOString()} ${this.hostname} ${line}\n`,
        0o640,
      );
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  /** Ends everything at once. */
  cutPower(): void {
    this.off = true;
    for (const off of this.timers) off();
    this.timers.clear();
    this.processes.killAll();
  }
}
