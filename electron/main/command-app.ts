import { run } from '../../src/cli/run.ts';

/** Runs the `station` command inside the app's executable, without a window. Resolves with its exit status. */
export function runCommand(args: readonly string[]): Promise<number> {
  return run(args);
}
