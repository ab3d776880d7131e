import { expect, test } from 'vitest';
import type { CommandIo } from '../../../src/cli/io.ts';
import { Output, table } from '../../../src/cli/output.ts';
import { printable, printableJson, printableValue } from '../../../src/cli/printable.ts';

const CODE = (hex: number): string => String.fromCodePoint(hex);
const ESC = CODE(0x1b);
/** Sets the window's title, goes up a line, wipes it, and writes there. */
const EVIL = `52${ESC}]0;owned${CODE(7)}${ESC}[1A${ESC}[2KPASS`;

test.each([
  [EVIL, String.raw`52\x1b]0;owned\x07\x1b[1A\x1b[2KPASS`],
  ['a\r\nb\tc', String.raw`a\x0d\x0ab\x09c`],
  [`${CODE(0x7f)}${CODE(0x9b)}2K`, String.raw`\x7f\x9b2K`],
  [`a${CODE(0x202e)}b${CODE(0x2066)}${CODE(0x200f)}`, String.raw`a\u202eb\u2066\u200f`],
  ['Gerät 7 — ✓ 板 ’', 'Gerät 7 — ✓ 板 ’'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('every text of a value, names too', () => {
  expect(printableValue({ a: [{ [`k${ESC}`]: `v${ESC}` }], n: 1, z: null })).toEqual({
    a: [{ 'k\\x1b': 'v\\x1b' }],
    n: 1,
    z: null,
  });
});

test('a JSON document keeps its meaning', () => {
  const value = { text: `${EVIL}\n${CODE(0x9b)}${CODE(0x202e)}` };
  const document = printableJson(value);
  expect(JSON.parse(document)).toEqual(value);
  expect(printable(document.replaceAll('\n', ''))).toBe(document.replaceAll('\n', ''));
  expect(printableJson(value, 0)).not.toContain('\n');
});

test('what --json prints may go to a terminal, too', () => {
  const shown: string[] = [];
  const stdout = { write: (text: string) => shown.push(text) } as unknown as CommandIo['stdout'];
  const value = { text: `${EVIL}${CODE(0x9b)}${CODE(0x202e)}` };
  const io = { stdout } as CommandIo;
  new Output(io, { json: 'document', quiet: false, color: false }).result(value, () => '');
  new Output(io, { json: 'lines', quiet: false, color: false }).line(value);
  expect(shown.map((text) => JSON.parse(text) as unknown)).toEqual([value, value]);
  for (const text of shown) expect(printable(text.replaceAll('\n', ''))).toBe(text.replaceAll('\n', ''));
});

test('no cell of a table reaches the terminal, styled or not, and the columns stay straight', () => {
  const bold = (text: string): string => `${ESC}[1m${text}${ESC}[22m`;
  const lines = table(
    ['ID', 'VERDICT', 'X'],
    [
      [EVIL, { text: `fail${ESC}c`, style: bold }, 'x'],
      ['52:54', { text: 'pass', style: bold }, 'x'],
    ],
  ).split('\n');
  expect(lines[1]).toBe(
    String.raw`52\x1b]0;owned\x07\x1b[1A\x1b[2KPASS` + `  ${bold(String.raw`fail\x1bc`)}  x`,
  );
  expect(new Set(lines.map((line) => line.replaceAll(/\u{1b}\[\d+m/gu, '').lastIndexOf('x'))).size).toBe(2);
  expect(lines).toHaveLength(3);
});
