/** The cells of the matrix: their coordinates, their names, and which of them a sample takes. */
import type { Answer } from './answers.ts';

/** What is cut at a point; `crash`: the station's program. */
export const CUTS = ['none', 'crash', 'cable', 'power', 'crash+power', 'cable+power'] as const;
export type Cut = (typeof CUTS)[number];

export interface ProcessCell {
  readonly variant: string;
  /** The number of the fail point, from 0, and what it is. */
  readonly point: number;
  readonly label: string;
  readonly answer: Answer;
  /** The call that gets this answer, from 1. */
  readonly from: number;
  readonly lasting: boolean;
  readonly cut: Cut;
}

/** The name by which a cell is repeated. */
export function idOf(cell: ProcessCell): string {
  const { variant, point, answer, from, lasting, cut } = cell;
  const said = answer === '200' ? '200' : `${answer}${lasting ? '-from' : '-at'}-${from}`;
  return `process/${variant}/${cut === 'none' ? 'uncut' : `${cut}-at-${point}`}/${said}`;
}

/** Numbers that look random and are the same for the same seed, 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random choice of at most `count`, in their own order. */
export function sample<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const chosen = all
    .map((item, at) => ({ item, at, weight: random() }))
    .sort((a, b) => a.weight - b.weight)
    .slice(0, count)
    .sort((a, b) => a.at - b.at);
  return chosen.map(({ item }) => item);
}
