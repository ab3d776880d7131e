import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** One figure, measured `n` times in this run. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** What the value must not exceed. */
  readonly bound: number;
  readonly n: number;
  readonly min: number;
  readonly max: number;
}

/** What each file of test/bench exports by default: its figures by name. Progress goes to stderr. */
export type Measure = () => Promise<Readonly<Record<string, Figure>>>;

/** Runs the benches one after another and prints one JSON document; exit status 1 when a figure is over its bound. */
async function bench(wanted: readonly string[]): Promise<number> {
  const folder = path.join(path.dirname(import.meta.dirname), 'test', 'bench');
  const files = globSync('*.bench.ts', { cwd: folder }).toSorted();
  const figures: Record<string, Figure> = {};
  for (const file of files) {
    if (wanted.length > 0 && !wanted.some((name) => file.startsWith(name))) continue;
    process.stderr.write(`${file} ...\n`);
    const { default: measure } = (await import(pathToFileURL(path.join(folder, file)).href)) as {
      default: Measure;
    };
    Object.assign(figures, await measure());
  }
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  return Object.values(figures).every(({ value, bound }) => value <= bound) ? 0 : 1;
}

process.exitCode = await bench(process.argv.slice(2));
