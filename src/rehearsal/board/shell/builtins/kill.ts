/** `kill`. */
import { type Signal, signalOf, signals } from '../process.ts';
import { type Builtin, fail } from './builtin.ts';

/** `kill`. */
export const kill: Builtin = (shell, argv) => {
  let signal = 'TERM' as Signal | 'none';
  const words = argv.slice(1);
  const [first = ''] = words;
  if (first === '-l') {
    const wanted = Number(words[1] ?? 0) & 127;
    const names = Object.entries(signals).filter(([, number]) => wanted === 0 || number === wanted);
    void shell.out(names.map(([name]) => `${name}\n`).join(''));
    return 0;
  }
  const parse = (text: string): boolean => {
    if (text === '0') signal = 'none';
    else {
      const found = signalOf(text);
      if (!found) return false;
      signal = found;
    }
    return true;
  };
  if (first === '-s' || first === '-n') {
    if (!parse(words[1] ?? ''))
      return fail(shell, `kill: invalid signal number or name: ${words[1] ?? ''}`, 2);
    words.splice(0, 2);
  } else if (/^-[A-Za-z0-9]+$/u.test(first)) {
    if (!parse(first.slice(1)))
      return fail(shell, `kill: invalid signal number or name: ${first.slice(1)}`, 2);
    words.shift();
  }
  if (words[0] === '--') words.shift();
  if (words.length === 0)
    return fail(shell, 'kill: usage: kill [-s sigspec | -signum | -sigspec] [pid | job]...', 2);
  let status = 0;
  for (const word of words) {
    const job = /^%([0-9]*|%|\+)$/u.exec(word);
    const pid = job
      ? (/^[0-9]+$/u.test(job[1] ?? '') ? shell.jobs[Number(job[1]) - 1] : shell.jobs.at(-1))?.pid
      : Number(word);
    if (pid === undefined || !Number.isInteger(pid)) {
      status = fail(shell, `kill: ${word}: ${job ? 'No such job' : 'Illegal number'}`, job ? 1 : 2);
      continue;
    }
    const targets =
      pid > 0
        ? [shell.machine.processes.get(pid)]
        : pid === 0
          ? shell.machine.processes
              .all()
              .filter((other) => other.session === shell.process.session && !other.detached)
          : [shell.machine.processes.get(-pid)];
    const found = targets.filter((target) => target !== undefined);
    if (found.length === 0) {
      status = fail(
        shell,
        shell.flavour === 'ash'
          ? `can't kill pid ${pid}: No such process`
          : shell.flavour === 'bash'
            ? `kill: (${pid}) - No such process`
            : 'kill: No such process',
      );
      continue;
    }
    for (const target of found) {
      if (shell.process.who.uid !== 0 && target.who.uid !== shell.process.who.uid)
        status = fail(shell, 'kill: Operation not permitted');
      else if (signal !== 'none') target.signal(signal);
    }
  }
  return status;
};
