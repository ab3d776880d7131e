/** Parses the POSIX shell language as dash and busybox ash understand it. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Assignment, Command, List, ListItem, ParameterOperator, Part, Redirect, Word } from './ast.ts';
import { Incomplete, ShellSyntaxError } from './syntax-errors.ts';

const reserved = new Set([
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'for',
  'while',
  'until',
  'do',
  'done',
  'case',
  'esac',
  '{',
  '}',
  '!',
]);

const nameStart = /[A-Za-z_]/u;

const nameRest = /[A-Za-z0-9_]/u;

const ends = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '']);

interface PendingHere {
  readonly delimiter: ByteString;
  readonly expand: boolean;
  readonly strip: boolean;
  readonly fill: (word: Word) => void;
}

export class Parser {
  private at = 0;
  private line = 1;
  private readonly text: ByteString;
  private readonly here: PendingHere[] = [];

  constructor(text: ByteString, from = 0, line = 1) {
    this.text = text;
    this.at = from;
    this.line = line;
  }

  get position(): number {
    return this.at;
  }

  private peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  private fail(): never {
    const rest = /^\s*(\S*)/u.exec(this.text.slice(this.at))?.[1] ?? '';
    if (this.at >= this.text.length) throw new Incomplete('Syntax error: end of file unexpected');
    throw new ShellSyntaxError(
      `Syntax error: "${/^(?:;;|&&|\|\||[;&|()<>]|[^;&|()<>]+)/u.exec(rest)?.[0] ?? 'newline'}" unexpected`,
    );
  }

  private blanks(): void {
    for (;;) {
      const c = this.peek();
      if (c === ' ' || c === '\t') this.at++;
      else if (c === '\\' && this.peek(1) === '\n') {
        this.at += 2;
        this.line++;
      } else if (c === '#') {
        while (this.at < this.text.length && this.peek() !== '\n') this.at++;
      } else return;
    }
  }

  private afterBlanks(): string {
    this.blanks();
    return this.peek();
  }

  private newline(): void {
    this.at++;
    this.line++;
    for (let pending = this.here.shift(); pending; pending = this.here.shift()) this.hereDocument(pending);
  }

  private lines(): void {
    while (this.afterBlanks() === '\n') this.newline();
  }

  private hereDocument(pending: PendingHere): void {
    let body = '';
    for (;;) {
      if (this.at >= this.text.length) throw new Incomplete('Syntax error: here-document unfinished');
      let end = this.text.indexOf('\n', this.at);
      if (end < 0) end = this.text.length;
      let line = this.text.slice(this.at, end);
      this.at = Math.min(end + 1, this.text.length);
      this.line++;
      if (pending.strip) line = line.replace(/^\t+/u, '');
      if (line === pending.delimiter) break;
      if (end >= this.text.length) throw new Incomplete('Syntax error: here-document unfinished');
      body += `${line}\n`;
    }
    if (!pending.expand) pending.fill([{ kind: 'text', text: body, quoted: true }]);
    else pending.fill(new Parser(body, 0, this.line).quotedBody(''));
  }

  /** Parses everything up to the end of the text. */
  program(): List {
    const list = this.list(() => false);
    if (this.at < this.text.length) this.fail();
    if (this.here.length > 0) throw new Incomplete('Syntax error: here-document unfinished');
    return list;
  }

  /** Parses commands up to a closing parenthesis, which is left. */
  private untilParenthesis(): List {
    const list = this.list(() => this.peek() === ')');
    if (this.peek() !== ')') this.fail();
    return list;
  }

  private list(stop: () => boolean): List {
    const items: ListItem[] = [];
    for (;;) {
      this.lines();
      if (this.at >= this.text.length || stop() || this.peek() === ')') return items;
      if (this.peek() === ';' && this.peek(1) === ';') return items;
      const command = this.andOr();
      this.blanks();
      const background = this.peek() === '&' && this.peek(1) !== '&';
      items.push({ command, background });
      if (background) {
        this.at++;
        continue;
      }
      if (this.peek() === ';' && this.peek(1) !== ';') this.at++;
      else if (this.peek() !== '\n') return items;
    }
  }

  private andOr(): Command {
    const first = this.pipeline();
    const rest: { operator: '&&' | '||'; command: Command }[] = [];
    for (;;) {
      this.blanks();
      const two = this.text.slice(this.at, this.at + 2);
      if (two !== '&&' && two !== '||') return rest.length === 0 ? first : { kind: 'and-or', first, rest };
      this.at += 2;
      this.lines();
      if (this.at >= this.text.length) this.fail();
      rest.push({ operator: two, command: this.pipeline() });
    }
  }

  private pipeline(): Command {
    let negated = false;
    this.blanks();
    while (this.reservedAhead() === '!') {
      this.at++;
      negated = !negated;
      this.blanks();
    }
    const commands = [this.command()];
    for (;;) {
      this.blanks();
      if (this.peek() !== '|' || this.peek(1) === '|') break;
      if (this.peek(1) === '&') throw new NotSimulated('|&');
      this.at++;
      this.lines();
      commands.push(this.command());
    }
    const [only] = commands;
    return commands.length === 1 && !negated && only ? only : { kind: 'pipeline', negated, commands };
  }

  /** The reserved word that comes next, not taken. */
  private reservedAhead(): string | undefined {
    let end = this.at;
    while (!ends.has(this.text.charAt(end))) end++;
    const word = this.text.slice(this.at, end);
    return reserved.has(word) ? word : undefined;
  }

  private expect(word: string): void {
    this.lines();
    if (this.reservedAhead() !== word) this.fail();
    this.at += word.length;
  }

  private body(...stops: string[]): List {
    const list = this.list(() => stops.includes(this.reservedAhead() ?? ''));
    if (list.length === 0) this.fail();
    return list;
  }

  private command(): Command {
    this.blanks();
    const command = this.compound();
    if (!command) return this.simple();
    if (command.kind === 'function') return command;
    const redirects: Redirect[] = [];
    while (this.redirectAhead()) redirects.push(this.redirect());
    return redirects.length === 0 ? command : { kind: 'redirected', command, redirects };
  }

  private compound(): Command | undefined {
    if (this.peek() === '(') {
      if (this.peek(1) === '(') throw new NotSimulated('((');
      this.at++;
      const body = this.untilParenthesis();
      this.at++;
      if (body.length === 0) this.fail();
      return { kind: 'subshell', body };
    }
    const word = this.reservedAhead();
    switch (word) {
      case undefined:
        return undefined;
      case '{': {
        this.at++;
        const body = this.body('}');
        this.expect('}');
        return { kind: 'group', body };
      }
      case 'if': {
        const branches: { condition: List; body: List }[] = [];
        let otherwise: List | undefined;
        this.at += 2;
        for (;;) {
          const condition = this.body('then');
          this.expect('then');
          branches.push({ condition, body: this.body('elif', 'else', 'fi') });
          this.lines();
          if (this.reservedAhead() !== 'elif') break;
          this.at += 4;
        }
        if (this.reservedAhead() === 'else') {
          this.at += 4;
          otherwise = this.body('fi');
        }
        this.expect('fi');
        return { kind: 'if', branches, otherwise };
      }
      case 'while':
      case 'until': {
        this.at += 5;
        const condition = this.body('do');
        return { kind: 'loop', until: word === 'until', condition, body: this.doGroup() };
      }
      case 'for':
        return this.forLoop();
      case 'case':
        return this.caseCommand();
      default:
        return this.fail();
    }
  }

  private doGroup(): List {
    this.expect('do');
    const body = this.body('done');
    this.expect('done');
    return body;
  }

  private forLoop(): Command {
    this.at += 3;
    this.blanks();
    const name = this.name();
    if (name === '') {
      if (this.peek() === '(') throw new NotSimulated('for ((');
      this.fail();
    }
    this.lines();
    let words: Word[] | undefined;
    if (/^in(?![A-Za-z0-9_])/u.test(this.text.slice(this.at, this.at + 3))) {
      this.at += 2;
      words = [];
      while (!ends.has(this.afterBlanks())) words.push(this.word());
      if (this.peek() !== ';' && this.peek() !== '\n') this.fail();
      if (this.peek() === ';') this.at++;
    } else if (this.peek() === ';') this.at++;
    return { kind: 'for', name, words, body: this.doGroup() };
  }

  private caseCommand(): Command {
    this.at += 4;
    this.blanks();
    const subject = this.word();
    this.lines();
    if (!/^in(?![A-Za-z0-9_])/u.test(this.text.slice(this.at, this.at + 3))) this.fail();
    this.at += 2;
    const items: { patterns: Word[]; body: List }[] = [];
    for (;;) {
      this.lines();
      if (this.reservedAhead() === 'esac') {
        this.at += 4;
        return { kind: 'case', subject, items };
      }
      if (this.peek() === '(') this.at++;
      const patterns: Word[] = [];
      for (;;) {
        this.blanks();
        if (ends.has(this.peek())) this.fail();
        patterns.push(this.word());
        this.blanks();
        if (this.peek() !== '|') break;
        this.at++;
      }
      if (this.peek() !== ')') this.fail();
      this.at++;
      const body = this.list(() => this.reservedAhead() === 'esac');
      items.push({ patterns, body });
      this.lines();
      if (this.peek() === ';' && this.peek(1) === ';') this.at += 2;
      else if (this.reservedAhead() !== 'esac') this.fail();
    }
  }

  private redirectAhead(): boolean {
    this.blanks();
    let ahead = 0;
    while (/[0-9]/u.test(this.peek(ahead))) ahead++;
    const c = this.peek(ahead);
    return c === '<' || c === '>';
  }

  private redirect(): Redirect {
    let digits = '';
    while (/[0-9]/u.test(this.peek())) {
      digits += this.peek();
      this.at++;
    }
    const operator =
      /^(?:<<-|<<|<&|<>|>>|>&|>\||<|>)/u.exec(this.text.slice(this.at, this.at + 3))?.[0] ?? '';
    this.at += operator.length;
    if (this.peek() === '(') throw new NotSimulated(`${operator}(`);
    if (operator === '<<' && this.peek() === '<') throw new NotSimulated('<<<');
    const fd = digits === '' ? (operator.startsWith('<') ? 0 : 1) : Number(digits);
    this.blanks();
    if (ends.has(this.peek())) this.fail();
    const word = this.word();
    if (operator === '<<' || operator === '<<-') {
      let delimiter = '';
      let expand = true;
      for (const part of word) {
        if (part.kind === 'text') delimiter += part.text;
        else throw new NotSimulated('an expansion in the delimiter of a here-document');
        if (part.quoted) expand = false;
      }
      const redirect: { fd: number; operator: 'here'; target: Word } = { fd, operator: 'here', target: [] };
      this.here.push({
        delimiter,
        expand,
        strip: operator === '<<-',
        fill: (body) => (redirect.target = body),
      });
      return redirect;
    }
    if (
      operator === '<' ||
      operator === '>' ||
      operator === '>>' ||
      operator === '>|' ||
      operator === '<>' ||
      operator === '<&' ||
      operator === '>&'
    )
      return { fd, operator, target: word };
    return this.fail();
  }

  private simple(): Command {
    const assignments: Assignment[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    const line = this.line;
    for (;;) {
      this.blanks();
      if (this.redirectAhead()) {
        redirects.push(this.redirect());
        continue;
      }
      const c = this.peek();
      if (c === '(' && words.length === 1 && assignments.length === 0 && redirects.length === 0)
        return this.functionBody(words[0] ?? []);
      if (ends.has(c)) break;
      if (words.length === 0) {
        const match = /^([A-Za-z_][A-Za-z0-9_]*)(\+?=|\[)/u.exec(this.text.slice(this.at, this.at + 256));
        if (match?.[2] === '=') {
          const [whole, name = ''] = match;
          this.at += whole.length;
          if (this.peek() === '(') throw new NotSimulated('arrays');
          assignments.push({ name, value: ends.has(this.peek()) ? [] : this.word(true) });
          continue;
        }
        if (match?.[2] === '+=') throw new NotSimulated('+=');
      }
      const word = this.word();
      const [only] = word;
      if (words.length === 0 && word.length === 1 && only?.kind === 'text' && !only.quoted) {
        if (only.text === '[[' || only.text === 'function' || only.text === 'select')
          throw new NotSimulated(only.text);
      }
      words.push(word);
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) this.fail();
    return { kind: 'simple', assignments, words, redirects, line };
  }

  private functionBody(word: Word): Command {
    const [only] = word;
    if (only?.kind !== 'text' || only.quoted || !/^[A-Za-z_][A-Za-z0-9_]*$/u.test(only.text)) this.fail();
    this.at++;
    this.blanks();
    if (this.peek() !== ')') this.fail();
    this.at++;
    this.lines();
    const body = this.compound();
    if (!body) this.fail();
    const redirects: Redirect[] = [];
    while (this.redirectAhead()) redirects.push(this.redirect());
    return {
      kind: 'function',
      name: only.text,
      body: redirects.length === 0 ? body : { kind: 'redirected', command: body, redirects },
    };
  }

  private name(): string {
    if (!nameStart.test(this.peek())) return '';
    let name = '';
    while (nameRest.test(this.peek())) {
      name += this.peek();
      this.at++;
    }
    return name;
  }

  /** Parses one word. In an assignment a `~` after `:` counts, too. */
  private word(assignment = false): Word {
    return this.parts((c) => ends.has(c), { tilde: true, assignment });
  }

  private parts(
    stop: (c: string) => boolean,
    options: { readonly tilde: boolean; readonly assignment: boolean },
  ): Word {
    const parts: Part[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: false });
      text = '';
    };
    if (options.tilde && this.peek() === '~') {
      const user = /^~([A-Za-z0-9_.-]*)(?=[/:\s;&|<>()]|$)/u.exec(this.text.slice(this.at, this.at + 64));
      if (user) {
        if (user[1] !== '') throw new NotSimulated('~user');
        this.at += 1;
        parts.push({ kind: 'parameter', name: 'HOME', quoted: true });
      }
    }
    for (;;) {
      const c = this.peek();
      if (c === '' || stop(c)) break;
      if (c === '\\') {
        const next = this.peek(1);
        this.at += 2;
        if (next === '\n') {
          this.line++;
          continue;
        }
        if (next === '') throw new Incomplete('Syntax error: end of file unexpected');
        flush();
        parts.push({ kind: 'text', text: next, quoted: true });
      } else if (c === "'") {
        const end = this.text.indexOf("'", this.at + 1);
        if (end < 0) throw new Incomplete('Syntax error: Unterminated quoted string');
        flush();
        const inside = this.text.slice(this.at + 1, end);
        parts.push({ kind: 'text', text: inside, quoted: true });
        for (const letter of inside) if (letter === '\n') this.line++;
        this.at = end + 1;
      } else if (c === '"') {
        flush();
        this.at++;
        const inside = this.quotedBody('"');
        if (inside.length === 0) parts.push({ kind: 'text', text: '', quoted: true });
        parts.push(...inside);
      } else if (c === '$') {
        const part = this.dollar(false);
        if (part) {
          flush();
          parts.push(part);
        } else text += '$';
      } else if (c === '`') {
        flush();
        parts.push(this.backquote(false));
      } else {
        if (c === '\n') this.line++;
        text += c;
        this.at++;
      }
    }
    flush();
    return parts;
  }

  /** Parses what stands between double quotes, up to `close`, or a here-document's body when `close` is empty. */
  quotedBody(close: '"' | '' | '}'): Word {
    const parts: Part[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push({ kind: 'text', text, quoted: true });
      text = '';
    };
    for (;;) {
      const c = this.peek();
      if (c === '') {
        if (close !== '') throw new Incomplete('Syntax error: Unterminated quoted string');
        break;
      }
      if (c === close) {
        if (close === '"') this.at++;
        break;
      }
      if (c === '\\') {
        const next = this.peek(1);
        if (next === '\n') this.line++;
        else if (
          next === '$' ||
          next === '`' ||
          next === '\\' ||
          (next === '"' && close !== '') ||
          (next === '}' && close === '}')
        )
          text += next;
        else text += `\\${next}`;
        this.at += 2;
      } else if (c === '$') {
        const part = this.dollar(true);
        if (part) {
          flush();
          parts.push(part);
        } else text += '$';
      } else if (c === '`') {
        flush();
        parts.push(this.backquote(true));
      } else if (c === '"' && close === '}') {
        // Quotes inside "${x:-"y"}" group and are removed.
        this.at++;
      } else {
        if (c === '\n') this.line++;
        text += c;
        this.at++;
      }
    }
    flush();
    return parts;
  }

  private backquote(quoted: boolean): Part {
    this.at++;
    let inner = '';
    for (;;) {
      const c = this.peek();
      if (c === '') throw new Incomplete('Syntax error: EOF in backquote substitution');
      this.at++;
      if (c === '`') break;
      if (c === '\\') {
        const next = this.peek();
        this.at++;
        inner +=
          next === '$' || next === '`' || next === '\\' || (quoted && next === '"') ? next : `\\${next}`;
      } else inner += c;
    }
    return { kind: 'command', body: new Parser(inner, 0, this.line).program(), quoted };
  }

  /** Parses an expansion at `$`; undefined (and the `$` taken) when it is a plain dollar sign. */
  private dollar(quoted: boolean): Part | undefined {
    const next = this.peek(1);
    if (next === '(') {
      if (this.peek(2) === '(') {
        const arithmetic = this.arithmetic(quoted);
        if (arithmetic) return arithmetic;
      }
      const inner = new Parser(this.text, this.at + 2, this.line);
      const body = inner.untilParenthesis();
      this.at = inner.at + 1;
      this.line = inner.line;
      return { kind: 'command', body, quoted };
    }
    if (next === '{') return this.braced(quoted);
    if (nameStart.test(next)) {
      this.at++;
      return { kind: 'parameter', name: this.name(), quoted };
    }
    if (/[0-9@*#?$!-]/u.test(next)) {
      this.at += 2;
      return { kind: 'parameter', name: next, quoted };
    }
    if (next === "'" && !quoted) throw new NotSimulated("$'...'");
    this.at++;
    return undefined;
  }

  private arithmetic(quoted: boolean): Part | undefined {
    let depth = 0;
    for (let end = this.at + 3; end < this.text.length; end++) {
      const c = this.text.charAt(end);
      if (c === '(') depth++;
      else if (c === ')') {
        if (depth > 0) depth--;
        else {
          if (this.text.charAt(end + 1) !== ')') return undefined;
          const inner = this.text.slice(this.at + 3, end);
          this.at = end + 2;
          return { kind: 'arithmetic', expression: new Parser(inner, 0, this.line).quotedBody(''), quoted };
        }
      }
    }
    throw new Incomplete("Syntax error: Missing '))'");
  }

  private braced(quoted: boolean): Part {
    this.at += 2;
    if (
      this.peek() === '#' &&
      /^#(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*?$!-]|)\}/u.test(this.text.slice(this.at, this.at + 64))
    ) {
      if (this.peek(1) === '}') {
        this.at += 2;
        return { kind: 'parameter', name: '#', quoted };
      }
      this.at++;
      const name = this.parameterName();
      this.at++;
      return { kind: 'parameter', name, operator: 'length', quoted };
    }
    const name = this.parameterName();
    if (name === '') {
      if (this.peek() === '!') throw new NotSimulated('${!x}');
      if (this.at >= this.text.length) throw new Incomplete("Syntax error: Missing '}'");
      throw new ShellSyntaxError('Bad substitution');
    }
    if (this.peek() === '}') {
      this.at++;
      return { kind: 'parameter', name, quoted };
    }
    const operator = /^(?::[-=?+]|[-=?+]|##|#|%%|%)/u.exec(this.text.slice(this.at, this.at + 2))?.[0] as
      ParameterOperator | undefined;
    if (!operator) {
      if (/[/:^,[@]/u.test(this.peek())) throw new NotSimulated(`\${${name}${this.peek()}...}`);
      if (this.at >= this.text.length) throw new Incomplete("Syntax error: Missing '}'");
      throw new ShellSyntaxError('Bad substitution');
    }
    this.at += operator.length;
    const pattern = operator.startsWith('#') || operator.startsWith('%');
    const word =
      quoted && !pattern
        ? this.quotedBody('}')
        : this.parts((c) => c === '}', { tilde: true, assignment: false });
    if (this.peek() !== '}') throw new Incomplete("Syntax error: Missing '}'");
    this.at++;
    return { kind: 'parameter', name, operator, word, quoted };
  }

  private parameterName(): string {
    const name = this.name();
    if (name !== '') return name;
    const digits = /^[0-9]+/u.exec(this.text.slice(this.at, this.at + 20))?.[0];
    if (digits) {
      this.at += digits.length;
      return digits;
    }
    if (/[@*#?$!-]/u.test(this.peek()) && this.peek() !== '') {
      const special = this.peek();
      this.at++;
      return special;
    }
    return '';
  }
}

/** Parses a whole program. Throws `Incomplete` when more input could finish it, else `ShellSyntaxError`. */
export function parse(text: ByteString, line = 1): List {
  return new Parser(text, 0, line).program();
}
