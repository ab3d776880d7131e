import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Measure } from '../../tools/bench.ts';
import { bundleIfChanged } from '../../tools/bundle.ts';
import { provideChromium } from '../../tools/provide.ts';
import { launch } from '../e2e/app.ts';
import { figure } from './figure.ts';

const ROUNDS = 5;
const root = path.resolve(import.meta.dirname, '../..');

/** What the window costs: its bundle as it is compressed, and the time from the start of the app to a usable window. */
const measure: Measure = async () => {
  await bundleIfChanged();
  await provideChromium((line) => void process.stderr.write(`${line}\n`));
  const assets = path.join(root, '.vite', 'renderer', 'assets');
  const files = await Promise.all((await readdir(assets)).map((name) => readFile(path.join(assets, name))));
  const kilobytes = files.reduce((sum, file) => sum + gzipSync(file).length, 0) / 1024;
  const starts: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const home = await mkdtemp(path.join(tmpdir(), 'station-bench-'));
    const began = performance.now();
    const app = await launch({ home });
    try {
      await app.page
        .getByRole('button', { name: /rehearsal/i })
        .first()
        .waitFor({ state: 'visible' });
      starts.push((performance.now() - began) / 1000);
    } finally {
      await app.close();
      await rm(home, { recursive: true, force: true });
    }
  }
  return {
    'renderer-bundle': figure([kilobytes], 'KB', 400),
    'start-to-window': figure(starts, 's', 3),
  };
};

export default measure;
