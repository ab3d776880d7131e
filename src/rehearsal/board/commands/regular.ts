/** POSIX regular expressions as JavaScript's. */
import { NotSimulated } from '../not-simulated.ts';
import { bracket } from '../shell/pattern.ts';

/** The source of a JavaScript expression for a basic or extended POSIX one. */
export function regularSource(pattern: string, extended: boolean): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern.charAt(at);
    if (c === '[') {
      const set = bracket(pattern.replace(/\\(?=[^[\]]*\])/gu, '\\\\'), at)
        ? bracket(pattern, at)
        : undefined;
      if (!set) throw new NotSimulated(`the regular expression ${pattern}`);
      source += set.source.startsWith('[^') ? `${set.source.slice(0, -1)}\\n]` : set.source;
      at = set.end - 1;
    } else if (c === '\\') {
      const next = pattern.charAt(++at);
      if ('(){}|+?'.includes(next)) source += extended ? `\\${next}` : next;
      else if (/[1-9]/u.test(next)) source += `\\${next}`;
      else if (/[wWsSbB]/u.test(next)) source += `\\${next}`;
      else if (next === 'n') source += '\\n';
      else if (next === 't') source += '\\t';
      else if (next === '<' || next === '>') source += '\\b';
      else source += `\\${next}`.replace(/\\([A-Za-z0-9 "'=:;,@#%&_<>~`!-])/u, '$1');
    } else if ('(){}|+?'.includes(c)) source += extended ? c : `\\${c}`;
    else if (c === '*') source += source === '' || source.endsWith('(') || source === '^' ? '\\*' : '*';
    else if (c === '^')
      source += extended || source === '' || source.endsWith('(') || source.endsWith('|') ? '^' : '\\^';
    else if (c === '$')
      source += extended || at === pattern.length - 1 || /^\\[)|]/u.test(pattern.slice(at + 1)) ? '$' : '\\$';
    else if (c === '/') source += '\\/';
    else source += c;
  }
  return source;
}
