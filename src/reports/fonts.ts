import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { create, type Font } from 'fontkit';

/** The faces of a sheet: for text, for what has to be seen first, for hex digits and ids (0 and O, 1 and l differ). */
export type Face = 'text' | 'bold' | 'mono';

const FILES: Readonly<Record<Face, string>> = {
  text: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  bold: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  mono: 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
};

export interface FontFile {
  readonly bytes: Buffer;
  readonly has: (codePoint: number) => boolean;
}

/** The font files, from their package: the same one in a checkout and in a packaged app. */
export function loadFonts(): Readonly<Record<Face, FontFile>> {
  const { resolve } = createRequire(import.meta.url);
  const load = (face: Face): FontFile => {
    const bytes = readFileSync(resolve(FILES[face]));
    const font = create(bytes) as Font;
    return { bytes, has: (codePoint) => font.hasGlyphForCodePoint(codePoint) };
  };
  return { text: load('text'), bold: load('bold'), mono: load('mono') };
}
