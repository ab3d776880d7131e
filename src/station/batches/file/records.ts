import { StationError } from '../../../model/station-error.ts';
import { CsvParser, type CsvRecord } from './csv-parser.ts';
import { textOf, type Source } from './source.ts';

/** The delimiters that are looked for. */
export const DELIMITERS = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** So much of a file has its header in it. */
const HEADER_PART = 64 * 1024;

/** A file's delimiter, and its rows from the header on. */
export interface Records {
  readonly delimiter: Delimiter;
  readonly header: CsvRecord;
  /** The rows after the header, some at a time. */
  readonly rows: AsyncGenerator<readonly CsvRecord[], void, undefined>;
}

/** @throws StationError `batch/file-empty`, `batch/file-changed`, `batch/file-unreadable`; the signal's reason. */
export async function recordsOf(source: Source, signal: AbortSignal): Promise<Records> {
  const pieces = textOf(source, signal);
  let start = '';
  while (start.length < HEADER_PART) {
    const piece = await pieces.next();
    if (piece.done === true) break;
    start += piece.value;
  }
  const { delimiter, text, line } = dialectOf(start);
  const parser = new CsvParser(delimiter, line);
  const found = [...parser.feed(text)];
  let header = found.shift();
  if (header === undefined) {
    // All of it is read by now, or its first row is no header.
    header = [...parser.end()].shift();
    if (header === undefined) throw new StationError('batch/file-empty', { path: source.path });
  }
  return { delimiter, header, rows: rest(found, parser, pieces) };
}

async function* rest(
  found: readonly CsvRecord[],
  parser: CsvParser,
  pieces: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<readonly CsvRecord[], void, undefined> {
  if (found.length > 0) yield found;
  for await (const piece of pieces) yield [...parser.feed(piece)];
  yield [...parser.end()];
}

/** A first line `sep=;` is a spreadsheet's word for it; else the delimiter that is most often in the first row. */
function dialectOf(start: string): {
  readonly delimiter: Delimiter;
  readonly text: string;
  readonly line: number;
} {
  const said = /^"?sep=(.)"?(\r\n|\n|\r)/i.exec(start);
  const named = DELIMITERS.find((delimiter) => delimiter === said?.[1]);
  if (said !== null && named !== undefined)
    return { delimiter: named, text: start.slice(said[0].length), line: 2 };
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, n: 0 }));
  let quoted = false;
  let blank = true;
  for (const character of start) {
    const ends = !quoted && (character === '\n' || character === '\r');
    if (ends && !blank) break;
    if (ends) continue;
    blank = false;
    if (character === '"') quoted = !quoted;
    const count = quoted ? undefined : counts.find(({ delimiter }) => delimiter === character);
    if (count !== undefined) count.n += 1;
  }
  const most = counts.reduce((best, count) => (count.n > best.n ? count : best));
  return { delimiter: most.delimiter, text: start, line: 1 };
}
