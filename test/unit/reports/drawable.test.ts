import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawable, wrap } from '../../../src/reports/drawable.ts';
import { loadFonts } from '../../../src/reports/fonts.ts';

const { text: font } = loadFonts();
const shown = (text: string): string => drawable(text, font.has);

describe('a text as it is set', () => {
  test.each([
    ['Latin', 'Łukasz Ångström, Türkçe ğ, Đặng'],
    ['Greek', 'Ελένη Παπαδοπούλου'],
    ['Cyrillic', 'Дмитрий Ђорђевић'],
    ['signs', '№ 4711 · 3 °C ± 0,5 → “ok” – €'],
  ])('%s stands as it is', (_, text) => {
    expect(shown(text)).toBe(text);
  });

  test.each([
    ['what the font lacks', '田', '[U+7530]'],
    ['what is written from the right', 'אב', '[U+05D0][U+05D1]'],
    ['a control that turns the direction', 'a\u202eb', 'a[U+202E]b'],
    ['what nobody sees', 'a\u200bb', 'a[U+200B]b'],
    ['a control character', 'a\u0007\tb', 'a[U+0007][U+0009]b'],
    ['a character beyond the first plane', '𓀀', '[U+13000]'],
    ['half a character', 'a\ud800', 'a[U+D800]'],
  ])('%s stands as its code', (_, text, wanted) => {
    expect(shown(text)).toBe(wanted);
  });

  test('a letter and its mark become the one letter that they are', () => {
    expect(shown('e\u0301')).toBe('é');
  });
});

describe('lines', () => {
  const width = (text: string): number => text.length;

  test('lose nothing and are no wider than asked, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.integer({ min: 1, max: 30 }), (text, most) => {
        const lines = wrap(text, most, width);
        expect(lines.every((line) => width(line) <= most)).toBe(true);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  test('break at blanks where there are any', () => {
    expect(wrap('the old key is dead', 8, width)).toEqual(['the old', 'key is', 'dead']);
    expect(wrap('0123456789abcdef', 8, width)).toEqual(['01234567', '89abcdef']);
  });
});
