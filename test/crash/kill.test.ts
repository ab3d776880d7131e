/** Some three hundred pairwise cells in which the real station process is killed, as kill -9 does it. */
import { describe, test } from 'vitest';
import { judged } from './judged.ts';
import { killCells, runKillCell } from './kill-cells.ts';
import { chosen, SEED } from './matrix.ts';

/** Cells in a sample. */
const SAMPLED = 8;

const cells = chosen(killCells(), SAMPLED, 'kill');

describe.runIf(cells.length > 0)(`kill -9, seed ${SEED}`, () => {
  test.concurrent.each(cells)('$id', (cell) => judged(cell.id, 'kill', () => runKillCell(cell)));
});
