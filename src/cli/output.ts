import { styleText } from 'node:util';
import type { CommandIo, CommonOptions } from './io.ts';
import { printable, printableJson, printableValue } from './printable.ts';

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

  /**
   * The command's result: one JSON document, or what `text` makes of it. `text` gets the value with every text in it
   * made {@link printable}: much of it was written by boards and servers.
   */
  result<T>(value: T, text: (value: T) => string): void {
    if (this.#options.json === false) this.#print(text(printableValue(value)));
    else if (this.#options.json === 'document') this.#print(printableJson(value));
    else this.line({ type: 'result', result: value });
  }

  /** One event of `--json=lines`; nothing otherwise. */
  line(event: unknown): void {
    if (this.#options.json === 'lines') this.#print(printableJson(event, 0));
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

/** A cell's text, or that with a style. */
export type Cell = string | { readonly text: string; readonly style: (text: string) => string };

/** Columns as wide as their widest cell; a column of empty cells is left out. What cells hold is made printable. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const used = header.map((_, column) => rows.some((row) => shown(row[column] ?? '') !== ''));
  const lines = [header, ...rows].map((row) => row.filter((_, column) => used[column] === true));
  const widths = lines.reduce<number[]>(
    (found, row) => row.map((cell, column) => Math.max(found[column] ?? 0, shown(cell).length)),
    [],
  );
  return lines
    .map((row) =>
      row
        .map((cell, column) => styled(cell) + ' '.repeat((widths[column] ?? 0) - shown(cell).length))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function shown(cell: Cell): string {
  return printable(typeof cell === 'string' ? cell : cell.text);
}

function styled(cell: Cell): string {
  return typeof cell === 'string' ? shown(cell) : cell.style(shown(cell));
}
