import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/rehearsal/server/index.ts';
import { chosen, concerns, repeat, report, SEED, type CellResult } from './matrix.ts';
import { cellsOf, runCell, type NamedCell } from './process-cells.ts';
import { VARIANTS } from './variants.ts';

/** Cells of each variant in a sample. */
const SAMPLED = 40;

/** The first layer against servers of one mode, a test a cell. */
export async function processCells(mode: Mode): Promise<void> {
  for (const variant of VARIANTS.filter((each) => each.mode === mode)) {
    const name = `provision-${variant.name}-${mode}`;
    if (!concerns(`process/${name}/`)) continue;
    const cells = chosen(await cellsOf(variant), SAMPLED, name);
    if (cells.length === 0) continue;
    describe(`${name}, seed ${SEED}`, () => {
      test.each(cells)('$id', async (cell) => {
        const { wrong } = await told(cell);
        expect(wrong, repeat(cell.id)).toEqual([]);
      });
    });
  }
}

/** Runs a cell; one that breaks is wrong, too. */
async function told(cell: NamedCell): Promise<CellResult> {
  let result: CellResult;
  try {
    result = await runCell(cell);
  } catch (thrown) {
    const words = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    result = {
      id: cell.id,
      layer: 'process',
      outcome: 'wrong',
      first: 'broken',
      code: null,
      wrong: [words],
      ms: 0,
    };
  }
  report(result);
  return result;
}
