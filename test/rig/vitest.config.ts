import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Takes a third of the whole time, in a small file: begun last, it would run on alone. */
const LONGEST = 'driver.test.ts';

/** Vitest begins with the largest files where it has not seen any of them before. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification): boolean => basename(moduleId) === LONGEST;
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    // serialport aborts the process when it is used in a worker thread.
    pool: 'forks',
    include: ['test/rig/**/*.test.ts'],
    globalSetup: ['test/rig/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    // Most of a test's time boards, clients and deadlines wait: two suites at once do not wear out two cores.
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
