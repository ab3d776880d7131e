/** Where a parser stands in a text of the shell language. */
import type { ByteString } from '../bytes.ts';
import { Incomplete, ShellSyntaxError } from './syntax-errors.ts';

const nameStart = /[A-Za-z_]/u;
const nameRest = /[A-Za-z0-9_]/u;

/** What ends a word that is not quoted. */
export const ends: ReadonlySet<string> = new Set([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')', '']);

/** Walks over a text: the next character, blanks, names. */
export class Scanner {
  protected readonly text: ByteString;
  protected at: number;
  protected line: number;

  constructor(text: ByteString, from = 0, line = 1) {
    this.text = text;
    this.at = from;
    this.line = line;
  }

  /** The character `ahead` of here, not taken; empty behind the end. */
  protected peek(ahead = 0): string {
    return this.text.charAt(this.at + ahead);
  }

  /** Refuses what comes next. */
  protected fail(): never {
    const rest = /^\s*(\S*)/u.exec(this.text.slice(this.at))?.[1] ?? '';
    if (this.at >= this.text.length) throw new Incomplete('Syntax error: end of file unexpected');
    throw new ShellSyntaxError(
      `Syntax error: "${/^(?:;;|&&|\|\||[;&|()<>]|[^;&|()<>]+)/u.exec(rest)?.[0] ?? 'newline'}" unexpected`,
    );
  }

  /** Skips blanks, line continuations and a comment. */
  protected blanks(): void {
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

  /** The next character that is no blank. */
  protected afterBlanks(): string {
    this.blanks();
    return this.peek();
  }

  /** Whether a name starts `ahead` characters from here. */
  protected nameAhead(ahead = 0): boolean {
    return nameStart.test(this.peek(ahead));
  }

  /** Takes a name; empty when none is here. */
  protected name(): string {
    if (!this.nameAhead()) return '';
    let name = '';
    while (nameRest.test(this.peek())) {
      name += this.peek();
      this.at++;
    }
    return name;
  }
}
