/** `wait`. */
import { Interrupted } from '../control.ts';
import { signals } from '../process.ts';
import type { Builtin } from './builtin.ts';

/** `wait`. */
export const wait: Builtin = async (shell, argv) => {
  const words = argv.slice(1);
  const waitOne = async (pid: number): Promise<number> => {
    const job = shell.jobs.find((one) => one.pid === pid);
    if (!job) return 127;
    try {
      shell.interruptible = true;
      return await shell.process.join(job.done);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      const status = 128 + signals[error.signal];
      await shell.runTraps();
      return status;
    } finally {
      shell.interruptible = false;
      shell.jobs.splice(shell.jobs.indexOf(job), 1);
    }
  };
  if (words.length === 0) {
    for (const job of [...shell.jobs]) await waitOne(job.pid);
    return 0;
  }
  let status = 0;
  for (const word of words) {
    const job = /^%([0-9]+)$/u.exec(word);
    status = await waitOne(job ? (shell.jobs[Number(job[1]) - 1]?.pid ?? 0) : Number(word));
  }
  return status;
};
