import PDFDocument from 'pdfkit';
import { drawable, wrap } from './drawable.ts';
import { loadFonts, type Face } from './fonts.ts';

/**
 * A4, in points. What is set keeps within the part that Letter paper (612 x 792) has too, printed at its own size, in the
 * middle of the sheet or from its upper edge, and half a centimetre from the edges, where printers print nothing.
 */
const PAPER: readonly [width: number, height: number] = [595.28, 841.89];
const LEFT = 48;
const RIGHT = PAPER[0] - 48;
const TOP = 48;
/** Where the text ends; the footer stands below. */
const BOTTOM = 748;
const FOOTER = 753;

/** Lines and letters that a fax keeps: black on white, nothing thinner or smaller. */
const RULE = 0.9;
const SMALLEST = 9;

export interface Style {
  readonly face: Face;
  /** Points. */
  readonly size: number;
}

export const PLAIN: Style = { face: 'text', size: 9.5 };
export const STRONG: Style = { face: 'bold', size: 9.5 };
export const MONO: Style = { face: 'mono', size: SMALLEST };

export interface DocumentInfo {
  readonly title: string;
  readonly subject: string;
  /** The only date in the document, so that the same record gives the same bytes. */
  readonly date: Date;
}

/** Pages of text, filled from the top. Positions are points from the page's upper left corner. */
export class Pages {
  readonly left = LEFT;
  readonly right = RIGHT;
  readonly #fonts = loadFonts();
  readonly #document: PDFKit.PDFDocument;
  readonly #bytes: Promise<Buffer>;
  y = TOP;

  constructor({ title, subject, date }: DocumentInfo) {
    this.#document = new PDFDocument({
      size: [...PAPER],
      margin: 0,
      bufferPages: true,
      // None of the library's own fonts: they know Latin alone.
      font: '',
      lang: 'en',
      displayTitle: true,
      pdfVersion: '1.7',
      info: {
        Title: title,
        Subject: subject,
        Creator: 'Station',
        Producer: 'Station',
        CreationDate: date,
        ModDate: date,
      },
    });
    for (const face of ['text', 'bold', 'mono'] as const)
      this.#document.registerFont(face, this.#fonts[face].bytes);
    this.#bytes = collect(this.#document);
  }

  /** Goes on with a new page unless `height` points are left on this one, or the page is new. Tells whether it did. */
  ensure(height: number): boolean {
    if (this.y + height <= BOTTOM || this.y === TOP) return false;
    this.#document.addPage();
    this.y = TOP;
    return true;
  }

  skip(points: number): void {
    this.y += points;
  }

  /** The text's lines as they fit into `width` points. */
  lines(text: string, style: Style, width: number): readonly string[] {
    const { has } = this.#fonts[style.face];
    const widthOf = (part: string): number => this.#set(style).widthOfString(part);
    return text.split(/\r?\n/).flatMap((line) => wrap(drawable(line, has), width, widthOf));
  }

  /** The distance from line to line, in points. */
  lineHeight({ size }: Style): number {
    return size * 1.32;
  }

  /** One line at `x` of the current height, which stays. */
  put(line: string, x: number, style: Style, align: 'left' | 'right' = 'left'): void {
    const document = this.#set(style);
    const at = align === 'left' ? x : x - document.widthOfString(line);
    document.text(line, at, this.y, { lineBreak: false });
  }

  /** A paragraph at the current height, over pages where need be. */
  paragraph(text: string, style: Style, x = LEFT, width = RIGHT - x): void {
    for (const line of this.lines(text, style, width)) {
      this.ensure(this.lineHeight(style));
      this.put(line, x, style);
      this.y += this.lineHeight(style);
    }
  }

  rule(thickness = RULE): void {
    this.#document.lineWidth(thickness).moveTo(LEFT, this.y).lineTo(RIGHT, this.y).stroke('black');
  }

  /** A line to write on, from `x` on. */
  blank(x: number, width: number): void {
    this.#document
      .lineWidth(RULE)
      .moveTo(x, this.y)
      .lineTo(x + width, this.y)
      .stroke('black');
  }

  frame(top: number, bottom: number, thickness: number): void {
    this.#document
      .lineWidth(thickness)
      .rect(LEFT, top, RIGHT - LEFT, bottom - top)
      .stroke('black');
  }

  /** A filled outline of `size` units a side, drawn `side` points wide. */
  outline(path: string, size: number, x: number, y: number, side: number): void {
    this.#document
      .save()
      .translate(x, y)
      .scale(side / size)
      .path(path)
      .fill('black', 'even-odd')
      .restore();
  }

  /** Writes the foot of every page and closes the document. */
  async finish(footer: string): Promise<Buffer> {
    const document = this.#document;
    const { count } = document.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      document.switchToPage(page);
      this.y = FOOTER;
      this.rule();
      this.y += 5;
      const style = { face: 'text', size: SMALLEST } as const;
      this.put(drawable(footer, this.#fonts.text.has), LEFT, style);
      this.put(`Page ${page + 1} of ${count}`, RIGHT, style, 'right');
    }
    document.end();
    return this.#bytes;
  }

  #set({ face, size }: Style): PDFKit.PDFDocument {
    return this.#document.font(face).fontSize(size);
  }
}

function collect(document: PDFKit.PDFDocument): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  document.once('end', () => resolve(Buffer.concat(chunks)));
  document.once('error', reject);
  return promise;
}
