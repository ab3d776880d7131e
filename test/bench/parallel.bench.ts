import { figure } from './figure.ts';
import { provisionOnce, startBenchServer } from './bench-board.ts';
import type { Measure } from '../../tools/bench.ts';

const ROUNDS = 5;
const BOARDS = 16;

/** The time of many boards at once, against one alone in the same run. Boards and server have threads of their own. */
const measure: Measure = async () => {
  await using server = await startBenchServer();
  const one = async (): Promise<number> =>
    (await provisionOnce(server, { from: 'board', type: 'ed25519' })).ms;
  await one();
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = await one();
    const began = performance.now();
    await Promise.all(Array.from({ length: BOARDS }, one));
    ratios.push((performance.now() - began) / alone);
  }
  return { 'sixteen-boards-to-one': figure(ratios, 'ratio', 1.3) };
};

export default measure;
