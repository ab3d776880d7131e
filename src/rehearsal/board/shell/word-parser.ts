/** Parses the words of the shell language: quotes, and what is expanded. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { List, ParameterOperator, Part, Word } from './ast.ts';
import { ends, Scanner } from './scanner.ts';
import { Incomplete, ShellSyntaxError } from './syntax-errors.ts';

/** The part of the parser that knows words. A word may hold commands, which the whole parser knows. */
export abstract class WordParser extends Scanner {
  /** A parser of the same kind for what stands inside a word. Its lines count on from here. */
  protected abstract nested(text: ByteString, from?: number): WordParser;

  /** Parses everything up to the end of the text. */
  abstract program(): List;

  /** Parses commands up to a closing parenthesis, which is left. */
  protected abstract untilParenthesis(): List;

  /** Parses one word. In an assignment a `~` after `:` counts, too. */
  protected word(assignment = false): Word {
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
    return { kind: 'command', body: this.nested(inner).program(), quoted };
  }

  /** Parses an expansion at `$`; undefined (and the `$` taken) when it is a plain dollar sign. */
  private dollar(quoted: boolean): Part | undefined {
    const next = this.peek(1);
    if (next === '(') {
      if (this.peek(2) === '(') {
        const arithmetic = this.arithmetic(quoted);
        if (arithmetic) return arithmetic;
      }
      const inner = this.nested(this.text, this.at + 2);
      const body = inner.untilParenthesis();
      this.at = inner.at + 1;
      this.line = inner.line;
      return { kind: 'command', body, quoted };
    }
    if (next === '{') return this.braced(quoted);
    if (this.nameAhead(1)) {
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
          return { kind: 'arithmetic', expression: this.nested(inner).quotedBody(''), quoted };
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
