import { setImmediate } from 'node:timers/promises';
import { matrixCode } from './matrix.ts';
import { MONO, Pages, PLAIN, STRONG, type Style } from './pages.ts';
import type { Sheet, SheetRow, TimelineRow } from './sheet.ts';

const TITLE: Style = { face: 'bold', size: 18 };
const VERDICT: Style = { face: 'bold', size: 16 };
const HEADING: Style = { face: 'bold', size: 11 };

/** Where the values of rows begin, from the left margin. */
const VALUES = 112;
/** The matrix code: with 45 modules a side still over two points each, which a fax of 98 lines an inch keeps. */
const CODE_SIDE = 96;
/** Four modules of white around it, as its standard asks. */
const QUIET = 10;

/** A sheet as a PDF: fonts embedded, its text can be searched and copied. */
export async function renderSheet(sheet: Sheet): Promise<Buffer> {
  const pages = new Pages({ title: `${sheet.title} ${sheet.footer}`, subject: sheet.code, date: sheet.date });
  head(pages, sheet);
  verdict(pages, sheet);
  for (const { heading: text, rows } of sheet.sections) {
    // A job on another slot has its turn: reading a font's tables takes a tenth of a second.
    await setImmediate();
    heading(pages, text);
    for (const row of rows) labelled(pages, row);
  }
  signatures(pages, sheet.signatures);
  heading(pages, 'Evidence', sheet.evidence.length + 2);
  for (const row of sheet.evidence) labelled(pages, row);
  await timeline(pages, sheet);
  return pages.finish(sheet.footer);
}

function head(pages: Pages, { title, code, footer, warning }: Sheet): void {
  const top = pages.y;
  const codeLeft = pages.right - CODE_SIDE;
  const { path, size } = matrixCode(code);
  pages.outline(path, size, codeLeft, top, CODE_SIDE);
  const width = codeLeft - QUIET - pages.left;
  pages.paragraph(title, TITLE, pages.left, width);
  pages.skip(4);
  pages.paragraph(footer, PLAIN, pages.left, width);
  pages.skip(2);
  pages.paragraph('The code holds the ids of the record and of the device.', PLAIN, pages.left, width);
  if (warning !== null) {
    pages.skip(6);
    pages.paragraph(warning, STRONG, pages.left, width);
  }
  pages.y = Math.max(pages.y, top + CODE_SIDE) + QUIET;
}

function verdict(pages: Pages, { verdict: { word, sentences, good } }: Sheet): void {
  const padding = 9;
  const top = pages.y;
  pages.skip(padding);
  pages.paragraph(word, VERDICT, pages.left + padding, pages.right - pages.left - 2 * padding);
  for (const sentence of sentences) {
    pages.skip(3);
    pages.paragraph(sentence, PLAIN, pages.left + padding, pages.right - pages.left - 2 * padding);
  }
  pages.skip(padding - 4);
  pages.frame(top, pages.y, good ? 1.4 : 3);
  pages.skip(4);
}

/** A heading stays with the first lines under it. */
function heading(pages: Pages, text: string, under = 1): void {
  pages.ensure(pages.lineHeight(HEADING) + 14 + under * pages.lineHeight(PLAIN));
  pages.skip(7);
  pages.put(text, pages.left, HEADING);
  pages.skip(pages.lineHeight(HEADING) + 1);
  pages.rule();
  pages.skip(4);
}

function labelled(pages: Pages, { label, text, mono }: SheetRow): void {
  const style = mono === true ? MONO : PLAIN;
  const x = pages.left + (label === '' && mono !== true ? 0 : VALUES);
  pages.ensure(pages.lineHeight(PLAIN));
  pages.put(label, pages.left, STRONG);
  pages.paragraph(text, style, x);
  pages.skip(1.5);
}

/** Columns: when, what, how it came out, how long it took. */
const WHAT = 152;
const OUTCOME = 356;
/** About what the durations of the steps take, with the columns' heads. */
const DURATION_LINES = 5;

/** Begins a page of its own where the first one has no room for all of it. */
async function timeline(pages: Pages, { timeline: rows, durations }: Sheet): Promise<void> {
  heading(pages, 'What was done, and when', rows.length + DURATION_LINES);
  columnHeads(pages);
  for (const row of rows) {
    await setImmediate();
    timelineRow(pages, row);
  }
  if (durations === '') return;
  pages.skip(4);
  labelled(pages, { label: 'Time by step', text: durations });
}

function columnHeads(pages: Pages): void {
  pages.put('Begun', pages.left, STRONG);
  pages.put('What', pages.left + WHAT, STRONG);
  pages.put('Outcome', pages.left + OUTCOME, STRONG);
  pages.put('ms', pages.right, STRONG, 'right');
  pages.skip(pages.lineHeight(STRONG) + 1);
}

function timelineRow(pages: Pages, { at, what, outcome, ms }: TimelineRow): void {
  const whatLines = pages.lines(what, PLAIN, OUTCOME - WHAT - 8);
  const outcomeLines = pages.lines(outcome, PLAIN, pages.right - pages.left - OUTCOME - 44);
  if (pages.ensure(pages.lineHeight(PLAIN) * Math.min(3, Math.max(whatLines.length, outcomeLines.length))))
    columnHeads(pages);
  pages.put(at, pages.left, PLAIN);
  if (ms !== null) pages.put(String(Math.round(ms)), pages.right, PLAIN, 'right');
  for (let line = 0; line < Math.max(whatLines.length, outcomeLines.length); line += 1) {
    pages.ensure(pages.lineHeight(PLAIN));
    pages.put(whatLines[line] ?? '', pages.left + WHAT, PLAIN);
    pages.put(outcomeLines[line] ?? '', pages.left + OUTCOME, PLAIN);
    pages.skip(pages.lineHeight(PLAIN));
  }
  pages.skip(1.5);
}

/** Room to sign above a line, in points. */
const SIGNING = 20;

function signatures(pages: Pages, who: readonly string[]): void {
  if (who.length === 0) return;
  const line = pages.lineHeight(PLAIN);
  pages.ensure(who.length * (line + SIGNING));
  for (const name of who) {
    pages.skip(SIGNING);
    pages.put(name, pages.left, STRONG);
    pages.put('Date', pages.left + 370, STRONG);
    pages.skip(line - 2);
    pages.blank(pages.left + VALUES, 240);
    pages.blank(pages.left + 404, pages.right - pages.left - 404);
  }
}
