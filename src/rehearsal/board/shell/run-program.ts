/** Runs a program to its end. */
import { SystemError } from '../files/errors.ts';
import { Killed, signals } from './process.ts';
import type { Invocation, Program } from './program.ts';

/** Runs a program to its end, answering its exit status whatever happens inside; only faults of the simulation escape. */
export function runProgram(program: Program, run: Invocation): Promise<number> | number {
  const failed = (error: unknown): number => {
    if (error instanceof Killed) return error.status;
    if (error instanceof SystemError) {
      if (error.errno === 'EPIPE') return 128 + signals.PIPE;
      try {
        return run.fail(error.message);
      } catch (second) {
        if (second instanceof SystemError || second instanceof Killed) return 1;
        throw second;
      }
    }
    throw error;
  };
  try {
    const status = program(run);
    return typeof status === 'number' ? status : status.catch(failed);
  } catch (error) {
    return failed(error);
  }
}
