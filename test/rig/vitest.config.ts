import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // serialport aborts the process when it is used in a worker thread.
    pool: 'forks',
    include: ['test/rig/**/*.test.ts'],
    globalSetup: ['test/rig/global-setup.ts'],
    // Most of a test's time boards, clients and deadlines wait: two suites at once do not wear out two cores.
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
