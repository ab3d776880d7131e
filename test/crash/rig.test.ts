/** Ten cells on real boards with their real clients. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { startBoards, type Bench } from '../rig/board.ts';
import { judged } from './judged.ts';
import { chosen, SEED } from './matrix.ts';
import { RIG_CELLS, runRigCell, specOf } from './rig-cells.ts';

/** Cells in a sample. */
const SAMPLED = 2;

const cells = chosen(RIG_CELLS, SAMPLED, 'rig').map((cell, at) => ({ ...cell, at }));

describe.runIf(cells.length > 0)(`real boards, seed ${SEED}`, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBoards(cells.map(specOf), {
      log: (line) => process.stderr.write(`rig: ${line}\n`),
    });
  }, 900_000);
  afterAll(() => bench.close());

  test.concurrent.each(cells)('$id', (cell) =>
    judged(cell.id, 'rig', () => runRigCell(cell, bench.boards[cell.at]!)),
  );
});
