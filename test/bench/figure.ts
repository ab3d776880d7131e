import type { Figure } from '../../tools/bench.ts';

/** The median of what was measured, with its range. */
export function figure(values: readonly number[], unit: string, bound: number): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => rounded(sorted[index] ?? Number.NaN);
  return {
    value: at(Math.floor(sorted.length / 2)),
    unit,
    bound,
    n: sorted.length,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
