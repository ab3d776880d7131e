/** Parses the simple commands of the shell language, with their redirections and here-documents. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Assignment, Command, Redirect, Word } from './ast.ts';
import { ends } from './scanner.ts';
import { Incomplete } from './syntax-errors.ts';
import { WordParser } from './word-parser.ts';

interface PendingHere {
  readonly delimiter: ByteString;
  readonly expand: boolean;
  readonly strip: boolean;
  readonly fill: (word: Word) => void;
}

/** The part of the parser that knows simple commands. One of them may turn out to be a function, which the whole parser knows. */
export abstract class SimpleCommandParser extends WordParser {
  /** Here-documents that start after the line. */
  protected readonly here: PendingHere[] = [];

  /** Parses the rest of a function whose name has been read. */
  protected abstract functionBody(word: Word): Command;

  /** Takes the end of a line, with the here-documents that follow it. */
  protected newline(): void {
    this.at++;
    this.line++;
    for (let pending = this.here.shift(); pending; pending = this.here.shift()) this.hereDocument(pending);
  }

  /** Skips the ends of lines. */
  protected lines(): void {
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
    else pending.fill(this.nested(body).quotedBody(''));
  }

  /** Whether a redirection comes next. */
  protected redirectAhead(): boolean {
    this.blanks();
    let ahead = 0;
    while (/[0-9]/u.test(this.peek(ahead))) ahead++;
    const c = this.peek(ahead);
    return c === '<' || c === '>';
  }

  /** Parses one redirection. */
  protected redirect(): Redirect {
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

  /** Parses one simple command, or the function that begins like one. */
  protected simple(): Command {
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
}
