/** Expansion of the shell's words: parameters, commands, arithmetic, fields, file names. */
import type { ByteString } from '../bytes.ts';
import { evaluate } from './arithmetic.ts';
import type { List, Part, Word } from './ast.ts';
import { escapePattern, hasPattern, matches, trimEnd, trimStart } from './pattern.ts';

/** An expansion that ends the command, such as `${x:?}` or an unset variable under `set -u`. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

/** What expansion asks of the shell. */
export interface Scope {
  get(name: string): ByteString | undefined;
  set(name: string, value: ByteString): void;
  readonly parameters: readonly ByteString[];
  readonly noUnset: boolean;
  readonly noGlob: boolean;
  substitute(body: List): Promise<ByteString>;
  /** The names in a directory; none when it cannot be read. */
  names(directory: string): readonly string[];
  /** Whether something is at a path. */
  exists(path: string): boolean;
}

interface Field {
  text: ByteString;
  /** The same with what was quoted escaped, for file names and `case`. */
  pattern: ByteString;
}

class Fields {
  readonly done: Field[] = [];
  private current: Field | undefined;
  private readonly ifs: ByteString;
  private readonly white: ByteString;
  constructor(ifs: ByteString) {
    this.ifs = ifs;
    this.white = Array.from(' \t\n')
      .filter((c) => ifs.includes(c))
      .join('');
  }
  private open(): Field {
    return (this.current ??= { text: '', pattern: '' });
  }
  quoted(text: ByteString): void {
    const field = this.open();
    field.text += text;
    field.pattern += escapePattern(text);
  }
  plain(text: ByteString): void {
    const field = this.open();
    field.text += text;
    field.pattern += text;
  }
  split(text: ByteString): void {
    let at = 0;
    while (at < text.length) {
      const c = text.charAt(at);
      if (this.white.includes(c)) {
        while (at < text.length && this.white.includes(text.charAt(at))) at++;
        if (at < text.length && this.ifs.includes(text.charAt(at)) && this.current) {
          at++;
          while (at < text.length && this.white.includes(text.charAt(at))) at++;
        }
        this.end();
      } else if (this.ifs.includes(c)) {
        at++;
        while (at < text.length && this.white.includes(text.charAt(at))) at++;
        this.open();
        this.end();
      } else {
        let end = at;
        while (end < text.length && !this.ifs.includes(text.charAt(end))) end++;
        this.plain(text.slice(at, end));
        at = end;
      }
    }
  }
  end(): void {
    if (this.current) this.done.push(this.current);
    this.current = undefined;
  }
  finish(): Field[] {
    if (this.current) this.end();
    return this.done;
  }
}

async function parameterValue(
  scope: Scope,
  part: Extract<Part, { kind: 'parameter' }>,
): Promise<ByteString | undefined> {
  const { name, operator } = part;
  const many = name === '@' || name === '*';
  const value = many
    ? scope.parameters.length === 0
      ? undefined
      : scope.parameters.join(name === '*' ? (scope.get('IFS') ?? ' ').slice(0, 1) : ' ')
    : scope.get(name);
  const word = part.word ?? [];
  const checked = (): ByteString => {
    if (value === undefined && scope.noUnset && !many) throw new ExpansionError(`${name}: parameter not set`);
    return value ?? '';
  };
  switch (operator) {
    case undefined:
      return value === undefined && !scope.noUnset ? undefined : checked();
    case 'length':
      return String(many ? scope.parameters.length : checked().length);
    case '-':
    case ':-':
      return value === undefined || (operator === ':-' && value === '') ? undefined : value;
    case '+':
    case ':+':
      return value === undefined || (operator === ':+' && value === '') ? '' : undefined;
    case '=':
    case ':=': {
      if (value !== undefined && !(operator === ':=' && value === '')) return value;
      const made = await expandText(scope, word);
      if (!/^[A-Za-z_]/u.test(name)) throw new ExpansionError(`${name}: bad variable name`);
      scope.set(name, made);
      return made;
    }
    case '?':
    case ':?': {
      if (value !== undefined && !(operator === ':?' && value === '')) return value;
      const message = await expandText(scope, word);
      throw new ExpansionError(
        `${name}: ${message === '' ? (operator === ':?' ? 'parameter not set or null' : 'parameter not set') : message}`,
      );
    }
    case '#':
    case '##':
      return trimStart(await expandPattern(scope, word), checked(), operator === '##');
    case '%':
    case '%%':
      return trimEnd(await expandPattern(scope, word), checked(), operator === '%%');
  }
}

