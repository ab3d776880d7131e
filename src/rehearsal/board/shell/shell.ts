/** Runs the shell language: one `Shell` is one shell process, a subshell is a fork of it. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import { absolute } from '../files/path.ts';
import type { Machine } from '../machine.ts';
import { ArithmeticError } from './arithmetic.ts';
import type { Assignment, Command, List, Redirect } from './ast.ts';
import { builtins, specialBuiltins } from './builtins.ts';
import { FunctionReturn, Interrupted, LoopControl, ShellExit } from './control.ts';
import { openDevice } from './devices.ts';
import { expandFields, expandPattern, expandText, ExpansionError, type Scope } from './expand.ts';
import { cannotOpen, complaint, type Flavour, notFound } from './flavour.ts';
import { parse } from './parser.ts';
import { matches } from './pattern.ts';
import { Killed, type Process, type Signal } from './process.ts';
import { type Descriptors, Invocation, ownProc } from './program.ts';
import { runProgram } from './run-program.ts';
import { Collector, DiskFile, mention, NullFile, type OpenFile, Pipe } from './streams.ts';
import { ShellSyntaxError } from './syntax-errors.ts';

interface Variable {
  value: ByteString | undefined;
  exported: boolean;
  readonly: boolean;
}

/** A command in the background. */
export interface Job {
  readonly pid: number;
  readonly done: Promise<number>;
  status: number | undefined;
}

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

