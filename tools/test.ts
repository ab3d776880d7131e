import { existsSync } from 'node:fs';
import path from 'node:path';
import { bundleIfChanged } from './bundle.ts';
import { provideChromium, providePackages } from './provide.ts';
import { check, endAll, playwright, root, vitest } from './suites.ts';
import type { Outcome, Suite } from './suites.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Cheap and independent of one another: run side by side. */
const checks: readonly Suite[] = [
  check(
    'types',
    'types of the station, the window and the end-to-end tests',
    ['.', 'renderer', 'test/e2e'].map(
      (project) => ['@typescript/native/bin/tsc', '--noEmit', '-p', project] as const,
    ),
  ),
  check('lint', 'eslint', [['eslint/bin/eslint.js', '.']]),
  check('format', 'prettier', [['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']]),
  check('imports', 'who may import whom', [
    [
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'electron',
      'renderer',
    ],
  ]),
  check('unused', 'unused files, exports and packages', [['knip/bin/knip.js']]),
];

/** Each wants the machine for itself. */
const suites: readonly Suite[] = [
  provided(vitest('unit', 'the parts by themselves', 'vitest.config.ts'), [
    { name: 'socat', why: 'the unit suite opens pseudo-terminals with it' },
    { name: 'busybox', why: 'the driver and the simulated boards are held to its shell and tools' },
    { name: 'openssl', why: 'the unit suite makes certificates and keys with it' },
    { name: 'poppler-utils', why: 'sheets are read back and looked at with it' },
  ]),
  rig(),
  crash(),
  built(playwright('e2e', 'the window', 'test/e2e/playwright.config.ts')),
  provided(vitest('packaging', 'what is inside a package', 'test/packaging/vitest.config.ts'), [
    { name: 'fakeroot', why: 'the packaging suite builds a Debian package' },
  ]),
];

/** A suite that needs programs of other Debian packages. Where they cannot be installed, its tests say what they miss. */
function provided(suite: Suite, packages: Parameters<typeof providePackages>[0]): Suite {
  return {
    ...suite,
    run: async () => {
      await providePackages(packages, say);
      return suite.run();
    },
  };
}

/** The rig runs on Linux for root; elsewhere that it was not run is said, and under CI it counts as a failure. */
function rig(): Suite {
  const suite = vitest('rig', 'boards on real ttys with their real clients', 'test/rig/vitest.config.ts');
  return {
    ...suite,
    run: async () => {
      const { rigObstacle } = await import('../test/rig/packages.ts');
      const obstacle = rigObstacle();
      if (obstacle === undefined) return suite.run();
      return { passed: 0, failed: process.env['CI'] === 'true' ? 1 : 0, details: '', notRun: obstacle };
    },
  };
}

/** A sample of the crash matrix, each cell a test; `npm run test:crash` runs all of it. */
function crash(): Suite {
  const suite = vitest(
    'crash',
    'jobs cut at any point and run again, sampled',
    'test/crash/vitest.config.ts',
  );
  return {
    ...suite,
    run: async () => {
      const { rigObstacle } = await import('../test/rig/packages.ts');
      const obstacle = rigObstacle();
      await providePackages([{ name: 'socat', why: 'boards are behind its pseudo-terminals' }], say);
      if (obstacle === undefined) return suite.run();
      say(`not run: real boards of the crash matrix (${obstacle})`);
      process.env['CRASH_LAYERS'] = 'process,kill';
      const outcome = await suite.run();
      return { ...outcome, failed: outcome.failed + (process.env['CI'] === 'true' ? 1 : 0) };
    },
  };
}

/** A suite of the built app, with a browser for its window. */
function built(suite: Suite): Suite {
  return {
    ...suite,
    run: async () => {
      await bundleIfChanged();
      if (!(await provideChromium(say))) {
        return {
          passed: 0,
          failed: 1,
          details: 'No Chromium was found and none could be installed (STATION_CHROMIUM names one).',
        };
      }
      return suite.run();
    },
  };
}

async function runAll(wanted: readonly string[]): Promise<number> {
  const all = [...checks, ...suites];
  const unknown = wanted.filter((name) => !all.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    say(`There is no suite ${unknown.join(', ')}. There are:`);
    for (const { name, says } of all) say(`  ${name.padEnd(10)}${says}`);
    return 2;
  }
  const chosen = (suite: Suite): boolean => wanted.length === 0 || wanted.includes(suite.name);

  const checking = checks.filter(chosen).map(runOne);
  // eslint takes three times as long as the next of them, on one processor: the first suite has the others meanwhile.
  await butOne(checking);
  const outcomes: Outcome[] = [];
  for (const suite of suites.filter(chosen)) outcomes.push(await runOne(suite));
  outcomes.push(...(await Promise.all(checking)));
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Resolves when all but one of these are done, or all where there is one alone. */
function butOne(work: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    let left = work.length;
    if (left === 0) resolve();
    for (const one of work)
      void one.then(() => {
        left -= 1;
        if (left <= 1) resolve();
      });
  });
}

async function runOne(suite: Suite): Promise<Outcome> {
  const started = performance.now();
  const live = process.stderr.isTTY;
  const timer = setInterval(
    () => say(`… ${suite.name.padEnd(10)} running, ${seconds(started)}`),
    live ? 15_000 : 60_000,
  );
  timer.unref();
  let outcome: Outcome;
  try {
    outcome = await suite.run();
  } catch (error) {
    const log = path.join('test-results', `${suite.name}.log`);
    const where = existsSync(path.join(root, log)) ? ` Its output: ${log}` : '';
    outcome = {
      passed: 0,
      failed: 1,
      details: `${error instanceof Error ? error.message : String(error)}${where}`,
    };
  } finally {
    clearInterval(timer);
  }
  if (outcome.notRun !== undefined) {
    say(`not run: ${suite.name} (${outcome.notRun})`);
    return outcome;
  }
  const skipped = outcome.skipped ?? [];
  for (const { test, reason } of skipped) say(`not run: ${suite.name}: ${test} (${reason})`);
  if (process.env['CI'] === 'true') outcome = { ...outcome, failed: outcome.failed + skipped.length };
  const mark = outcome.failed === 0 ? '✓' : '✗';
  say(
    `${mark} ${suite.name.padEnd(10)} ${outcome.passed} passed, ${outcome.failed} failed  ${seconds(started)}`,
  );
  if (outcome.failed > 0) say(outcome.details.trimEnd());
  return outcome;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    endAll();
    process.exit(130);
  });
}
process.exitCode = await runAll(process.argv.slice(2));
