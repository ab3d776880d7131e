/** `tr`. */
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

function characters(set: string): string {
  const named: Readonly<Record<string, string>> = {
    upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    lower: 'abcdefghijklmnopqrstuvwxyz',
    digit: '0123456789',
    space: '\t\n\v\f\r ',
    blank: '\t ',
    alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    alnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
    cntrl: `${String.fromCharCode(...Array(32).keys())}\x7f`,
    print: String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32)),
    xdigit: '0123456789ABCDEFabcdef',
  };
  let result = '';
  for (let at = 0; at < set.length; at++) {
    const name = /^\[:([a-z]+):\]/u.exec(set.slice(at));
    if (name) {
      const inside = named[name[1] ?? ''];
      if (inside === undefined) throw new NotSimulated(`tr ${set}`);
      result += inside;
      at += name[0].length - 1;
      continue;
    }
    const one = (): string => {
      const c = set.charAt(at);
      if (c !== '\\') return c;
      const octal = /^[0-7]{1,3}/u.exec(set.slice(at + 1))?.[0];
      if (octal !== undefined) {
        at += octal.length;
        return String.fromCharCode(parseInt(octal, 8) & 255);
      }
      at++;
      const escaped: Readonly<Record<string, string>> = {
        n: '\n',
        r: '\r',
        t: '\t',
        a: '\x07',
        b: '\b',
        f: '\f',
        v: '\v',
      };
      return escaped[set.charAt(at)] ?? set.charAt(at);
    };
    const from = one();
    if (set.charAt(at + 1) === '-' && at + 2 < set.length) {
      at += 2;
      const to = one();
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code++)
        result += String.fromCharCode(code);
    } else result += from;
  }
  return result;
}

/** `tr`. */
export const tr: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'dscC', permute: false });
  let from = characters(rest[0] ?? '');
  const to = characters(rest[1] ?? '');
  if (flags.has('c') || flags.has('C'))
    from = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .filter((c) => !from.includes(c))
      .join('');
  const squeeze = flags.has('s') ? (rest.length > 1 ? to : from) : '';
  const map = new Map<string, string>();
  Array.from(from).forEach((c, index) =>
    map.set(c, flags.has('d') ? '' : to === '' ? c : to.charAt(Math.min(index, to.length - 1))),
  );
  let previous = '';
  for (;;) {
    const part = await run.stdin.read(run.process, 65_536);
    if (part === '') return 0;
    let text = '';
    for (const c of part) {
      const made = map.get(c) ?? c;
      if (made === '' || (made === previous && squeeze.includes(made))) continue;
      previous = made;
      text += made;
    }
    await run.out(text);
  }
};
