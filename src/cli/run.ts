import process from 'node:process';
import { withholdMemoryFromCrashFiles } from '../settings/core-dumps.ts';
import type { ExitStatus } from './exit-status.ts';
import { main } from './main.ts';
import { lasting, type Outlet } from './outlet.ts';

/** What asks a command to stop: Ctrl-C, a supervisor, the terminal being closed, Ctrl-Break on Windows. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;

/**
 * Runs one `station` command as this process: its streams, its environment, its signals. The first Ctrl-C, and each of
 * the other signals, brings every board to a safe state; only insisting by Ctrl-C leaves at once. A stdout or stderr that
 * nobody reads any more stops nothing. Resolves with the exit status.
 */
export async function run(args: readonly string[]): Promise<ExitStatus> {
  withholdMemoryFromCrashFiles();
  const { stdin, env } = process;
  const stderr: Outlet = lasting(process.stderr, () => undefined);
  const stdout = lasting(process.stdout, ({ message }) =>
    stderr.write(`stdout cannot be written any more: ${message}\n`),
  );
  const interrupted = new AbortController();
  let insisted = 0;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (!interrupted.signal.aborted)
      stderr.write(
        '\nStopping: boards at work are brought to a safe state first. Press Ctrl-C three times more to leave at once.\n',
      );
    interrupted.abort();
    // The others come several times by themselves, from the terminal, the shell and npm.
    if (signal === 'SIGINT') insisted += 1;
    if (insisted > 3) process.exit(130);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await main(args, { stdin, stdout, stderr, env, interrupted: interrupted.signal });
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
