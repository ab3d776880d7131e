/** What is wrong with how a row is written. */
export type CsvFault = 'quote-open' | 'quote-misplaced';

/** A row of a CSV file; `line` and `lastLine` are the lines of the file that it begins and ends in. */
export interface CsvRecord {
  readonly line: number;
  readonly lastLine: number;
  readonly cells: readonly string[];
  readonly fault: CsvFault | null;
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Characters of one cell: a certificate has some thousand. A quote that is never closed ends here and not in all memory. */
const LARGEST_CELL = 64 * 1024;

type Place = 'begin' | 'plain' | 'quoted' | 'after-quote';

/**
 * CSV by RFC 4180, piece by piece, with any delimiter and line end (LF, CRLF, CR). A quote inside of an unquoted cell is
 * a character like any other, as spreadsheets have it. Rows in which every cell is empty are left out.
 */
export class CsvParser {
  readonly #delimiter: number;
  #place: Place = 'begin';
  #cell = '';
  #cells: string[] = [];
  #fault: CsvFault | null = null;
  #line: number;
  #begin: number;
  #afterCr = false;

  /** @param delimiter one character. @param line the line that the text begins in. */
  constructor(delimiter: string, line = 1) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#line = line;
    this.#begin = line;
  }

  /** The rows that end in this piece. */
  *feed(text: string): Generator<CsvRecord, void, undefined> {
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (this.#afterCr) {
        this.#afterCr = false;
        if (code === LF) {
          if (this.#place !== 'quoted') from = at + 1;
          continue;
        }
      }
      if (this.#place === 'quoted') {
        if (code === QUOTE) {
          this.#cell += text.slice(from, at);
          this.#place = 'after-quote';
          from = at + 1;
        } else if (code === LF || code === CR) {
          this.#line += 1;
          this.#afterCr = code === CR;
        }
        if (at - from + this.#cell.length > LARGEST_CELL) {
          yield this.#giveUp();
          from = at + 1;
        }
        continue;
      }
      if (code === this.#delimiter) {
        this.#endCell(text.slice(from, at));
        from = at + 1;
      } else if (code === LF || code === CR) {
        this.#endCell(text.slice(from, at));
        from = at + 1;
        const last = this.#line;
        this.#line += 1;
        this.#afterCr = code === CR;
        const record = this.#endRecord(last);
        if (record !== null) yield record;
      } else if (this.#place === 'begin') {
        this.#place = code === QUOTE ? 'quoted' : 'plain';
        if (code === QUOTE) from = at + 1;
      } else if (this.#place === 'after-quote') {
        // Two quotes are one; anything else does not belong there.
        if (code === QUOTE) this.#place = 'quoted';
        else if (code !== 0x20) this.#fault ??= 'quote-misplaced';
      }
    }
    if (this.#place !== 'after-quote') this.#cell += text.slice(from);
    if (this.#cell.length > LARGEST_CELL) yield this.#giveUp();
  }

  /** The last row where nothing ends it. */
  *end(): Generator<CsvRecord, void, undefined> {
    if (this.#place === 'quoted') this.#fault ??= 'quote-open';
    if (this.#place === 'begin' && this.#cells.length === 0 && this.#cell === '') return;
    // After the line end that an open quote has taken in there is no line.
    const last = this.#place === 'quoted' && /[\r\n]$/.test(this.#cell) ? this.#line - 1 : this.#line;
    this.#endCell('');
    const record = this.#endRecord(last);
    if (record !== null) yield record;
  }

  #endCell(rest: string): void {
    // What follows a closing quote before the delimiter is blank, or was found to be wrong.
    const cell = this.#place === 'after-quote' && this.#fault === null ? this.#cell : this.#cell + rest;
    this.#cells.push(cell);
    this.#cell = '';
    this.#place = 'begin';
  }

  #endRecord(lastLine: number): CsvRecord | null {
    const record = { line: this.#begin, lastLine, cells: this.#cells, fault: this.#fault };
    this.#cells = [];
    this.#fault = null;
    this.#begin = this.#line;
    return record.fault === null && record.cells.every((cell) => cell === '') ? null : record;
  }

  #giveUp(): CsvRecord {
    const [line, lastLine] = [this.#begin, this.#line];
    const record: CsvRecord = { line, lastLine, cells: this.#cells, fault: 'quote-open' };
    this.#cells = [];
    this.#cell = '';
    this.#place = 'plain';
    this.#fault = null;
    this.#begin = this.#line;
    return record;
  }
}
