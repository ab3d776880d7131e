/** The programs that order the lines of a text. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { linesOf, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

/** `sort`. */
export const sort: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'rnu' });
  const { texts, status } = await readInputs(run, rest);
  let lines = texts.flatMap(({ text }) => linesOf(text));
  const number = (line: string): number => Number(/^\s*-?[0-9]+(?:\.[0-9]+)?/u.exec(line)?.[0] ?? 0);
  const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  lines.sort((a, b) => (flags.has('n') ? number(a) - number(b) || plain(a, b) : plain(a, b)));
  if (flags.has('r')) lines.reverse();
  if (flags.has('u')) lines = lines.filter((line, index) => index === 0 || line !== lines[index - 1]);
  await run.out(lines.map((line) => `${line}\n`).join(''));
  return status;
};

/** `uniq`. */
export const uniq: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'cdu' });
  if (flags.size > 0) throw new NotSimulated('options of uniq');
  const { texts, status } = await readInputs(run, rest.slice(0, 1));
  const lines = texts.flatMap(({ text }) => linesOf(text));
  await run.out(
    lines
      .filter((line, index) => index === 0 || line !== lines[index - 1])
      .map((line) => `${line}\n`)
      .join(''),
  );
  return status;
};
