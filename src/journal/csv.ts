export type CsvCell = string | number | null;

/**
 * What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection), also in its wide forms. Much of
 * what is recorded was written by boards, and a file is opened by somebody who trusts it.
 */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;

/** One line by RFC 4180, with its CRLF. A text that would be a formula is made a text by an apostrophe before it. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/**
 * The same for a file that is read in again: there an apostrophe at the beginning is a mark for text and left out, so that
 * one of the value's own is doubled.
 */
export function csvLineToReadAgain(cells: readonly CsvCell[]): string {
  return csvLine(
    cells.map((value) => (typeof value === 'string' && value.startsWith("'") ? `'${value}` : value)),
  );
}

function cell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
