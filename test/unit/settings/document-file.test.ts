import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StationError } from '../../../src/model/station-error.ts';
import { writeDocument } from '../../../src/settings/index.ts';
import { makeHome } from '../journal/fixtures.ts';

const NEW = Buffer.from('%PDF-new');
const write = (path: string, force: boolean): void => writeDocument(path, NEW, { force, magic: '%PDF-' });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof StationError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

describe('a document', () => {
  test('is written whole, and leaves nothing beside it', () => {
    const folder = makeHome();
    const path = join(folder, 'sheet.pdf');
    write(path, false);
    expect(readFileSync(path)).toEqual(NEW);
    expect(readdirSync(folder)).toEqual(['sheet.pdf']);
    // It is for others, too: as every program's files are, by the user's own mask.
    writeFileSync(join(folder, 'plain'), '');
    expect(statSync(path).mode).toBe(statSync(join(folder, 'plain')).mode);
  });

  test('is not written over what is there, unless asked to', () => {
    const folder = makeHome();
    const path = join(folder, 'sheet.pdf');
    writeFileSync(path, '%PDF-old');
    expect(refusal(() => write(path, false))).toBe('station/file-exists');
    expect(readFileSync(path, 'utf8')).toBe('%PDF-old');
    write(path, true);
    expect(readFileSync(path)).toEqual(NEW);
    expect(readdirSync(folder)).toEqual(['sheet.pdf']);
  });

  test('is never written over another kind of file, a folder or a link', () => {
    const folder = makeHome();
    writeFileSync(join(folder, 'notes.txt'), 'notes');
    writeFileSync(join(folder, 'empty'), '');
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'old.pdf'), '%PDF-old');
    symlinkSync(join(folder, 'old.pdf'), join(folder, 'link.pdf'));
    for (const name of ['notes.txt', 'empty', 'folder', 'link.pdf'])
      for (const force of [true, false])
        expect(
          refusal(() => write(join(folder, name), force)),
          `${name} ${force}`,
        ).toBe('station/file-exists');
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('notes');
    expect(readFileSync(join(folder, 'old.pdf'), 'utf8')).toBe('%PDF-old');
  });

  test('says why where it cannot be written', () => {
    const folder = makeHome();
    for (const force of [true, false])
      expect(refusal(() => write(join(folder, 'nowhere', 'sheet.pdf'), force))).toBe(
        'station/file-unwritable',
      );
  });
});
