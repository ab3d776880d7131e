import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { LINUX, named } from '../../needs.ts';

const MODULE = new URL('../../../src/settings/core-dumps.ts', import.meta.url).href;

/** What a process says of itself after it has withheld its memory. */
function withheld(expression: string): string {
  const program = `
    import { readFileSync } from 'node:fs';
    import { withholdMemoryFromCrashFiles } from ${JSON.stringify(MODULE)};
    withholdMemoryFromCrashFiles();
    process.stdout.write(String(${expression}));`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module-typescript', '-e', program],
    { encoding: 'utf8', env: { ...process.env, CANARY: 'in the environment', NODE_OPTIONS: '' } },
  );
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('crash files', () => {
  test.skipIf(LINUX !== null)(named('hold none of the memory, in the kernel’s words', LINUX), () => {
    expect(withheld(`readFileSync('/proc/self/coredump_filter', 'utf8').trim()`)).toBe('00000000');
  });

  test('of Node hold no environment', () => {
    expect(withheld('JSON.stringify(process.report.getReport())')).not.toContain('in the environment');
  });
});