const maxDepth = 200;

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
  readonly variables = new Map<string, Variable>();
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
  private readonly locals: Map<string, Variable | undefined>[] = [];
  private depth = 0;
  private tested = 0;
  private substituted: number | undefined;

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

  set(name: string, value: ByteString): void {
    const variable = this.variables.get(name);
    if (variable?.readonly) throw new ExpansionError(`${name}: is read only`);
    if (variable) variable.value = value;
    else this.variables.set(name, { value, exported: this.options.has('a'), readonly: false });
  }

  unset(name: string): void {
    if (this.variables.get(name)?.readonly) throw new ExpansionError(`${name}: is read only`);
    this.variables.delete(name);
  }

  export(name: string): void {
    const variable = this.variables.get(name);
    if (variable) variable.exported = true;
    else this.variables.set(name, { value: undefined, exported: true, readonly: false });
  }

  /** Makes a variable of the function that runs; false outside of any. */
  local(name: string): boolean {
    const frame = this.locals.at(-1);
    if (!frame) return false;
    const old = this.variables.get(name);
    if (!frame.has(name)) frame.set(name, old && { ...old });
    return true;
  }

  environment(extra: readonly (readonly [string, ByteString])[] = []): Map<string, ByteString> {
    const environment = new Map<string, ByteString>();
    for (const [name, { value, exported }] of this.variables)
      if (exported && value !== undefined) environment.set(name, value);
    for (const [name, value] of extra) environment.set(name, value);
    return environment;
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

  out(text: ByteString): Promise<void> | void {
    return text === '' ? undefined : this.descriptors.get(1)?.write(this.process, text);
  }

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

  async list(list: List): Promise<number> {
    for (const item of list) {
      if (item.background) this.status = this.background(item.command);
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
      status = await this.dispatch(command, last);
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

  private async condition(list: List): Promise<number> {
    this.tested++;
    try {
      return await this.list(list);
    } finally {
      this.tested--;
    }
  }

  private async dispatch(command: Command, last: boolean): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.simple(command, last);
      case 'pipeline':
        return this.pipeline(command);
      case 'and-or': {
        let status = await this.testedRun(command.first);
        let index = 0;
        for (const { operator, command: next } of command.rest) {
          index++;
          if ((operator === '&&') !== (status === 0)) continue;
          status = index === command.rest.length ? await this.run(next) : await this.testedRun(next);
        }
        return status;
      }
      case 'if':
        for (const branch of command.branches)
          if ((await this.condition(branch.condition)) === 0) return this.list(branch.body);
        return command.otherwise ? this.list(command.otherwise) : 0;
      case 'loop': {
        let status = 0;
        await this.loop(async () => {
          if (((await this.condition(command.condition)) === 0) === command.until) return false;
          status = await this.list(command.body);
          return true;
        });
        return status;
      }
      case 'for': {
        const words = command.words ? await expandFields(this, command.words) : [...this.parameters];
        let status = 0;
        await this.loop(async () => {
          const word = words.shift();
          if (word === undefined) return false;
          this.set(command.name, word);
          status = await this.list(command.body);
          return true;
        });
        return status;
      }
      case 'case': {
        const subject = await expandText(this, command.subject);
        for (const item of command.items) {
          for (const pattern of item.patterns) {
            if (matches(await expandPattern(this, pattern), subject))
              return item.body.length === 0 ? 0 : this.list(item.body);
          }
        }
        return 0;
      }
      case 'group':
        return this.list(command.body);
      case 'subshell':
        return this.subshell((shell) => shell.list(command.body), this.descriptors);
      case 'function':
        this.functions.set(command.name, command.body);
        return 0;
      case 'redirected': {
        const opened = await this.redirected(command.redirects);
        if (!opened) return this.redirectionStatus;
        const saved = this.descriptors;
        this.descriptors = opened.descriptors;
        try {
          return await this.dispatch(command.command, false);
        } finally {
          this.descriptors = saved;
          opened.close();
        }
      }
    }
  }

  private async testedRun(command: Command): Promise<number> {
    this.tested++;
    try {
      return await this.run(command);
    } finally {
      this.tested--;
    }
  }

  private async loop(step: () => Promise<boolean>): Promise<void> {
    for (;;) {
      this.process.check();
      try {
        if (!(await step())) return;
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.levels > 1) throw new LoopControl(error.how, error.levels - 1);
        if (error.how === 'break') return;
      }
    }
  }

  private get redirectionStatus(): number {
    return this.flavour === 'dash' ? 2 : 1;
  }

  // --- subshells, pipelines, jobs

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

  /** Runs work in a forked shell to its end; answers its exit status. Never rejects for what happens inside, but for faults. */
  private async inChild(shell: Shell, work: (shell: Shell) => Promise<number>): Promise<number> {
    try {
      return await shell.main(() => work(shell));
    } catch (error) {
      if (error instanceof Killed) return error.status;
      this.machine.fault(error);
      return 2;
    } finally {
      for (const file of shell.descriptors.values()) file.release();
      shell.process.end();
    }
  }

  /** Waits for a child so that a signal to this shell ends the wait. */
  private waitFor(child: Promise<number>): Promise<number> {
    return this.process.join(child);
  }

  async subshell(work: (shell: Shell) => Promise<number>, descriptors: Descriptors): Promise<number> {
    const shell = this.fork(descriptors);
    return this.waitFor(this.inChild(shell, work));
  }

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

  private async pipeline(command: Extract<Command, { kind: 'pipeline' }>): Promise<number> {
    const { commands, negated } = command;
    const [only] = commands;
    let status: number;
    if (commands.length === 1 && only) status = await this.testedRun(only);
    else {
      const running: Promise<number>[] = [];
      let input: OpenFile | undefined;
      commands.forEach((stage, index) => {
        const descriptors = new Map(this.descriptors);
        if (input) descriptors.set(0, input);
        const pipe = index < commands.length - 1 ? new Pipe() : undefined;
        if (pipe) descriptors.set(1, pipe.sink);
        const shell = this.fork(descriptors);
        // The fork holds its own ends; the shell that made the pipe lets go of them.
        input?.release();
        pipe?.sink.release();
        input = pipe?.source;
        running.push(this.inChild(shell, (forked) => forked.run(stage, true)));
      });
      const statuses = await this.process.join(Promise.all(running));
      status = statuses.at(-1) ?? 0;
      if (this.options.has('pipefail')) status = statuses.findLast((one) => one !== 0) ?? 0;
    }
    if (!negated) return status;
    return status === 0 ? 1 : 0;
  }

  private background(command: Command): number {
    const descriptors = new Map(this.descriptors);
    if (!this.interactive) descriptors.set(0, new NullFile());
    const shell = this.fork(descriptors, this.interactive);
    if (!this.interactive) {
      shell.process.on('INT', 'ignore');
      shell.process.on('QUIT', 'ignore');
    }
    const pid = shell.process.pid;
    const done = this.inChild(shell, (forked) =>
      forked.run(command.kind === 'subshell' ? { kind: 'group', body: command.body } : command, true),
    );
    const job: Job = { pid, done, status: undefined };
    void done.then((status) => (job.status = status));
    this.jobs.push(job);
    if (this.jobs.length > 64) this.jobs.shift();
    this.lastJob = pid;
    if (this.interactive) mention(this.descriptors.get(2), this.process, `[${this.jobs.length}] ${pid}\n`);
    return 0;
  }

  // --- redirections

  private open(redirect: Redirect, target: ByteString, descriptors: Map<number, OpenFile>): OpenFile {
    if (redirect.operator === 'here') return new DiskFile(target);
    if (redirect.operator === '<&' || redirect.operator === '>&') {
      const file = descriptors.get(Number(target));
      if (!/^[0-9]+$/u.test(target) || !file) throw new SystemError('EBADF');
      file.retain();
      return file;
    }
    const mode = {
      read: redirect.operator === '<' || redirect.operator === '<>',
      write: redirect.operator !== '<',
      append: redirect.operator === '>>',
    };
    const node = this.machine.files.open(this.process.who, this.path(target), {
      ...mode,
      ...(mode.write ? { create: 0o666 & ~this.umask } : {}),
      truncate: redirect.operator === '>' || redirect.operator === '>|',
      exclusive: false,
    });
    return this.openNode(node, mode);
  }

  /** Makes an open file of what is at a path. */
  openNode(
    node: ReturnType<Machine['files']['open']>,
    mode: { read: boolean; write: boolean; append: boolean },
  ): OpenFile {
    if (node.kind === 'file') return new DiskFile({ system: this.machine.files, node }, mode);
    if (node.kind === 'directory') throw new SystemError('EISDIR');
    return openDevice(this.machine, node.device, this.descriptors, this.process);
  }

  /** The descriptors with redirections done; undefined (and a message printed) when one failed. */
  async redirected(
    redirects: readonly Redirect[],
  ): Promise<{ readonly descriptors: Map<number, OpenFile>; readonly close: () => void } | undefined> {
    const descriptors = new Map(this.descriptors);
    const opened: OpenFile[] = [];
    const close = (): void => {
      for (const file of opened) file.release();
    };
    for (const redirect of redirects) {
      const target = await expandText(this, redirect.target);
      if ((redirect.operator === '<&' || redirect.operator === '>&') && target === '-') {
        descriptors.delete(redirect.fd);
        continue;
      }
      try {
        const file = this.open(redirect, target, descriptors);
        opened.push(file);
        descriptors.set(redirect.fd, file);
      } catch (error) {
        close();
        if (!(error instanceof SystemError)) throw error;
        if (redirect.operator === '<&' || redirect.operator === '>&')
          this.complain(`${target}: ${error.message}`);
        else this.complain(cannotOpen(this.flavour, target, redirect.operator !== '<', error));
        return undefined;
      }
    }
    return { descriptors, close };
  }

  // --- simple commands

  private async assign(assignments: readonly Assignment[]): Promise<(readonly [string, ByteString])[]> {
    const values: (readonly [string, ByteString])[] = [];
    for (const { name, value } of assignments) values.push([name, await expandText(this, value)]);
    return values;
  }

  private async simple(command: Extract<Command, { kind: 'simple' }>, last: boolean): Promise<number> {
    this.line = command.line;
    this.substituted = undefined;
    const argv = await expandFields(this, command.words);
    const [name] = argv;
    if (name === undefined) {
      const opened = command.redirects.length === 0 ? undefined : await this.redirected(command.redirects);
      if (command.redirects.length > 0 && !opened) return this.redirectionStatus;
      opened?.close();
      for (const { name: variable, value } of command.assignments)
        this.set(variable, await expandText(this, value));
      return (this.substituted as number | undefined) ?? 0;
    }
    if (this.options.has('x')) mention(this.descriptors.get(2), this.process, `+ ${argv.join(' ')}\n`);
    const special = specialBuiltins.get(name);
    const opened = command.redirects.length === 0 ? undefined : await this.redirected(command.redirects);
    if (command.redirects.length > 0 && !opened) {
      if (special && this.flavour !== 'bash' && !this.interactive)
        throw new ShellExit(this.redirectionStatus);
      return this.redirectionStatus;
    }
    const saved = this.descriptors;
    if (opened) this.descriptors = opened.descriptors;
    let keep = false;
    try {
      if (special) {
        for (const [variable, value] of await this.assign(command.assignments)) {
          this.set(variable, value);
          if (name === 'exec') this.export(variable);
        }
        if (name === 'exec' && argv.length === 1) {
          // The redirections of a bare `exec` stay.
          keep = true;
          return 0;
        }
        return await this.builtin(special, argv);
      }
      const body = this.functions.get(name);
      const builtin = builtins.get(name);
      if (body || builtin) {
        const restore = await this.temporary(command.assignments);
        try {
          if (body) return await this.call(body, argv);
          if (builtin) return await this.builtin(builtin, argv);
        } finally {
          restore();
        }
      }
      return await this.external(argv, { assignments: await this.assign(command.assignments), here: last });
    } finally {
      if (!keep) {
        this.descriptors = saved;
        opened?.close();
      }
    }
  }

  private async temporary(assignments: readonly Assignment[]): Promise<() => void> {
    if (assignments.length === 0) return () => undefined;
    const old: [string, Variable | undefined][] = [];
    for (const [name, value] of await this.assign(assignments)) {
      const variable = this.variables.get(name);
      old.push([name, variable && { ...variable }]);
      this.set(name, value);
      this.export(name);
    }
    return () => {
      for (const [name, variable] of old.reverse()) {
        if (variable) this.variables.set(name, variable);
        else this.variables.delete(name);
      }
    };
  }

  private async builtin(
    run: (shell: Shell, argv: readonly ByteString[]) => Promise<number> | number,
    argv: readonly ByteString[],
  ): Promise<number> {
    try {
      return await run(this, argv);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.complain(
        `${argv[0] ?? ''}: ${this.flavour === 'ash' || error.errno === 'EPIPE' || error.errno === 'ENOSPC' ? 'write error: ' : ''}${error.message}`,
      );
      return 1;
    }
  }

  private async call(body: Command, argv: readonly ByteString[]): Promise<number> {
    if (this.depth >= maxDepth) throw new ExpansionError('Maximum function recursion depth (1000) reached');
    const parameters = this.parameters;
    this.parameters = argv.slice(1);
    this.locals.push(new Map());
    this.depth++;
    try {
      return await this.run(body);
    } catch (error) {
      if (error instanceof FunctionReturn) return error.status;
      throw error;
    } finally {
      this.depth--;
      this.parameters = parameters;
      for (const [name, variable] of this.locals.pop() ?? []) {
        if (variable) this.variables.set(name, variable);
        else this.variables.delete(name);
      }
    }
  }

  /** Finds a program as `PATH` leads to it. */
  which(name: string, path = this.get('PATH') ?? ''): string | undefined {
    if (name.includes('/')) return name;
    for (const directory of path.split(':')) {
      const candidate = `${directory === '' ? '.' : directory}/${name}`;
      const node = this.machine.files.peek(this.process.who, this.path(candidate));
      if (node?.kind === 'file' && this.machine.files.access(this.process.who, this.path(candidate), 1))
        return candidate;
    }
    return undefined;
  }

  /** Runs a program that is not part of the shell. `here` makes the shell's own process become it. */
  async external(
    argv: readonly ByteString[],
    options: {
      readonly assignments?: readonly (readonly [string, ByteString])[];
      readonly here?: boolean;
      readonly path?: string;
    } = {},
  ): Promise<number> {
    const [name = ''] = argv;
    const assignedPath = options.assignments?.findLast(([variable]) => variable === 'PATH')?.[1];
    const path = name === '' ? undefined : this.which(name, options.path ?? assignedPath ?? this.get('PATH'));
    const program =
      path === undefined ? 'missing' : this.machine.load(this.process.who, this.path(path), path);
    if (program === 'missing' || program === 'forbidden') {
      if (program === 'missing') this.complain(notFound(this.flavour, name));
      else
        this.complain(
          `${name}: ${this.flavour === 'bash' && this.machine.files.peek(this.process.who, this.path(name))?.kind === 'directory' ? 'Is a directory' : 'Permission denied'}`,
        );
      return program === 'missing' ? 127 : 126;
    }
    const argvDone = program.argv ? [...program.argv, ...argv.slice(1)] : argv;
    const process = options.here
      ? this.process
      : this.machine.processes.spawn(this.process, { name: program.name, args: argv });
    if (options.here) {
      process.name = program.name;
      process.args = argv;
      process.forgetHandlers();
    }
    process.program = program.path;
    const run = new Invocation({
      machine: this.machine,
      process,
      argv: argvDone,
      environment: this.environment(options.assignments),
      cwd: this.cwd,
      umask: this.umask,
      descriptors: this.descriptors,
    });
    const child = runProgram(program.run, run);
    if (options.here) return child;
    if (typeof child === 'number') {
      process.end();
      return child;
    }
    const held = [...this.descriptors.values()];
    for (const file of held) file.retain();
    const ended = child.finally(() => {
      for (const file of held) file.release();
      process.end();
    });
    const status = await this.waitFor(ended);
    this.tellOfKill(process);
    return status;
  }

  private tellOfKill(process: Process): void {
    const words: Partial<Record<Signal, string>> = {
      KILL: 'Killed',
      TERM: 'Terminated',
      HUP: 'Hangup',
      USR1: 'User defined signal 1',
      USR2: 'User defined signal 2',
      ALRM: 'Alarm clock',
    };
    const word = process.killed && words[process.killed.signal];
    if (word) mention(this.descriptors.get(2), this.process, `${word}\n`);
    else if (
      process.killed?.signal === 'INT' &&
      !this.interactive &&
      this.process.disposition('INT') === 'default'
    )
      this.process.signal('INT');
  }
}
