import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // serialport aborts the process when it is used in a worker thread.
    pool: 'forks',
    include: ['test/unit/**/*.test.ts', 'test/renderer/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
