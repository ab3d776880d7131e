/** The programs that handle the system's messages. */
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

/** `dmesg`: the kernel's log, or the level of what it prints on the console. */
export const dmesg: Program = async (run) => {
  const { flags, values } = readOptions(run, {
    flags: 'DEcC',
    valued: 'n',
    long: { 'console-level': 'n', 'console-off': 'D', 'console-on': 'E' },
  });
  const level = values.get('n');
  if (level !== undefined || flags.has('D') || flags.has('E')) {
    if (run.process.who.uid !== 0) return run.fail('klogctl failed: Operation not permitted');
    const words = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
    const number =
      level === undefined
        ? flags.has('D')
          ? 1
          : 7
        : /^[1-8]$/u.test(level)
          ? Number(level)
          : words.indexOf(level) + 1;
    if (number < 1) return run.fail(`unknown level '${level ?? ''}'`);
    run.machine.consoleLevel = number;
    return 0;
  }
  await run.out(run.machine.kernelLog.map((line) => `${line}\n`).join(''));
  return 0;
};

/** `wall`. */
export const wall: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'n' });
  run.machine.broadcast(`root@${run.machine.hostname} (ttyS0)`, rest.join(' '));
  await Promise.resolve();
  return 0;
};

/** `logger`. */
export const logger: Program = (run) => {
  const { values, rest } = readOptions(run, { valued: 'pt', flags: 's' });
  if (/emerg|panic/u.test(values.get('p') ?? ''))
    run.machine.broadcast(
      `systemd-journald@${run.machine.hostname}`,
      `root[${run.process.pid}]: ${rest.join(' ')}`,
    );
  return 0;
};
