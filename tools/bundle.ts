import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';

const root = path.dirname(import.meta.dirname);
const output = path.join(root, '.vite');
const stamp = path.join(output, 'sources');
const configs = ['main', 'preload', 'station', 'renderer'].map((name) => `vite.${name}.config.ts`);
const sources = [
  'src/**/*',
  'electron/**/*',
  'renderer/**/*',
  'vite.*.config.ts',
  'tools/node-bundle.ts',
  'package-lock.json',
];

/** Bundles main, preload, station process and renderer into `.vite`, unless they are of these very sources. */
export async function bundleIfChanged(): Promise<{ readonly built: boolean; readonly ms: number }> {
  const started = performance.now();
  const hash = sourceHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
    return { built: false, ms: performance.now() - started };
  rmSync(path.join(output, 'build'), { recursive: true, force: true });
  rmSync(stamp, { force: true });
  for (const config of configs) await build({ configFile: path.join(root, config) });
  mkdirSync(output, { recursive: true });
  writeFileSync(stamp, hash);
  return { built: true, ms: performance.now() - started };
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const file of globSync(sources, { cwd: root, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )) {
    const name = path.join(file.parentPath, file.name);
    hash.update(path.relative(root, name)).update('\0').update(readFileSync(name)).update('\0');
  }
  return hash.digest('hex');
}
