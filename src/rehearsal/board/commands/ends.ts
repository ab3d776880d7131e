/** The programs that print the beginning or the end of a text. */
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Invocation, Program } from '../shell/program.ts';
import type { OpenFile } from '../shell/streams.ts';
import { openInput, readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

function amount(word: string): { readonly sign: string; readonly count: number } {
  const match = /^([-+]?)([0-9]+)([kKM]?)$/u.exec(word);
  if (!match) throw new NotSimulated(`the amount ${word}`);
  const unit = match[3] === 'M' ? 1_048_576 : match[3] === '' ? 1 : 1024;
  return { sign: match[1] ?? '', count: Number(match[2]) * unit };
}

function shortCount(run: Invocation): Invocation {
  const [first = ''] = run.args;
  return /^-[0-9]+$/u.test(first)
    ? run.with({ argv: [run.name, '-n', first.slice(1), ...run.args.slice(1)] })
    : run;
}

/** `head`, by lines or bytes. */
export const head: Program = async (given) => {
  const run = shortCount(given);
  const { values, rest } = readOptions(run, { valued: 'nc', flags: 'q', long: { bytes: 'c', lines: 'n' } });
  const bytes = values.get('c');
  const { sign, count } = amount(bytes ?? values.get('n') ?? '10');
  if (rest.length < 2 && sign !== '-') {
    let file: OpenFile;
    try {
      file = openInput(run, rest[0] ?? '-');
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return run.fail(
        run.machine.flavour === 'busybox'
          ? `${rest[0] ?? ''}: ${error.message}`
          : `cannot open '${rest[0] ?? ''}' for reading: ${error.message}`,
      );
    }
    try {
      for (let left = count; left > 0;) {
        const part =
          bytes === undefined ? await file.readLine(run.process) : await file.read(run.process, left);
        if (part === '') break;
        await run.out(part);
        left -= bytes === undefined ? 1 : part.length;
      }
    } finally {
      file.release();
    }
    return 0;
  }
  const { texts, status } = await readInputs(run, rest);
  for (const { text } of texts) {
    if (bytes !== undefined)
      await run.out(sign === '-' ? text.slice(0, Math.max(0, text.length - count)) : text.slice(0, count));
    else {
      const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
      await run.out(
        (sign === '-' ? lines.slice(0, Math.max(0, lines.length - count)) : lines.slice(0, count)).join(''),
      );
    }
  }
  return status;
};

/** `tail`, by lines or bytes. */
export const tail: Program = async (given) => {
  const run = shortCount(given);
  const { values, rest } = readOptions(run, { valued: 'nc', flags: 'q', long: { bytes: 'c', lines: 'n' } });
  const bytes = values.get('c');
  const { sign, count } = amount(bytes ?? values.get('n') ?? '10');
  const { texts, status } = await readInputs(run, rest);
  for (const { text } of texts) {
    if (bytes !== undefined)
      await run.out(
        sign === '+' ? text.slice(Math.max(0, count - 1)) : count === 0 ? '' : text.slice(-count),
      );
    else {
      const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
      await run.out(
        (sign === '+' ? lines.slice(Math.max(0, count - 1)) : count === 0 ? [] : lines.slice(-count)).join(
          '',
        ),
      );
    }
  }
  return status;
};
