/**
 * The line (from 1) of a JSON text on which the value at `path` begins; of its nearest parent where it is not there.
 * The text must be valid JSON.
 */
export function lineOfMember(text: string, path: readonly PropertyKey[]): number {
  let at = 0;
  let best = 0;

  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };

  /** Walks over one value; `matched` of the path's members lead to it, -1 when it lies off the path. */
  const value = (matched: number): void => {
    skip(/\s*/y);
    if (matched >= 0) best = at;
    const open = text[at];
    if (open !== '{' && open !== '[') {
      skip(/"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y);
      return;
    }
    at++;
    for (let index = 0; ; index++) {
      skip(/[\s,]*/y);
      const next = text[at];
      if (next === undefined || next === '}' || next === ']') break;
      const begin = at;
      const key: unknown = open === '{' ? JSON.parse(skip(/"(?:[^"\\]|\\.)*"/y)) : index;
      if (open === '{') skip(/\s*:/y);
      const onPath = matched >= 0 && matched < path.length && path[matched] === key;
      value(onPath ? matched + 1 : -1);
      if (onPath && matched + 1 === path.length) best = begin;
    }
    at++;
  };

  value(0);
  return text.slice(0, best).split('\n').length;
}
