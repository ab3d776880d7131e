import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { escapesIn } from './canaries.ts';
import type { Escape } from './canaries.ts';

export const root = path.dirname(import.meta.dirname);
const results = path.join(root, 'test-results');
const watch = path.join(root, 'tools', 'canary-watch.ts');

/** How a suite came out. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** What a person needs to mend it; empty when nothing failed. */
  readonly details: string;
  /** Why it was not run, where it was not. */
  readonly notRun?: string;
  /** Tests that were skipped, each with what was missing. */
  readonly skipped?: readonly Skipped[];
}

/** A test that was not run. */
export interface Skipped {
  readonly test: string;
  readonly reason: string;
}

export interface Suite {
  readonly name: string;
  readonly says: string;
  readonly run: () => Promise<Outcome>;
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numRuntimeErrorTestSuites?: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number };
  readonly suites: readonly PlaywrightSuite[];
}

interface PlaywrightSuite {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs: readonly {
    readonly title: string;
    readonly tests: readonly {
      readonly status: string;
      readonly annotations: readonly { readonly type: string; readonly description?: string }[];
    }[];
  }[];
}

interface Finished {
  readonly status: number;
  readonly output: string;
}

/** How long one program of a suite may take, in milliseconds: what hangs must not hold up the rest. */
const LIMIT_MS = 20 * 60_000;
/** The programs that run now, each the head of a process group of its own. */
const running = new Set<number>();

/** Ends every program that a suite has started, with its children. */
export function endAll(): void {
  for (const pid of running) endGroup(pid);
}

/** Runs a Node program of a package, with its output in a log and, for a person, nowhere else. */
function runTool(
  name: string,
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  mkdirSync(results, { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules', script), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
      detached: process.platform !== 'win32',
    });
    const { pid } = child;
    let output = '';
    const end = (): void => {
      output += `\nended: it took longer than ${LIMIT_MS / 60_000} minutes\n`;
      if (pid !== undefined) endGroup(pid);
    };
    const timer = setTimeout(end, LIMIT_MS);
    if (pid !== undefined) running.add(pid);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      writeFileSync(path.join(results, `${name}.log`), output);
      resolve({ status: code ?? 1, output });
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** A tool that finds faults, as one test. */
export function check(
  name: string,
  says: string,
  commands: readonly (readonly [script: string, ...args: string[]])[],
): Suite {
  return {
    name,
    says,
    run: async () => {
      const runs = await Promise.all(
        commands.map(([script, ...args], index) =>
          runTool(`${name}${index === 0 ? '' : `-${index}`}`, script, args),
        ),
      );
      const bad = runs.filter(({ status }) => status !== 0);
      return {
        passed: bad.length === 0 ? 1 : 0,
        failed: bad.length === 0 ? 0 : 1,
        details: bad.map(({ output }) => output).join('\n'),
      };
    },
  };
}

/** A vitest suite, counted by its JSON report. */
export function vitest(name: string, says: string, config: string): Suite {
  return counted(name, says, async (report, environment) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status, output } = await runTool(
      name,
      'vitest/vitest.mjs',
      ['run', '--config', config, ...reporters],
      environment,
    );
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numFailedTestSuites,
      numRuntimeErrorTestSuites,
      testResults,
    } = readReport(report) as VitestReport;
    // A file that cannot be loaded has no tests to count, and an error outside a test fails none.
    const broken =
      failed === 0 && (status !== 0 || (numRuntimeErrorTestSuites ?? 0) + numFailedTestSuites > 0);
    return {
      passed,
      failed: failed + (broken ? 1 : 0),
      details: output,
      skipped: skippedByVitest(testResults),
    };
  });
}

/** Tests that are skipped have in their names what they need (`test/needs.ts`). */
export function skippedByVitest(files: VitestReport['testResults']): readonly Skipped[] {
  return files
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => {
      const found = / ?\((needs [^)]*)\)/.exec(fullName);
      const test = found === null ? fullName : fullName.replace(found[0], '');
      return { test: test.trim(), reason: found?.[1] ?? 'skipped without a reason' };
    });
}

/** Tests that Playwright skipped have the reason beside them. */
export function skippedByPlaywright({ suites = [], specs }: PlaywrightSuite): readonly Skipped[] {
  const own = specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'skipped')
      .map(({ annotations }) => ({
        test: title,
        reason: annotations.find(({ type }) => type === 'skip')?.description ?? 'skipped without a reason',
      })),
  );
  return [...own, ...suites.flatMap(skippedByPlaywright)];
}

/** The Playwright suite, counted by its JSON report. */
export function playwright(name: string, says: string, config: string): Suite {
  return counted(name, says, async (report, environment) => {
    const { status, output } = await runTool(name, '@playwright/test/cli.js', ['test', '--config', config], {
      ...environment,
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    });
    const { stats, suites } = readReport(report) as PlaywrightReport;
    const failed = stats.unexpected + stats.flaky;
    return {
      passed: stats.expected,
      failed: failed + (failed === 0 && status !== 0 ? 1 : 0),
      details: output,
      skipped: suites.flatMap(skippedByPlaywright),
    };
  });
}

/** Runs a suite with the canary watch on, and adds the search for secrets as one more test of it. */
function counted(
  name: string,
  says: string,
  run: (report: string, environment: NodeJS.ProcessEnv) => Promise<Outcome>,
): Suite {
  return {
    name,
    says,
    run: async () => {
      const report = path.join(results, `${name}.json`);
      const finds = path.join(results, `${name}.canaries`);
      mkdirSync(results, { recursive: true });
      for (const file of [report, finds]) rmSync(file, { force: true });
      const outcome = await run(report, {
        CANARY_REPORT: finds,
        NODE_OPTIONS:
          `${process.env['NODE_OPTIONS'] ?? ''} --disable-warning=ExperimentalWarning --import=${watch}`.trim(),
      });
      const escapes = [
        ...readFinds(finds),
        ...escapesIn(withoutFailures(outcome), path.join(results, `${name}.log`)),
      ];
      return {
        ...outcome,
        passed: outcome.passed + (escapes.length === 0 ? 1 : 0),
        failed: outcome.failed + (escapes.length === 0 ? 0 : 1),
        details: [
          outcome.failed === 0 ? '' : outcome.details,
          ...escapes.map(({ where, what }) => `secret found in ${where}: ${what}`),
        ].join('\n'),
      };
    },
  };
}

/** A failed comparison prints what it compared, canaries included: only the output of what passed is searched. */
function withoutFailures({ failed, details }: Outcome): string {
  return failed === 0 ? details : '';
}

function readFinds(file: string): Escape[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Escape);
}

function readReport(file: string): unknown {
  if (!existsSync(file)) throw new Error(`the suite ended without its report ${path.relative(root, file)}`);
  return JSON.parse(readFileSync(file, 'utf8'));
}
