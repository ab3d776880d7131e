import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // serialport aborts the process when it is used in a worker thread.
    pool: 'forks',
    include: ['test/rig/**/*.test.ts'],
    globalSetup: ['test/rig/global-setup.ts'],
    // Boards share two cores with whatever else runs: one suite at a time.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
