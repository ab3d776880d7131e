/** Runs the shell language: one `Shell` is one shell process, a subshell is a fork of it. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { absolute } from '../files/path.ts';
import type { Machine } from '../machine.ts';
import { ArithmeticError } from './arithmetic.ts';
import type { Command, List } from './ast.ts';
import { inChild, type Job, runInBackground } from './children.ts';
import { FunctionReturn, Interrupted, LoopControl, ShellExit } from './control.ts';
import { dispatch } from './dispatch.ts';
import { ExpansionError, type Scope } from './expand.ts';
import { complaint, type Flavour } from './flavour.ts';
import { parse } from './parser.ts';
import type { Process, Signal } from './process.ts';
import { type Descriptors, ownProc } from './program.ts';
import { Collector, mention, type OpenFile } from './streams.ts';
import { ShellSyntaxError } from './syntax-errors.ts';
import { Variables } from './variables.ts';

/** What a shell is started with. */
export interface ShellOptions {
  readonly machine: Machine;
  readonly process: Process;
  readonly flavour: Flavour;
  readonly name: string;
  readonly parameters?: readonly ByteString[];
  readonly environment: ReadonlyMap<string, ByteString>;
  readonly descriptors: Descriptors;
  readonly cwd: string;
  readonly umask: number;
  readonly interactive?: boolean;
}

/** One shell process. */
export class Shell implements Scope {
  readonly machine: Machine;
  readonly process: Process;
  readonly flavour: Flavour;
  readonly name: string;
  readonly interactive: boolean;
  /** What `$$` says: a subshell keeps that of its parent. */
  readonly mainPid: number;
  cwd: string;
  umask: number;
  parameters: readonly ByteString[];
  descriptors: Map<number, OpenFile>;
  readonly variables = new Variables();
  readonly functions = new Map<string, Command>();
  readonly options = new Set<string>();
  readonly traps = new Map<string, string>();
  readonly jobs: Job[] = [];
  status = 0;
  lastJob: number | undefined;
  line = 1;
  /** Set while `read` or `wait` may be broken off by a trap. */
  interruptible = false;
  private readonly pendingTraps: Signal[] = [];
  /** Functions that run within each other now. */
  depth = 0;
  private tested = 0;
  /** The status of the last command substitution of the command that runs. */
  substituted: number | undefined;

