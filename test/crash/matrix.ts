/** How the matrix is run: which part of it, and where what became of a cell is written. */
import { appendFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { sample, seeded } from './cells.ts';

const env = process.env;

/** In one process; a real process killed; real boards. */
export const LAYERS = ['process', 'kill', 'rig'] as const;
export type LayerName = (typeof LAYERS)[number];

/** What became of a cell; `code` is that of the stop, or of what the first run ended with. */
export interface CellResult {
  readonly id: string;
  readonly layer: LayerName;
  readonly outcome: 'passed' | 'stopped' | 'wrong';
  readonly first: string;
  readonly code: string | null;
  readonly wrong: readonly string[];
  readonly ms: number;
}

/** Given by `--seed` to repeat a sample. */
export const SEED = Number(env['CRASH_SEED'] ?? randomInt(1, 2 ** 31));
const CELL = env['CRASH_CELL'];
/** All cells, and neither a sample nor a single one. */
export const isWhole = env['CRASH_WHOLE'] !== undefined && CELL === undefined;

/** The cells to run: the one that was asked for, all, or `count` of them by chance. */
export function chosen<T extends { readonly id: string }>(
  all: readonly T[],
  count: number,
  salt: string,
): readonly T[] {
  if (CELL !== undefined) return all.filter(({ id }) => id === CELL);
  if (isWhole) return all;
  const salted = Buffer.from(salt).reduce((sum, byte) => (sum * 31 + byte) >>> 0, SEED);
  return sample(all, count, seeded(salted));
}

/** Whether a variant or layer has any cell that is asked for. */
export function concerns(prefix: string): boolean {
  return CELL === undefined || CELL.startsWith(prefix);
}

export function report(result: CellResult): void {
  const file = env['CRASH_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
}

/** How one cell is run again. */
export function repeat(id: string): string {
  return `npm run test:crash -- --cell '${id}'`;
}
