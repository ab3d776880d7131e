import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { StationError } from '../../../src/model/station-error.ts';

/** A folder for one test. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'station-settings-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** The `StationError` that `work` ends in, as `code: message`. */
export function refusal(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof StationError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** Everything that lies in a folder, as one text. */
export function contentOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

export const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
