import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { provided } from './provided.ts';

type Stdio = 'pipe' | 'ignore' | 'inherit';
interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  readonly cwd?: string;
  readonly stdio?: Stdio | readonly Stdio[];
  readonly serviceName?: string;
}

const childSide = fileURLToPath(new URL('utility-child.ts', import.meta.url));

/** A child process with messages in structured clone, as Electron's utility process: no stdin, `process.parentPort`. */
export class UtilityProcess extends EventEmitter {
  pid: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  private readonly child: ChildProcess;

  constructor(modulePath: string, args: readonly string[] = [], options: ForkOptions = {}) {
    super();
    const [stdin, stdout, stderr] = typeof options.stdio === 'object' ? options.stdio : [];
    const all = typeof options.stdio === 'string' ? options.stdio : 'inherit';
    if (stdin !== undefined && stdin !== 'ignore')
      throw new TypeError('stdin value other than ignore is not supported.');
    this.child = fork(modulePath, [...args], {
      env: options.env ?? process.env,
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', childSide, ...(options.execArgv ?? [])],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      serialization: 'advanced',
      stdio: ['ignore', stdout ?? all, stderr ?? all, 'ipc'],
    });
    this.stdout = this.child.stdout;
    this.stderr = this.child.stderr;
    this.child.on('spawn', () => {
      this.pid = this.child.pid;
      this.emit('spawn');
    });
    this.child.on('message', (message) => this.emit('message', message));
    this.child.on('error', (error) => console.error('electron stand-in: utility process:', error.message));
    this.child.on('exit', (code, signal) => {
      this.pid = undefined;
      // As Chromium reports it: the status, or the signal's number of a process that was killed.
      this.emit('exit', code ?? signalNumbers[signal ?? 'SIGKILL'] ?? 1);
    });
  }

  postMessage(message: unknown): void {
    // As in Electron, a message to a process that has gone is lost without an error; `exit` tells.
    if (this.child.connected) this.child.send(structuredClone(message) as object, () => undefined);
  }

  kill(): boolean {
    return this.child.kill();
  }
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

provided('electron.utilityProcess#', UtilityProcess.prototype);

/** The `utilityProcess` module. */
export function utilityProcess(isReady: () => boolean): object {
  return provided('electron.utilityProcess', {
    fork: (modulePath: string, args?: readonly string[], options?: ForkOptions): UtilityProcess => {
      if (!isReady()) throw new Error('utilityProcess cannot be created before app is ready.');
      return new UtilityProcess(modulePath, args, options);
    },
  });
}
