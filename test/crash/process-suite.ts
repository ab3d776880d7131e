import { describe, test } from 'vitest';
import type { Mode } from '../../src/rehearsal/server/index.ts';
import { judged } from './judged.ts';
import { chosen, concerns, isWhole, SEED } from './matrix.ts';
import { cellsOf, runCell } from './process-cells.ts';
import { nameOf, VARIANTS, type Variant } from './variants.ts';

/** Cells of each variant in a sample. */
const SAMPLED = 25;

/** The first layer of one flow against servers of one mode, a test a cell. */
export async function processCells(flow: Variant['flow'], mode: Mode): Promise<void> {
  for (const variant of VARIANTS.filter((each) => each.flow === flow && each.mode === mode)) {
    const name = nameOf(variant);
    if (!concerns(`process/${name}/`)) continue;
    const cells = chosen(await cellsOf(variant, isWhole), SAMPLED, name);
    if (cells.length === 0) continue;
    describe(`${name}, seed ${SEED}`, () => {
      test.each(cells)('$id', (cell) => judged(cell.id, 'process', () => runCell(cell)));
    });
  }
}
