/** The programs that tell which machine this is. */
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

/** `uname`. */
export const uname: Program = async (run) => {
  const { flags } = readOptions(run, { flags: 'snrvmoapi' });
  const { kernel, machine } = run.machine.options.system;
  const all = flags.has('a');
  const parts = [
    (all || flags.has('s') || flags.size === 0) && 'Linux',
    (all || flags.has('n')) && run.machine.hostname,
    (all || flags.has('r')) && kernel,
    (all || flags.has('v')) && '#1 SMP PREEMPT_DYNAMIC Debian 6.1.159-1 (2025-12-30)',
    (all || flags.has('m')) && machine,
    (all || flags.has('o')) && 'GNU/Linux',
  ].filter((part) => part !== false);
  await run.out(`${parts.join(' ')}\n`);
  return 0;
};

/** `hostname`: shows the name, or sets it. */
export const hostname: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'fsi' });
  const [name] = rest;
  if (name !== undefined) {
    if (run.process.who.uid !== 0) return run.fail('you must be root to change the host name');
    run.machine.hostname = name;
    return 0;
  }
  await run.out(`${run.machine.hostname}\n`);
  return 0;
};
