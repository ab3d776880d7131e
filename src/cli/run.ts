import process from 'node:process';
import type { ExitStatus } from './exit-status.ts';
import { main } from './main.ts';

/**
 * Runs one `station` command as this process: its streams, its environment, its signals. The first Ctrl-C brings every
 * board to a safe state; only insisting leaves at once. Resolves with the exit status.
 */
export async function run(args: readonly string[]): Promise<ExitStatus> {
  const interrupted = new AbortController();
  let asked = 0;
  const interrupt = (): void => {
    asked += 1;
    interrupted.abort();
    if (asked === 1)
      process.stderr.write(
        '\nStopping: boards at work are brought to a safe state first. Press Ctrl-C three times more to leave at once.\n',
      );
    if (asked > 3) process.exit(130);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const { stdin, stdout, stderr, env } = process;
    return await main(args, { stdin, stdout, stderr, env, interrupted: interrupted.signal });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
