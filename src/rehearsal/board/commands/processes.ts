/** The programs that list processes. */
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

/** `ps`, as busybox prints it. */
export const ps: Program = async (run) => {
  const rows = run.machine.processes
    .all()
    .map(
      (process) =>
        `${String(process.pid).padStart(7)} ${(run.machine.userById(process.who.uid)?.name ?? '').padEnd(8)} ${process.args.join(' ')}`,
    );
  await run.out(`    PID USER     COMMAND\n${rows.map((row) => `${row}\n`).join('')}`);
  return 0;
};

/** `pidof`. */
export const pidof: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'sx' });
  const found = run.machine.processes
    .all()
    .filter((process) => rest.some((name) => process.name === name.replace(/^.*\//u, '')))
    .map((process) => process.pid)
    .reverse();
  if (found.length > 0) await run.out(`${found.join(' ')}\n`);
  return found.length > 0 ? 0 : 1;
};
