/** Parses the POSIX shell language as dash and busybox ash understand it. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Command, List, ListItem, Redirect, Word } from './ast.ts';
import { ends } from './scanner.ts';
import { SimpleCommandParser } from './simple-command-parser.ts';
import { Incomplete } from './syntax-errors.ts';

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

class Parser extends SimpleCommandParser {
  protected nested(text: ByteString, from = 0): Parser {
    return new Parser(text, from, this.line);
  }

  program(): List {
    const list = this.list(() => false);
    if (this.at < this.text.length) this.fail();
    if (this.here.length > 0) throw new Incomplete('Syntax error: here-document unfinished');
    return list;
  }

  protected untilParenthesis(): List {
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

  protected functionBody(word: Word): Command {
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
}

/** Parses a whole program. Throws `Incomplete` when more input could finish it, else `ShellSyntaxError`. */
export function parse(text: ByteString, line = 1): List {
  return new Parser(text, 0, line).program();
}
