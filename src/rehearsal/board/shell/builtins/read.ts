/** `read`. */
import type { ByteString } from '../../bytes.ts';
import { NotSimulated } from '../../not-simulated.ts';
import { Interrupted } from '../control.ts';
import { ExpansionError } from '../expand.ts';
import type { Shell } from '../shell.ts';
import { type Builtin, fail } from './builtin.ts';
import { isName } from './names.ts';

/** Assigns the fields of a line to variables, the rest to the last one. */
function distribute(
  shell: Shell,
  line: ByteString,
  quoted: ReadonlySet<number>,
  names: readonly string[],
): void {
  const ifs = shell.get('IFS') ?? ' \t\n';
  const isSeparator = (at: number): boolean =>
    !quoted.has(at) && at < line.length && ifs.includes(line.charAt(at));
  const isWhite = (at: number): boolean => isSeparator(at) && ' \t\n'.includes(line.charAt(at));
  let at = 0;
  while (isWhite(at)) at++;
  names.forEach((name, index) => {
    if (index < names.length - 1) {
      let end = at;
      while (end < line.length && !isSeparator(end)) end++;
      shell.set(name, line.slice(at, end));
      at = end;
      while (isWhite(at)) at++;
      if (end < line.length && !isWhite(end) && isSeparator(end) && at === end) {
        at++;
        while (isWhite(at)) at++;
      } else if (end < line.length && isWhite(end) && isSeparator(at) && !isWhite(at)) {
        at++;
        while (isWhite(at)) at++;
      }
      return;
    }
    let end = line.length;
    while (end > at && isWhite(end - 1)) end--;
    // One trailing separator that is no blank ends the last field instead of belonging to it.
    if (
      end > at &&
      isSeparator(end - 1) &&
      !isWhite(end - 1) &&
      !Array.from(line.slice(at, end - 1)).some((_, offset) => isSeparator(at + offset))
    )
      end--;
    shell.set(name, line.slice(at, end));
  });
}

/** `read`, with -r. */
export const read: Builtin = async (shell, argv) => {
  let raw = false;
  let at = 1;
  for (; at < argv.length && /^-./u.test(argv[at] ?? ''); at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word === '-p' && shell.flavour !== 'ash') {
      shell.complain(argv[++at] ?? '');
      continue;
    }
    for (const letter of word.slice(1)) {
      if (letter === 'r') raw = true;
      else if (shell.flavour === 'dash') return fail(shell, `read: Illegal option -${letter}`, 2);
      else throw new NotSimulated(`read -${letter}`);
    }
  }
  const names = argv.slice(at);
  if (names.length === 0) return fail(shell, 'read: arg count', 2);
  for (const name of names) if (!isName(name)) throw new ExpansionError(`read: ${name}: bad variable name`);
  const input = shell.descriptors.get(0);
  if (!input) return 1;
  let text = '';
  const quoted = new Set<number>();
  let ended = false;
  shell.interruptible = true;
  try {
    for (;;) {
      const line = await input.readLine(shell.process);
      ended = !line.endsWith('\n');
      const body = ended ? line : line.slice(0, -1);
      if (raw) {
        text += body;
        break;
      }
      let continued = false;
      for (let index = 0; index < body.length; index++) {
        const c = body.charAt(index);
        if (c !== '\\') text += c;
        else if (index + 1 < body.length) {
          quoted.add(text.length);
          text += body.charAt(++index);
        } else continued = !ended;
      }
      if (!continued) break;
    }
  } catch (error) {
    if (error instanceof Interrupted) {
      await shell.runTraps();
      return 1;
    }
    throw error;
  } finally {
    shell.interruptible = false;
  }
  distribute(shell, text.replaceAll('\0', ''), quoted, names);
  return ended ? 1 : 0;
};
