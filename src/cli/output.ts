import { styleText } from 'node:util';
import type { CommandIo, CommonOptions } from './io.ts';

type Style = Parameters<typeof styleText>[0];

/** Writes results to stdout and everything else to stderr. */
export class Output {
  readonly #io: CommandIo;
  readonly #options: CommonOptions;

  constructor(io: CommandIo, options: CommonOptions) {
    this.#io = io;
    this.#options = options;
  }

  get json(): CommonOptions['json'] {
    return this.#options.json;
  }

  /** The command's result: one JSON document, or what `text` makes of it. */
  result<T>(value: T, text: (value: T) => string): void {
    if (this.#options.json === false) this.#print(text(value));
    else if (this.#options.json === 'document') this.#print(JSON.stringify(value, null, 2));
    else this.line({ type: 'result', result: value });
  }

  /** One event of `--json=lines`; nothing otherwise. */
  line(event: unknown): void {
    if (this.#options.json === 'lines') this.#print(JSON.stringify(event));
  }

  /** A sentence for a person, on stderr; silent with `--quiet`. */
  note(text: string): void {
    if (!this.#options.quiet) this.#io.stderr.write(`${text}\n`);
  }

  /** An error, on stderr, also with `--quiet`. */
  error(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  style(style: Style, text: string): string {
    return this.#options.color ? styleText(style, text, { validateStream: false }) : text;
  }

  #print(text: string): void {
    this.#io.stdout.write(`${text}\n`);
  }
}

/** Columns as wide as their widest cell; a column of empty cells is left out. Styles do not count as width. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const lines = [header, ...rows].map((row) => row.filter((_, column) => used[column] === true));
  const widths = lines.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, visibleLength(cell))),
    [],
  );
  return lines
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function visibleLength(text: string): number {
  return text.replace(ESCAPES, '').length;
}

const ESCAPES = new RegExp(String.raw`${String.fromCharCode(27)}\[[0-9;]*m`, 'g');
