import type { BatchProblem } from '../../../contract/batches.ts';
import { problem } from './problem.ts';

/** A spreadsheet keeps so many digits of a number; the others become zeros. */
const DIGITS_KEPT = 15;
/** So many rows show what is usual in a column. */
const ENOUGH = 10;
/** So much of a column's values has one width where that is the rule. */
const RULE = 0.8;

/**
 * What only a whole column shows: long numbers that all end in zeros after the digits that a spreadsheet keeps, and
 * numbers that are shorter than all the others, as they are when leading zeros were dropped.
 */
export class ColumnWatch {
  readonly #column: string;
  readonly #widths = new Map<number, number>();
  readonly #short: { readonly line: number; readonly width: number }[] = [];
  readonly #rounded: number[] = [];
  #values = 0;
  #long = 0;

  constructor(column: string) {
    this.#column = column;
  }

  add(line: number, value: string): void {
    this.#values += 1;
    if (!/^\d+$/.test(value)) return;
    const width = value.length;
    const known = this.#widths.get(width) ?? 0;
    this.#widths.set(width, known + 1);
    if (width > DIGITS_KEPT) {
      this.#long += 1;
      if (/^0+$/.test(value.slice(DIGITS_KEPT))) this.#rounded.push(line);
    }
    // Which width is the rule is not known yet; rows of one that already is are not remembered.
    if (known < ENOUGH * 100) this.#short.push({ line, width });
  }

  /** Rows that must not be used: every long number of the column was rounded. */
  faults(): readonly BatchProblem[] {
    if (this.#long === 0 || this.#rounded.length < this.#long) return [];
    return this.#rounded.map((line) =>
      problem(
        line,
        this.#column,
        'precision-lost',
        `All numbers of this column with more than ${DIGITS_KEPT} digits end in zeros: a spreadsheet has rounded them. Format the column as text and fill it in anew.`,
      ),
    );
  }

  /** Rows worth a look: shorter than the width that the column has. */
  notes(): readonly BatchProblem[] {
    const [usual, n] = [...this.#widths].reduce<readonly [number, number]>(
      (most, width) => (width[1] > most[1] ? width : most),
      [0, 0],
    );
    if (n < ENOUGH || n < this.#values * RULE) return [];
    return this.#short
      .filter(({ width }) => width < usual)
      .map(({ line, width }) =>
        problem(
          line,
          this.#column,
          'zeros-trimmed',
          `It has ${width} digits where other rows have ${usual}: a spreadsheet may have dropped leading zeros.`,
        ),
      );
  }
}
