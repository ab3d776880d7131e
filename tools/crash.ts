/** The crash matrix: jobs that are cut at every point and run again. Ends with one line of figures on stdout. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LAYERS, type CellResult } from '../test/crash/matrix.ts';
import { providePackages } from './provide.ts';
import { root } from './suites.ts';

const USAGE = `usage: npm run test:crash -- [--sample] [--seed N] [--layer ${LAYERS.join('|')}] [--cell ID]

  --sample  some cells of each kind, as in npm test, instead of all
  --seed    which ones; a run says its seed
  --layer   one layer alone; may be given again
  --cell    one cell, by the name that a failure gives
`;
const results = path.join(root, 'test-results');
const log = path.join(results, 'crash.log');
const report = path.join(results, 'crash.cells');
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Asked {
  readonly sample: boolean;
  readonly seed: string | undefined;
  readonly layers: readonly string[];
  readonly cell: string | undefined;
}

function asked(): Asked | null {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: 'boolean', default: false },
        seed: { type: 'string' },
        layer: { type: 'string', multiple: true },
        cell: { type: 'string' },
      },
    });
    const { sample, seed, cell } = values;
    const layer: readonly string[] =
      values.layer ?? (cell === undefined ? LAYERS : cell.split('/').slice(0, 1));
    const isKnown = (name: string): boolean => LAYERS.some((known) => known === name);
    const isSeed = seed === undefined || /^\d{1,9}$/.test(seed);
    return layer.every(isKnown) && isSeed ? { sample, seed, layers: layer, cell } : null;
  } catch {
    return null;
  }
}

/** The layers that this machine can run; why not the others is said, and under CI it is a fault. */
async function possible(layers: readonly string[]): Promise<readonly string[]> {
  if (!layers.includes('rig')) return layers;
  const { rigObstacle } = await import('../test/rig/packages.ts');
  const obstacle = rigObstacle();
  if (obstacle === undefined) return layers;
  say(`not run: the layer rig (${obstacle})`);
  if (process.env['CI'] === 'true') process.exitCode = 1;
  return layers.filter((name) => name !== 'rig');
}

async function run({ sample, seed, cell }: Asked, layers: readonly string[]): Promise<number> {
  const watch = path.join(root, 'tools', 'canary-watch.ts');
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/crash/vitest.config.ts'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NO_COLOR: '1',
        NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${watch}`,
        CANARY_REPORT: `${report}.canaries`,
        CRASH_REPORT: report,
        CRASH_LAYERS: layers.join(','),
        ...(sample ? {} : { CRASH_WHOLE: '1' }),
        ...(seed === undefined ? {} : { CRASH_SEED: seed }),
        ...(cell === undefined ? {} : { CRASH_CELL: cell }),
      },
    },
  );
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => child.kill(signal));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (status) => resolve(status ?? 1));
  const began = performance.now();
  const timer = setInterval(
    () => say(`… ${Math.round((performance.now() - began) / 1000)} s: ${figures(readResults())}`),
    30_000,
  );
  return promise.finally(() => {
    clearInterval(timer);
    file.end();
  });
}

function readResults(): readonly CellResult[] {
  if (!existsSync(report)) return [];
  return readFileSync(report, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as CellResult);
}

/** The line that a run ends with. */
function figures(all: readonly CellResult[]): string {
  const count = (outcome: CellResult['outcome']): number =>
    all.filter((each) => each.outcome === outcome).length;
  return `cells ${all.length}, passed ${count('passed')}, stopped ${count('stopped')}, wrong ${count('wrong')}`;
}

/** By layer and by the code of a stop, and each wrong cell with the call that repeats it. */
function tell(all: readonly CellResult[]): void {
  for (const layer of LAYERS) {
    const of = all.filter((each) => each.layer === layer);
    if (of.length === 0) continue;
    say(`${layer.padEnd(8)}${figures(of)}`);
    const codes = Map.groupBy(
      of.filter(({ outcome }) => outcome === 'stopped'),
      ({ code }) => code ?? '',
    );
    for (const [code, cells] of [...codes].sort(([a], [b]) => a.localeCompare(b)))
      say(`  ${String(cells.length).padStart(6)}  ${code}`);
  }
  for (const { id, wrong } of all.filter(({ outcome }) => outcome === 'wrong')) {
    say(`✗ ${id}`);
    for (const line of wrong) say(`    ${line}`);
    say(`    again: npm run test:crash -- --cell '${id}'`);
  }
}

const wanted = asked();
if (wanted === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  mkdirSync(results, { recursive: true });
  for (const file of [report, `${report}.canaries`]) rmSync(file, { force: true });
  const layers = await possible(wanted.layers);
  await providePackages(
    [{ name: 'socat', why: 'boards of the crash matrix are behind its pseudo-terminals' }],
    say,
  );
  const status = await run(wanted, layers);
  const all = readResults();
  tell(all);
  const escapes = existsSync(`${report}.canaries`) ? readFileSync(`${report}.canaries`, 'utf8').trim() : '';
  if (escapes !== '') say(`secrets were found in a home:\n${escapes}`);
  const isWrong = all.length === 0 || all.some(({ outcome }) => outcome === 'wrong');
  if (status !== 0 && !isWrong) say(`a suite failed otherwise; its output: ${path.relative(root, log)}`);
  if (all.length === 0) say(`no cell was run; the output of the suites: ${path.relative(root, log)}`);
  if (status !== 0 || isWrong || escapes !== '') process.exitCode = 1;
  process.stdout.write(`${figures(all)}\n`);
}
