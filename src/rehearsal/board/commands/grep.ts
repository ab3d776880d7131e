/** `grep`. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { linesOf, readInput } from './inputs.ts';
import { readOptions } from './options.ts';
import { regularSource } from './regular.ts';

/** `grep` with -E -F -q -i -v -c -n -o -x -w -s -l -h -H -m -e. */
export const grep: Program = async (run) => {
  const { flags, values, all, rest } = readOptions(run, {
    flags: 'EFGqivcnoxwslhHa',
    valued: 'em',
    long: { quiet: 'q', 'ignore-case': 'i', text: 'a' },
  });
  const given = all.filter(([letter]) => letter === 'e').map(([, value]) => value);
  const names = given.length === 0 ? rest.slice(1) : rest;
  const patterns = (given.length === 0 ? [rest[0] ?? ''] : given).flatMap((pattern) => pattern.split('\n'));
  const sources = patterns.map((pattern) => {
    const source = flags.has('F')
      ? pattern.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
      : regularSource(pattern, flags.has('E') || run.name === 'egrep');
    if (flags.has('x')) return `^(?:${source})$`;
    return flags.has('w') ? `(?<![A-Za-z0-9_])(?:${source})(?![A-Za-z0-9_])` : source;
  });
  const expression = new RegExp(
    sources.map((source) => `(?:${source})`).join('|'),
    flags.has('i') ? 'gi' : 'g',
  );
  const limit = Number(values.get('m') ?? Infinity);
  const labelled = (names.length > 1 && !flags.has('h')) || flags.has('H');
  let found = false;
  let failed = false;
  for (const name of names.length === 0 ? ['-'] : names) {
    let text: string;
    try {
      text = await readInput(run, name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failed = true;
      if (!flags.has('s')) run.fail(`${name}: ${error.message}`);
      continue;
    }
    const label = labelled ? `${name === '-' ? '(standard input)' : name}:` : '';
    let count = 0;
    const lines = linesOf(text);
    for (const [index, line] of lines.entries()) {
      if (count >= limit) break;
      expression.lastIndex = 0;
      if (expression.test(line) === flags.has('v')) continue;
      count++;
      found = true;
      if (flags.has('q')) return 0;
      if (flags.has('c') || flags.has('l')) continue;
      const number = flags.has('n') ? `${index + 1}:` : '';
      if (flags.has('o')) {
        for (const match of line.match(expression) ?? [])
          if (match !== '') await run.out(`${label}${number}${match}\n`);
      } else await run.out(`${label}${number}${line}\n`);
    }
    if (flags.has('c')) await run.out(`${label}${count}\n`);
    if (flags.has('l') && count > 0) await run.out(`${name}\n`);
  }
  return failed && !(found && flags.has('q')) ? 2 : found ? 0 : 1;
};
