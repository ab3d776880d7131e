import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** `process`, `kill`, `rig`: those that this machine can run, or that were asked for. */
const layers = (process.env['CRASH_LAYERS'] ?? 'process,kill,rig').split(',');

export default defineConfig({
  test: {
    // A cell lives on the clock and the sockets of its whole process.
    pool: 'forks',
    // It keeps a processor busy, and hardly ever waits.
    maxWorkers: availableParallelism(),
    // One cell is in one file; the others have none then.
    passWithNoTests: process.env['CRASH_CELL'] !== undefined,
    include: layers.map((layer) => `test/crash/${layer}*.test.ts`),
    // A cell of the last layer runs three real programs one after the other, on whatever else a machine does.
    testTimeout: 900_000,
    hookTimeout: 300_000,
    maxConcurrency: 3,
  },
});
