/** The simple uses of `sed`: addresses, s, p, d, q, y, =, !. */
import { SystemError } from '../files/errors.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { linesOf, readInput } from './inputs.ts';
import { readOptions } from './options.ts';
import { regularSource } from './regular.ts';

type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'match'; readonly expression: RegExp };

interface Step {
  readonly from?: Address;
  readonly to?: Address;
  readonly negated: boolean;
  readonly run: (
    line: string,
    state: { print: (text: string) => void; number: number },
  ) => { line: string; verdict?: 'delete' | 'quit' };
  active?: boolean;
}

class Script {
  private at = 0;
  private readonly text: string;
  private readonly extended: boolean;
  readonly steps: Step[] = [];
  constructor(text: string, extended: boolean) {
    this.text = text;
    this.extended = extended;
    while ((this.skip(), this.at < this.text.length)) this.steps.push(this.step());
  }
  private skip(): void {
    while (/[\s;]/u.test(this.text.charAt(this.at)) && this.at < this.text.length) this.at++;
  }
  private delimited(delimiter: string): string {
    let body = '';
    for (;;) {
      const c = this.text.charAt(this.at);
      if (c === '') throw new NotSimulated(`sed ${this.text}`);
      this.at++;
      if (c === delimiter) return body;
      if (c === '\\') {
        const next = this.text.charAt(this.at++);
        body += next === delimiter && delimiter !== '.' ? next : `\\${next}`;
      } else if (c === '[') {
        const end = this.text.indexOf(']', this.at + (this.text.charAt(this.at) === '^' ? 2 : 1));
        const stop = this.text.indexOf(delimiter, this.at);
        if (end > 0 && stop > 0 && stop < end) {
          body += this.text.slice(this.at - 1, end + 1);
          this.at = end + 1;
        } else body += c;
      } else body += c;
    }
  }
  private address(): Address | undefined {
    const number = /^[0-9]+/u.exec(this.text.slice(this.at))?.[0];
    if (number !== undefined) {
      this.at += number.length;
      return { kind: 'line', line: Number(number) };
    }
    if (this.text.charAt(this.at) === '$') {
      this.at++;
      return { kind: 'last' };
    }
    if (this.text.charAt(this.at) === '/') {
      this.at++;
      return { kind: 'match', expression: new RegExp(regularSource(this.delimited('/'), this.extended)) };
    }
    return undefined;
  }
  private step(): Step {
    const from = this.address();
    let to: Address | undefined;
    if (from && this.text.charAt(this.at) === ',') {
      this.at++;
      to = this.address();
      if (!to) throw new NotSimulated(`sed ${this.text}`);
    }
    let negated = false;
    while (/[\s!]/u.test(this.text.charAt(this.at))) if (this.text.charAt(this.at++) === '!') negated = true;
    const base = { negated, ...(from ? { from } : {}), ...(to ? { to } : {}) };
    const command = this.text.charAt(this.at++);
    switch (command) {
      case 'p':
        return { ...base, run: (line, state) => (state.print(line), { line }) };
      case 'd':
        return { ...base, run: (line) => ({ line, verdict: 'delete' }) };
      case 'q':
        return { ...base, run: (line) => ({ line, verdict: 'quit' }) };
      case '=':
        return { ...base, run: (line, state) => (state.print(String(state.number)), { line }) };
      case 's':
        return { ...base, run: this.substitution() };
      case 'y': {
        const delimiter = this.text.charAt(this.at++);
        const one = this.delimited(delimiter);
        const two = this.delimited(delimiter);
        return {
          ...base,
          run: (line) => ({
            line: Array.from(line)
              .map((c) => (one.includes(c) ? two.charAt(one.indexOf(c)) : c))
              .join(''),
          }),
        };
      }
      default:
        throw new NotSimulated(`the command ${command} of sed`);
    }
  }
  private substitution(): Step['run'] {
    const delimiter = this.text.charAt(this.at++);
    const source = regularSource(this.delimited(delimiter), this.extended);
    const replacement = this.delimited(delimiter);
    const flags = /^[gpiI0-9]*/u.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += flags.length;
    if (/[0-9]/u.test(flags)) throw new NotSimulated('s///N of sed');
    const expression = new RegExp(source, `${flags.includes('g') ? 'g' : ''}${/i/iu.test(flags) ? 'i' : ''}`);
    const made = (groups: readonly string[]): string =>
      replacement.replace(/\\([0-9n&\\/.|,#:;@!%"'tr-])|&/gu, (whole, escaped: string | undefined) => {
        if (whole === '&') return groups[0] ?? '';
        if (escaped === 'n') return '\n';
        if (escaped === 't') return '\t';
        if (escaped === 'r') return '\r';
        return /[0-9]/u.test(escaped ?? '') ? (groups[Number(escaped)] ?? '') : (escaped ?? '');
      });
    return (line, state) => {
      let hits = 0;
      const result = line.replace(expression, (...match: unknown[]) => {
        hits++;
        const groups = match.slice(
          0,
          match.findIndex((part) => typeof part === 'number'),
        );
        return made(groups.map((group) => (typeof group === 'string' ? group : '')));
      });
      if (hits > 0 && flags.includes('p')) state.print(result);
      return { line: result };
    };
  }
}

function hits(address: Address, line: string, number: number, last: boolean): boolean {
  if (address.kind === 'line') return address.line === number;
  return address.kind === 'last' ? last : address.expression.test(line);
}

function selected(step: Step, line: string, number: number, last: boolean): boolean {
  if (!step.from) return true;
  if (!step.to) return hits(step.from, line, number, last);
  if (step.active) {
    if (hits(step.to, line, number, last) || (step.to.kind === 'line' && step.to.line <= number))
      step.active = false;
    return true;
  }
  if (!hits(step.from, line, number, last)) return false;
  step.active = !(step.to.kind === 'line' && step.to.line <= number) && !last;
  return true;
}

/** `sed` with -n, -e, -E/-r, -i (in place, without a suffix). */
export const sed: Program = async (run) => {
  const { flags, all, rest } = readOptions(run, {
    flags: 'nErsi',
    valued: 'e',
    long: { quiet: 'n', 'regexp-extended': 'E' },
  });
  const scripts = all.map(([, value]) => value);
  const script = scripts.length > 0 ? scripts.join('\n') : (rest[0] ?? '');
  const names = scripts.length > 0 ? rest : rest.slice(1);
  let status = 0;
  for (const group of flags.has('i') ? names.map((name) => [name]) : [names.length === 0 ? ['-'] : names]) {
    const { steps } = new Script(script, flags.has('E') || flags.has('r'));
    let text = '';
    for (const name of group) {
      try {
        text += await readInput(run, name);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        status = run.fail(
          run.machine.flavour === 'busybox'
            ? `${name}: ${error.message}`
            : `can't read ${name}: ${error.message}`,
          2,
        );
        if (run.machine.flavour === 'busybox') status = 1;
      }
    }
    let result = '';
    const lines = linesOf(text);
    const print = (line: string): void => {
      result += `${line}\n`;
    };
    walk: for (const [index, original] of lines.entries()) {
      const number = index + 1;
      const last = number === lines.length;
      let line = original;
      let quit = false;
      for (const step of steps) {
        if (selected(step, line, number, last) === step.negated) continue;
        const after = step.run(line, { print, number });
        line = after.line;
        if (after.verdict === 'delete') continue walk;
        if (after.verdict === 'quit') {
          quit = true;
          break;
        }
      }
      if (!flags.has('n')) print(line);
      if (quit) break;
    }
    // A text whose last line has no newline keeps it so.
    if (text !== '' && !text.endsWith('\n') && result.endsWith('\n')) result = result.slice(0, -1);
    if (flags.has('i')) run.machine.files.put(run.process.who, run.path(group[0] ?? ''), result);
    else await run.out(result);
  }
  return status;
};
