import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sheetPdf } from '../../../src/reports/index.ts';
import { jobEvents } from '../journal/fixtures.ts';
import { DEVICE, entries, HANDED_OVER, NEW_KEY, OLD_KEY, subject } from './subject.ts';

/** What a program of poppler makes of a PDF; the unit suite installs it. */
function poppler(program: string, pdf: Uint8Array, ...options: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'station-sheet-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'sheet.pdf');
  writeFileSync(file, pdf);
  const { stdout, stderr, status, error } = spawnSync(
    program,
    [...options, file, ...(program === 'pdftotext' ? ['-'] : [])],
    {
      maxBuffer: 100_000_000,
    },
  );
  if (error !== undefined) throw new Error(`${program} is needed (Debian: poppler-utils)`, { cause: error });
  expect(status, stderr.toString()).toBe(0);
  return stdout;
}

const textOf = (pdf: Uint8Array): string => poppler('pdftotext', pdf, '-layout').toString();

interface Picture {
  readonly width: number;
  readonly height: number;
  /** A byte a pixel: black (0) or white (255), as on a fax. */
  readonly pixels: Uint8Array;
}

/** The first page, or a part of it, at `dpi` lines an inch. */
function faxed(pdf: Uint8Array, dpi: number, ...part: readonly string[]): Picture {
  const options = ['-r', String(dpi), '-gray', '-f', '1', '-l', '1', '-singlefile', ...part];
  const pgm = poppler('pdftoppm', pdf, ...options);
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pgm.subarray(0, 40).toString('latin1'));
  const [width, height] = [Number(head?.[1]), Number(head?.[2])];
  const pixels = pgm.subarray(pgm.length - width * height).map((grey) => (grey < 128 ? 0 : 255));
  return { width, height, pixels };
}

/** The page's upper right corner, where the code is, as options of pdftoppm. */
function corner(dpi: number): readonly string[] {
  const inches = { x: 5.9, y: 0.4, W: 2, H: 2 };
  return Object.entries(inches).flatMap(([name, length]) => [`-${name}`, String(Math.round(length * dpi))]);
}

describe('the sheet as a PDF', () => {
  test('can be searched: ids, fingerprints, words and names are whole', async () => {
    const operator = 'Ελένη Παπαδοπούλου, Дмитрий Ђорђевић, Łukasz, 田';
    const text = textOf(
      await sheetPdf(subject({ ...HANDED_OVER, job: { operator, label: 'WO-4711 office fi' } })),
    );
    for (const wanted of [
      'Hand-over sheet',
      'PASS',
      OLD_KEY,
      NEW_KEY,
      DEVICE,
      'mac = 52:54:00:00:00:01',
      'Ελένη Παπαδοπούλου, Дмитрий Ђорђевић, Łukasz, [U+7530]',
      'WO-4711 office fi',
      'REFUSED, TESTED',
      'Received by',
      'Page 1 of',
    ])
      expect(text).toContain(wanted);
  });

  test('a hand-over sheet is signed on its first page, below all that is signed for', async () => {
    const notes = ['The clock of the board was 3 h off and was set.', 'A second note.'];
    const pdf = await sheetPdf(subject({ ...HANDED_OVER, result: { ...HANDED_OVER.result, notes } }));
    const [first = ''] = textOf(pdf).split('\f');
    expect(first).toMatch(/REFUSED, TESTED[^]*A second note\.[^]*Handed over by[^]*Received by/);
  });

  test('is the same for the same record, and has no date but the record’s', async () => {
    const first = await sheetPdf(subject());
    expect(Buffer.compare(first, await sheetPdf(subject()))).toBe(0);
    const dates = [...first.toString('latin1').matchAll(/D:\d{14}Z/g)].map(([date]) => date);
    expect(new Set(dates)).toEqual(new Set(['D:20261127210406Z']));
    expect(Buffer.compare(first, await sheetPdf(subject({ job: { label: 'WO-4712' } })))).not.toBe(0);
  });

  test.each([98, 200])('its code reads at %i lines an inch, black and white', async (dpi) => {
    const { width, height, pixels } = faxed(await sheetPdf(subject()), dpi, ...corner(dpi));
    const colors = new Uint8ClampedArray(width * height * 4);
    pixels.forEach((grey, index) => colors.fill(grey, index * 4, index * 4 + 4));
    expect(jsqr.default(colors, width, height)?.data).toBe(`record ${subject().job.job}\ndevice ${DEVICE}`);
  });

  test('keeps within what A4 and Letter paper both have', async () => {
    const { width, height, pixels } = faxed(await sheetPdf(longSubject()), 72);
    expect([width, height]).toEqual([596, 842]);
    const isBlack = (x: number, y: number): boolean => pixels[y * width + x] === 0;
    const outside = Array.from({ length: width * height }, (_, index) => [
      index % width,
      Math.floor(index / width),
    ])
      .filter(([x = 0, y = 0]) => x < 18 || x >= 596 - 18 || y < 25 + 18 || y >= 792 - 18)
      .filter(([x = 0, y = 0]) => isBlack(x, y));
    expect(outside).toEqual([]);
    expect(pixels.filter((grey) => grey === 0).length).toBeGreaterThan(1000);
  });

  test('goes on over as many pages as there is to say, and repeats the heads of columns', async () => {
    const text = textOf(await sheetPdf(longSubject()));
    const pages = text.split('\f').filter((page) => page.trim() !== '');
    expect(pages.length).toBeGreaterThan(2);
    pages.forEach((page, index) => expect(page).toContain(`Page ${index + 1} of ${pages.length}`));
    expect(text.match(/stage the key \(stage\)/g)).toHaveLength(150);
    expect(text.match(/Begun +What +Outcome/g)?.length).toBeGreaterThan(2);
    // A label without a blank has no place to break at, and is whole all the same.
    expect(text.replace(/\s/g, '')).toContain('x'.repeat(1500));
  });
});

/** More actions than fit on a page, and a label longer than a line. */
function longSubject() {
  const events = jobEvents({ job: subject().job.job });
  const stage = events.filter(({ kind }) => kind === 'step-intent' || kind === 'step-outcome');
  const more = Array.from({ length: 149 }, () => stage).flat();
  return subject({
    events: entries([...events.slice(0, -1), ...more, events.at(-1)!]),
    job: { label: 'x'.repeat(1500) },
  });
}
