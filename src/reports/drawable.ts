/** Scripts that are written from left to right, one glyph for a character: all that is set here without a shaping engine. */
const SET =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Common}\p{Script=Inherited}]/u;
/** Controls, invisible format characters, lone surrogates, private use, and separators of lines. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
/** Characters as people count them, so that no mark is cut from its letter. */
const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A text as it can be set in a font: what the font lacks, what nobody would see and what would need another direction of
 * writing stands as its code, `[U+4E2D]`. Nothing is left out, and nothing looks like what it is not.
 */
export function drawable(text: string, hasGlyph: (codePoint: number) => boolean): string {
  let set = '';
  for (const character of text.normalize('NFC')) {
    const codePoint = character.codePointAt(0) ?? 0;
    const plain = SET.test(character) && !UNSEEN.test(character) && hasGlyph(codePoint);
    set += plain ? character : `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
  }
  return set;
}

/** Cuts a text into lines no wider than `width`: at blanks where there are any, else between characters. */
export function wrap(text: string, width: number, widthOf: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const { segment } of CHARACTERS.segment(word)) {
      if (line !== '' && widthOf(line + segment) > width) {
        lines.push(line);
        line = '';
      }
      line += segment;
    }
  }
  return [...lines, line];
}
