/** Shell patterns (`*`, `?`, `[...]`, `\x`) as regular expressions. */

const special = /[\\^$.*+?()[\]{}|/-]/gu;

/** Escapes what a pattern would take as special. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/gu, '\\$&');
}

/** Whether a pattern has anything special left in it. */
export function hasPattern(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern.charAt(at);
    if (c === '\\') at++;
    else if (c === '*' || c === '?' || (c === '[' && pattern.indexOf(']', at + 2) > 0)) return true;
  }
  return false;
}

const classes: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
  print: ' -~',
  graph: '!-~',
};

/** The inside of a bracket expression as the inside of a regular expression's class; `end` is behind its `]`. */
export function bracket(
  pattern: string,
  from: number,
): { readonly source: string; readonly end: number } | undefined {
  let at = from + 1;
  let source = '';
  const first = pattern.charAt(at);
  if (first === '!' || first === '^') {
    source += '^';
    at++;
  }
  const start = at;
  for (; at < pattern.length; at++) {
    const c = pattern.charAt(at);
    if (c === ']' && at > start) return { source: `[${source === '' ? '' : source}]`, end: at + 1 };
    const named = /^\[:([a-z]+):\]/u.exec(pattern.slice(at, at + 12));
    const inside = classes[named?.[1] ?? ''];
    if (named && inside !== undefined) {
      source += inside;
      at += named[0].length - 1;
    } else if (c === '\\' && at + 1 < pattern.length) {
      at++;
      source += `\\${pattern.charAt(at)}`.replace(/\\([A-Za-z0-9\s])/u, '$1');
    } else source += c === '-' ? '-' : c.replace(special, '\\$&');
  }
  return undefined;
}

/** The source of a regular expression that matches what the pattern matches. */
export function patternSource(pattern: string, shortest = false): string {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern.charAt(at);
    if (c === '\\' && at + 1 < pattern.length) {
      at++;
      source += pattern.charAt(at).replace(special, '\\$&');
    } else if (c === '*') source += shortest ? '[^]*?' : '[^]*';
    else if (c === '?') source += '[^]';
    else if (c === '[') {
      const set = bracket(pattern, at);
      if (set) {
        source += set.source;
        at = set.end - 1;
      } else source += '\\[';
    } else source += c.replace(special, '\\$&');
  }
  return source;
}

const compiled = new Map<string, RegExp>();

function compile(source: string): RegExp {
  let expression = compiled.get(source);
  if (!expression) {
    if (compiled.size > 500) compiled.clear();
    expression = new RegExp(source);
    compiled.set(source, expression);
  }
  return expression;
}

/** Whether the whole text matches. */
export function matches(pattern: string, text: string): boolean {
  return compile(`^${patternSource(pattern)}$`).test(text);
}

/** Takes off the shortest or longest match at the start. */
export function trimStart(pattern: string, text: string, longest: boolean): string {
  const match = compile(`^${patternSource(pattern, !longest)}`).exec(text);
  return match ? text.slice(match[0].length) : text;
}

/** Takes off the shortest or longest match at the end. */
export function trimEnd(pattern: string, text: string, longest: boolean): string {
  const whole = compile(`^${patternSource(pattern)}$`);
  const from = longest ? 0 : text.length;
  for (let at = from; longest ? at <= text.length : at >= 0; at += longest ? 1 : -1) {
    if (whole.test(text.slice(at))) return text.slice(0, at);
  }
  return text;
}
