/** What the file programs do with the operands they were given. */
import { SystemError } from '../files/errors.ts';
import type { Invocation } from '../shell/program.ts';

/** Does something for each name; a system error is printed with its words and makes the status 1. */
export async function forEach(
  run: Invocation,
  names: readonly string[],
  words: (name: string, error: SystemError) => string,
  work: (name: string) => Promise<void> | void,
): Promise<number> {
  let status = 0;
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(words(name, error));
    }
  }
  return status;
}

/** Whether the programs are those of busybox, whose messages differ. */
export const busybox = (run: Invocation): boolean => run.machine.flavour === 'busybox';

/** What a program says that was given too few operands. */
export const missing = (run: Invocation): number =>
  run.fail(
    busybox(run) ? 'missing operand' : `missing operand\nTry '${run.name} --help' for more information.`,
  );
