import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // serialport aborts the process when it is used in a worker thread.
    pool: 'forks',
    include: ['test/unit/**/*.test.ts', 'test/renderer/**/*.test.ts'],
    // Much of a test's time is waiting for real shells and deadlines: two at once keep two cores busy.
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
