/** Processes of the rig: each has an owner, a recorded pid, and an end. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';

/** What a finished command said. */
export interface Outcome {
  /** Exit status; 128 + n after signal n is not modelled: a killed command has status -1. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command to its end and returns what it said. Rejects when it cannot be started, or after `timeoutMs`
 * (default 60 s), in which case it is killed. `onLine` sees each line of output while it comes.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
    readonly onLine?: (line: string) => void;
  } = {},
): Promise<Outcome> {
  const child = spawn(command, args, { stdio: 'pipe', env: options.env ?? process.env });
  let stdout = '';
  let stderr = '';
  let line = '';
  const collect = (chunk: string) => {
    if (options.onLine === undefined) return;
    const lines = (line + chunk).split('\n');
    line = lines.pop() ?? '';
    lines.forEach(options.onLine);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    collect(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A command that does not read its input is no failure of the rig.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const timeoutMs = options.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`${command} ${args.join(' ')} did not end within ${timeoutMs} ms: ${stderr.slice(-500)}`),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ status: code ?? -1, stdout, stderr });
    });
  });
}

/** Like {@link run}, but a status other than 0 rejects with the end of what the command said. */
export async function mustRun(...call: Parameters<typeof run>): Promise<Outcome> {
  const outcome = await run(...call);
  if (outcome.status !== 0) {
    const said = `${outcome.stdout.slice(-600)}\n${outcome.stderr.slice(-600)}`.trim();
    throw new Error(`${call[0]} ${call[1].join(' ')} exited ${outcome.status}: ${said}`);
  }
  return outcome;
}

/**
 * When the process with this pid was started, in clock ticks since boot, or undefined when there is none. A pid and
 * its start time together name a process for good; a pid alone is reused.
 */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; it only waits to be collected.
    return afterName[0] === 'Z' ? undefined : afterName[19];
  } catch {
    return undefined;
  }
}

/**
 * Starts a process that lives as long as its owner wants and never longer than this process: the kernel kills it when
 * this process dies, however that happens. Its pid and start time are appended to `pidFile` for a later clean-up.
 */
export function spawnOwned(
  pidFile: string,
  command: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
    stdio,
    // A session of its own: Ctrl-C in the terminal ends the owner, which then ends this in order.
    detached: true,
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  if (child.pid !== undefined) appendFileSync(pidFile, `${child.pid} ${startTime(child.pid) ?? '?'}\n`);
  return child;
}

/** Kills a process and resolves when it is gone; at once when it has gone already. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await gone;
}

/** Kills those of the recorded processes that still are the ones recorded. Returns how many. */
export function endRecorded(pidFile: string): number {
  let text: string;
  try {
    text = readFileSync(pidFile, 'utf8');
  } catch {
    return 0;
  }
  let ended = 0;
  for (const line of text.split('\n')) {
    const [pid, started] = line.split(' ');
    if (pid === undefined || started === undefined || startTime(Number(pid)) !== started) continue;
    process.kill(Number(pid), 'SIGKILL');
    ended += 1;
  }
  return ended;
}

/** Asks `probe` every few milliseconds until it has an answer; rejects with `what` after `timeoutMs`. */
export async function until<T>(what: string, timeoutMs: number, probe: () => T | undefined): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = probe();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
