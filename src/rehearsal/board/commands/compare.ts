/** `cmp`. */
import type { Program } from '../shell/program.ts';
import { readInputs } from './inputs.ts';
import { readOptions } from './options.ts';

/** `cmp`. */
export const cmp: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 's' });
  const [one = '-', two = '-'] = rest;
  const { texts, status } = await readInputs(run, [one, two]);
  if (status !== 0) return 2;
  const [first, second] = texts;
  if (first?.text === second?.text) return 0;
  const a = first?.text ?? '';
  const b = second?.text ?? '';
  let at = 0;
  while (at < a.length && at < b.length && a.charAt(at) === b.charAt(at)) at++;
  if (!flags.has('s')) {
    if (at === a.length || at === b.length)
      run.fail(`EOF on ${at === a.length ? one : two}${at === 0 ? ' which is empty' : ''}`);
    else
      await run.out(
        `${one} ${two} differ: ${run.machine.flavour === 'busybox' ? 'char' : 'byte'} ${at + 1}, line ${a.slice(0, at).split('\n').length}\n`,
      );
  }
  return 1;
};
