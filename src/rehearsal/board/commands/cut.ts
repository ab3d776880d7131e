/** `cut`. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { linesOf, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

function ranges(list: string): (position: number) => boolean {
  const parts = list.split(',').map((part) => {
    const match = /^([0-9]*)(-?)([0-9]*)$/u.exec(part);
    if (!match) throw new NotSimulated(`cut ${list}`);
    const from = Number(match[1] === '' ? 1 : match[1]);
    return { from, to: match[2] === '' ? from : match[3] === '' ? Infinity : Number(match[3]) };
  });
  return (position) => parts.some(({ from, to }) => position >= from && position <= to);
}

/** `cut`. */
export const cut: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, { valued: 'dfcb', flags: 's' });
  const { texts, status } = await readInputs(run, rest);
  const wanted = ranges(values.get('f') ?? values.get('c') ?? values.get('b') ?? '');
  const delimiter = values.get('d') ?? '\t';
  for (const { text } of texts) {
    for (const line of linesOf(text)) {
      if (!values.has('f'))
        await run.out(
          `${Array.from(line)
            .filter((_, index) => wanted(index + 1))
            .join('')}\n`,
        );
      else if (line.includes(delimiter))
        await run.out(
          `${line
            .split(delimiter)
            .filter((_, index) => wanted(index + 1))
            .join(delimiter)}\n`,
        );
      else if (!flags.has('s')) await run.out(`${line}\n`);
    }
  }
  return status;
};