  constructor(options: ShellOptions, parent?: Shell) {
    this.machine = options.machine;
    this.process = options.process;
    this.flavour = options.flavour;
    this.name = options.name;
    this.interactive = options.interactive ?? false;
    this.cwd = options.cwd;
    this.umask = options.umask;
    this.parameters = options.parameters ?? [];
    this.descriptors = new Map(options.descriptors);
    this.mainPid = parent?.mainPid ?? options.process.pid;
    if (parent) {
      for (const [name, variable] of parent.variables) this.variables.set(name, { ...variable });
      for (const [name, body] of parent.functions) this.functions.set(name, body);
      for (const option of parent.options) this.options.add(option);
      for (const [name, action] of parent.traps) if (action === '') this.traps.set(name, '');
      this.status = parent.status;
      this.lastJob = parent.lastJob;
      this.line = parent.line;
      this.depth = parent.depth;
      this.tested = parent.tested;
    } else {
      for (const [name, value] of options.environment) {
        if (/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name))
          this.variables.set(name, { value, exported: true, readonly: false });
      }
      this.variables.set('IFS', { value: ' \t\n', exported: false, readonly: false });
      this.variables.set('PWD', {
        value: options.cwd,
        exported: this.variables.get('PWD')?.exported ?? false,
        readonly: false,
      });
      this.variables.set('OPTIND', { value: '1', exported: false, readonly: false });
      this.variables.set('PPID', { value: String(options.process.parent), exported: false, readonly: false });
      if (!this.variables.has('PATH')) {
        this.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
      }
    }
  }

  // --- variables

  get noUnset(): boolean {
    return this.options.has('u');
  }
  get noGlob(): boolean {
    return this.options.has('f');
  }

  /** A variable, or a special parameter such as `?`. */
  get(name: string): ByteString | undefined {
    const variable = this.variables.get(name);
    if (variable) return variable.value;
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return String(this.mainPid);
      case '!':
        return this.lastJob === undefined ? undefined : String(this.lastJob);
      case '#':
        return String(this.parameters.length);
      case '0':
        return this.name;
      case '-':
        return [...this.options].join('') + (this.interactive ? 'i' : '');
      case 'LINENO':
        return String(this.line);
      default:
        return /^[1-9]/u.test(name) ? this.parameters[Number(name) - 1] : undefined;
    }
  }

  /** Assigns a variable. Throws `ExpansionError` when it is read only. */
  set(name: string, value: ByteString): void {
    this.variables.assign(name, value, this.options.has('a'));
  }

  names(directory: string): readonly string[] {
    try {
      return this.machine.files.list(this.process.who, this.path(directory));
    } catch (error) {
      if (error instanceof SystemError) return [];
      throw error;
    }
  }

  exists(path: string): boolean {
    return this.machine.files.peek(this.process.who, this.path(path), { follow: false }) !== undefined;
  }

  /** A path as this process means it. */
  path(path: string): string {
    return absolute(this.cwd, ownProc(path, this.process.pid));
  }

  // --- output

  /** Prints on standard output. */
  out(text: ByteString): Promise<void> | void {
    return text === '' ? undefined : this.descriptors.get(1)?.write(this.process, text);
  }

  /** Prints on standard error, as a message of the shell. */
  complain(message: string): void {
    mention(
      this.descriptors.get(2),
      this.process,
      `${complaint(this.flavour, this.name, this.line, this.interactive)}${message}\n`,
    );
  }

  // --- signals and traps

  /** Sets what happens on a signal; undefined restores the default. */
  trap(condition: string, action: string | undefined): void {
    if (action === undefined) this.traps.delete(condition);
    else this.traps.set(condition, action);
    if (condition === 'EXIT') return;
    const signal = condition as Signal;
    this.process.on(
      signal,
      action === undefined
        ? 'default'
        : action === ''
          ? 'ignore'
          : () => {
              this.pendingTraps.push(signal);
              if (this.interruptible) this.process.interrupt(new Interrupted(signal));
            },
    );
  }

  /** Runs the traps of the signals that came. */
  async runTraps(): Promise<void> {
    for (let signal = this.pendingTraps.shift(); signal; signal = this.pendingTraps.shift()) {
      const action = this.traps.get(signal);
      if (action === undefined || action === '') continue;
      const status = this.status;
      await this.runText(action);
      this.status = status;
    }
  }

  /** Runs the EXIT trap, once. */
  async runExitTrap(): Promise<void> {
    const action = this.traps.get('EXIT');
    this.traps.delete('EXIT');
    if (action !== undefined && action !== '') {
      const status = this.status;
      await this.runText(action);
      this.status = status;
    }
  }

  // --- running

  /** Parses and runs text in this shell, as `eval` does. */
  async runText(text: ByteString, line = 1): Promise<number> {
    let program: List;
    try {
      program = parse(text, line);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      this.complain(error.message);
      this.status = 2;
      if (!this.interactive) throw new ShellExit(2);
      return 2;
    }
    if (program.length === 0) this.status = 0;
    return this.list(program);
  }

  /** Runs a whole program and ends the shell: the EXIT trap is run. Answers the exit status. */
  async main(work: () => Promise<number>): Promise<number> {
    const guarded = async (run: () => Promise<unknown>): Promise<void> => {
      try {
        await run();
      } catch (error) {
        if (error instanceof ShellExit || error instanceof FunctionReturn) this.status = error.status;
        else if (!(error instanceof LoopControl)) throw error;
      }
    };
    await guarded(work);
    this.process.check();
    await guarded(() => this.runExitTrap());
    return this.status;
  }

  /** Runs commands one after the other; answers the status of the last one. */
  async list(list: List): Promise<number> {
    for (const item of list) {
      if (item.background) this.status = runInBackground(this, item.command);
      else this.status = await this.run(item.command);
    }
    return this.status;
  }

  /** Runs one command. `last` says that the shell's process has nothing to do afterwards, so that it becomes the program. */
  async run(command: Command, last = false): Promise<number> {
    this.process.check();
    if (this.pendingTraps.length > 0) await this.runTraps();
    let status: number;
    try {
      status = await dispatch(this, command, last);
    } catch (error) {
      if (error instanceof ExpansionError || error instanceof ArithmeticError) {
        this.complain(error.message);
        this.status = this.flavour === 'bash' ? 1 : 2;
        if (this.interactive) return this.status;
        throw new ShellExit(this.status);
      }
      throw error;
    }
    this.status = status;
    if (this.pendingTraps.length > 0) await this.runTraps();
    if (
      status !== 0 &&
      this.tested === 0 &&
      this.options.has('e') &&
      (command.kind === 'simple' ||
        command.kind === 'subshell' ||
        (command.kind === 'pipeline' && !command.negated) ||
        command.kind === 'redirected')
    ) {
      throw new ShellExit(status);
    }
    return status;
  }

  /** Runs a list whose failure is asked for, so that `set -e` does not end the shell. */
  async condition(list: List): Promise<number> {
    this.tested++;
    try {
      return await this.list(list);
    } finally {
      this.tested--;
    }
  }

  /** Runs a command whose failure is asked for. */
  async runTested(command: Command): Promise<number> {
    this.tested++;
    try {
      return await this.run(command);
    } finally {
      this.tested--;
    }
  }

  /** The status of a command whose redirection failed. */
  get redirectionStatus(): number {
    return this.flavour === 'dash' ? 2 : 1;
  }

  // --- forks

  /** Makes a fork of this shell in a process of its own. */
  fork(descriptors: Descriptors = this.descriptors, detached = false): Shell {
    const process = this.machine.processes.spawn(this.process, {
      name: this.process.name,
      args: this.process.args,
      detached: detached || this.process.detached,
    });
    const shell = new Shell(
      {
        machine: this.machine,
        process,
        flavour: this.flavour,
        name: this.name,
        parameters: this.parameters,
        environment: new Map(),
        descriptors,
        cwd: this.cwd,
        umask: this.umask,
      },
      this,
    );
    for (const file of shell.descriptors.values()) file.retain();
    return shell;
  }

  /** Runs work in a fork to its end; answers its exit status. */
  async subshell(work: (shell: Shell) => Promise<number>, descriptors: Descriptors): Promise<number> {
    const shell = this.fork(descriptors);
    return this.process.join(inChild(this, shell, work));
  }

  /** Runs commands in a fork; answers what they print, without the newlines at its end. */
  async substitute(body: List): Promise<ByteString> {
    const collector = new Collector();
    const status = await this.subshell(
      (shell) => shell.list(body),
      new Map(this.descriptors).set(1, collector),
    );
    this.status = status;
    this.substituted = status;
    return collector.text.replaceAll('\0', '').replace(/\n+$/u, '');
  }
}
