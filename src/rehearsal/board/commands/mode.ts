/** The modes that `chmod` and `mkdir -m` are given. */
import { NotSimulated } from '../not-simulated.ts';

/** A mode in octal, or changes such as `u+x,go-rwx` to an old one. */
export function parseMode(text: string, old: number): number {
  if (/^[0-7]{1,4}$/u.test(text)) return parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwxX]*)$/u.exec(clause);
    if (!match) throw new NotSimulated(`the mode ${text}`);
    const who = match[1] === '' || match[1]?.includes('a') ? 'ugo' : (match[1] ?? '');
    let bits = 0;
    if (match[3]?.includes('r')) bits |= 4;
    if (match[3]?.includes('w')) bits |= 2;
    if (match[3]?.includes('x') || (match[3]?.includes('X') && (old & 0o111) !== 0)) bits |= 1;
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (!who.includes(letter)) continue;
      if (match[2] === '=') mode = (mode & ~(7 << shift)) | (bits << shift);
      else if (match[2] === '+') mode |= bits << shift;
      else mode &= ~(bits << shift);
    }
  }
  return mode;
}
