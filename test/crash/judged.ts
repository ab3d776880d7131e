import { expect } from 'vitest';
import { repeat, report, type CellResult, type LayerName } from './matrix.ts';

/** Runs a cell as a test and reports what became of it; one that breaks is wrong, too. */
export async function judged(id: string, layer: LayerName, run: () => Promise<CellResult>): Promise<void> {
  let result: CellResult;
  try {
    result = await run();
  } catch (thrown) {
    const words = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    result = { id, layer, outcome: 'wrong', first: 'broken', code: null, wrong: [words], ms: 0 };
  }
  report(result);
  expect(result.wrong, repeat(id)).toEqual([]);
}
