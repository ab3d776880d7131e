import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from '../../../src/journal/database.ts';
import { underLock } from '../../../src/journal/index.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'station-lock-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('keeps every other one out as long as the work goes on, however it ends', () => {
  const home = folder();
  const path = join(home, 'a.lock');
  const isFree = (): boolean => {
    using other = new Database(path, { busyMs: 0 });
    try {
      other.exec('BEGIN IMMEDIATE');
      return true;
    } catch {
      return false;
    }
  };
  expect(underLock(home, path, () => isFree())).toBe(false);
  expect(isFree()).toBe(true);
  expect(() =>
    underLock(home, path, () => {
      throw new Error('of the work');
    }),
  ).toThrow('of the work');
  expect(isFree()).toBe(true);
});

test('that cannot be had is said of the home', () => {
  const home = folder();
  expect(() => underLock(home, join(home, 'none', 'a.lock'), () => 1)).toThrow(
    expect.objectContaining({ code: 'station/home-unusable' }) as Error,
  );
});
