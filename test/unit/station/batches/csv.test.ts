import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { csvLineToReadAgain } from '../../../../src/journal/csv.ts';
import { CsvParser, type CsvRecord } from '../../../../src/station/batches/file/csv-parser.ts';
import { readCell } from '../../../../src/station/batches/file/cell-rules.ts';
import { recordsOf } from '../../../../src/station/batches/file/records.ts';
import { examineSource } from '../../../../src/station/batches/file/source.ts';

/** Parses a text cut into pieces of this many characters. */
function parse(text: string, piece = text.length || 1, delimiter = ','): readonly CsvRecord[] {
  const parser = new CsvParser(delimiter);
  const found: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += piece) found.push(...parser.feed(text.slice(at, at + piece)));
  return [...found, ...parser.end()];
}

const cells = (text: string, piece?: number): readonly (readonly string[])[] =>
  parse(text, piece).map((record) => record.cells);

async function readFile(content: Buffer): Promise<{
  readonly encoding: string;
  readonly delimiter: string;
  readonly records: readonly CsvRecord[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'station-csv-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'file.csv');
  writeFileSync(path, content);
  const { signal } = new AbortController();
  const source = await examineSource(path, signal);
  const { delimiter, header, rows } = await recordsOf(source, signal);
  const records = [header];
  for await (const some of rows) records.push(...some);
  return { encoding: source.encoding, delimiter, records };
}

describe('CSV', () => {
  it('is read by RFC 4180, with the lines that each row begins and ends in', () => {
    const text = 'a,b\r\n"x ""y""\r\nz",2\n\n,\r3,"4"\n"5" ,6';
    expect(parse(text)).toEqual([
      { line: 1, lastLine: 1, cells: ['a', 'b'], fault: null },
      { line: 2, lastLine: 3, cells: ['x "y"\r\nz', '2'], fault: null },
      { line: 6, lastLine: 6, cells: ['3', '4'], fault: null },
      { line: 7, lastLine: 7, cells: ['5', '6'], fault: null },
    ]);
  });

  it('is the same wherever a file is cut into pieces', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü', "'"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 9 }), (rows, piece) => {
        const text = rows
          .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\r\n');
        const whole = rows.filter((row) => row.some((value) => value !== ''));
        expect(cells(text, piece)).toEqual(whole);
        expect(parse(text, piece)).toEqual(parse(text));
      }),
    );
  });

  it('that the station writes is read again as it was, also what a spreadsheet would run', () => {
    const value = fc
      .string({ unit: fc.constantFrom('=', '+', '-', '@', "'", '"', ',', ';', 'a', '0', 'é'), maxLength: 8 })
      .filter((text) => text.trim() === text);
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 2, maxLength: 2 }), { maxLength: 5 }), (rows) => {
        const text = rows.map((row) => csvLineToReadAgain(row)).join('');
        const again = parse(text).map((record) => record.cells.map((cell) => readCell(cell).value));
        expect(again).toEqual(rows.filter((row) => row.some((cell) => cell !== '')));
      }),
    );
  });

  it('names a quote that is not closed by the lines that it makes one row, and stops there for memory', () => {
    expect(parse('a,b\nc,"d\ne,f\n')).toEqual([
      { line: 1, lastLine: 1, cells: ['a', 'b'], fault: null },
      { line: 2, lastLine: 3, cells: ['c', 'd\ne,f\n'], fault: 'quote-open' },
    ]);
    const [, row] = parse(`a,b\nc,"${'d'.repeat(70_000)}`);
    expect(row).toMatchObject({ line: 2, lastLine: 2, fault: 'quote-open' });
    const [, rows] = parse(`a,b\nc,"${'d\n'.repeat(35_000)}`);
    expect(rows).toMatchObject({ line: 2, lastLine: 32_771, fault: 'quote-open' });
    expect(parse('a,"b\nc,"d\ne,f\n')).toMatchObject([
      { line: 1, lastLine: 2, fault: 'quote-misplaced' },
      { line: 3, lastLine: 3, fault: null },
    ]);
    expect(parse('a,b\n"c"d,e\n')[1]).toMatchObject({ line: 2, fault: 'quote-misplaced' });
  });

  const TEXT = 'mac;tag.größe\r\n02:00:00:00:00:01;groß – 5 €\r\n';
  const LATIN = Buffer.from(TEXT.replaceAll('–', '\x96').replaceAll('€', '\x80'), 'latin1');
  it.each([
    ['UTF-8', 'utf-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', 'utf-8', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16, little end first', 'utf-16le', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-16 without a mark', 'utf-16le', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16, big end first', 'utf-16be', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16()],
    ['Windows-1252', 'windows-1252', LATIN],
  ])('of a spreadsheet in %s is read', async (_, encoding, content) => {
    expect(await readFile(content)).toMatchObject({
      encoding,
      delimiter: ';',
      records: [
        { line: 1, cells: ['mac', 'tag.größe'] },
        { line: 2, cells: ['02:00:00:00:00:01', 'groß – 5 €'] },
      ],
    });
  });

  it.each([
    ['a,b;c\n1,2;3', ','],
    ['a;b\n1,5;2', ';'],
    ['a\tb\n1\t2', '\t'],
    ['a|b\n1|2', '|'],
    ['"x;y",b\n1,2', ','],
    ['a\n1;2', ','],
  ])('%j is taken to be delimited by %j', async (text, delimiter) => {
    expect(await readFile(Buffer.from(text))).toMatchObject({ delimiter });
  });

  it('has its delimiter from a first line sep=, which counts as a line', async () => {
    expect(await readFile(Buffer.from('sep=;\r\na;b,c\r\n1;2\r\n'))).toMatchObject({
      delimiter: ';',
      records: [
        { line: 2, cells: ['a', 'b,c'] },
        { line: 3, cells: ['1', '2'] },
      ],
    });
  });

  it.each([
    ['PK\x03\x04 and so on', 'batch/file-foreign'],
    ['', 'batch/file-empty'],
    ['\r\n\r\n', 'batch/file-empty'],
  ])('%j is no file of rows', async (content, code) => {
    await expect(readFile(Buffer.from(content, 'latin1'))).rejects.toMatchObject({ code });
  });
});