/** Whether the operator stands for another word in this case, as `-` does for an unset variable. */
function standsIn(part: Extract<Part, { kind: 'parameter' }>): boolean {
  return part.operator === '-' || part.operator === ':-' || part.operator === '+' || part.operator === ':+';
}

async function arithmetic(scope: Scope, expression: Word): Promise<ByteString> {
  return String(evaluate(await expandText(scope, expression), scope));
}

async function addTo(fields: Fields, scope: Scope, word: Word, splitting: boolean): Promise<void> {
  for (const part of word) {
    switch (part.kind) {
      case 'text':
        if (part.quoted) fields.quoted(part.text);
        else fields.plain(part.text);
        break;
      case 'arithmetic': {
        const value = await arithmetic(scope, part.expression);
        if (part.quoted || !splitting) fields.quoted(value);
        else fields.split(value);
        break;
      }
      case 'command': {
        const value = await scope.substitute(part.body);
        if (part.quoted) fields.quoted(value);
        else if (splitting) fields.split(value);
        else fields.plain(value);
        break;
      }
      case 'parameter': {
        if ((part.name === '@' || part.name === '*') && part.operator === undefined && splitting) {
          if (part.name === '@' || !part.quoted) {
            let first = true;
            for (const parameter of scope.parameters) {
              if (!first) fields.end();
              first = false;
              if (part.quoted) fields.quoted(parameter);
              else fields.split(parameter);
            }
            break;
          }
        }
        const value = await parameterValue(scope, part);
        if (value === undefined && standsIn(part)) {
          await addTo(fields, scope, part.word ?? [], splitting && !part.quoted);
          if (part.quoted && (part.word ?? []).length === 0) fields.quoted('');
          break;
        }
        if (part.quoted) fields.quoted(value ?? '');
        else if (splitting) fields.split(value ?? '');
        else fields.plain(value ?? '');
        break;
      }
    }
  }
}

/** Expands a word to one string: no fields, no file names. */
export async function expandText(scope: Scope, word: Word): Promise<ByteString> {
  const [only] = word;
  if (only === undefined) return '';
  if (word.length === 1 && only.kind === 'text') return only.text;
  const fields = new Fields('');
  await addTo(fields, scope, word, false);
  return fields
    .finish()
    .map((field) => field.text)
    .join('');
}

/** Expands a word to a pattern, in which what was quoted is escaped. */
export async function expandPattern(scope: Scope, word: Word): Promise<ByteString> {
  const fields = new Fields('');
  await addTo(fields, scope, word, false);
  return fields
    .finish()
    .map((field) => field.pattern)
    .join('');
}

function glob(scope: Scope, pattern: string): string[] {
  const steps = pattern.split('/');
  let paths = [pattern.startsWith('/') ? '/' : ''];
  const unescape = (text: string): string => text.replace(/\\(.)/gu, '$1');
  steps.forEach((step, index) => {
    if (step === '') return;
    const last = index === steps.length - 1;
    const next: string[] = [];
    for (const path of paths) {
      const join = (name: string): string =>
        path === '' || path.endsWith('/') ? `${path}${name}` : `${path}/${name}`;
      if (!hasPattern(step)) {
        const whole = join(unescape(step));
        if (!last || scope.exists(whole)) next.push(whole);
        continue;
      }
      for (const name of scope.names(path === '' ? '.' : path)) {
        if (name.startsWith('.') && !step.startsWith('.')) continue;
        if (matches(step, name)) next.push(join(name));
      }
    }
    paths = next;
  });
  return paths.filter((path) => path !== '' && scope.exists(path));
}

/** Expands words to the fields of a command. */
export async function expandFields(scope: Scope, words: readonly Word[]): Promise<ByteString[]> {
  const result: ByteString[] = [];
  for (const word of words) {
    const [only] = word;
    if (word.length === 1 && only?.kind === 'text' && (only.quoted || !/[*?[]/u.test(only.text))) {
      result.push(only.text);
      continue;
    }
    const fields = new Fields(scope.get('IFS') ?? ' \t\n');
    await addTo(fields, scope, word, true);
    for (const field of fields.finish()) {
      if (!scope.noGlob && hasPattern(field.pattern)) {
        const found = glob(scope, field.pattern);
        if (found.length > 0) {
          result.push(...found);
          continue;
        }
      }
      result.push(field.text);
    }
  }
  return result;
}
