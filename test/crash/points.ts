/** What the preload script of a killed station has written down. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The preload script, for `--import`. */
export const KILLER = path.resolve(import.meta.dirname, 'kill-at.ts');

export interface Passed {
  /** The points that it passed. */
  readonly points: readonly string[];
  /** Calls before the first point. */
  readonly earlyCalls: number;
  /** The last row of the journal that it knew to be on the disk; 0 for none. */
  readonly acknowledged: number;
}

export function readPoints(file: string): Passed {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return {
    points: lines.filter((line) => !line.startsWith('ack ') && line !== 'early call'),
    earlyCalls: lines.filter((line) => line === 'early call').length,
    acknowledged: Number(lines.findLast((line) => line.startsWith('ack '))?.slice(4) ?? 0),
  };
}
