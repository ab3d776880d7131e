import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { escapesIn, escapesUnder, homesUnder } from '../../../tools/canaries.ts';

const root = path.resolve(import.meta.dirname, '../../..');
/** Not written out, so that this file's own failures are not taken for finds. */
const SECRET = ['canary', 'of-the-search'].join('-');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'canaries-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([0, 1, 2, 3, 4, 5])('a canary is found in base64, %d characters in', (before) => {
  const text = Buffer.from(`${'a'.repeat(before)}${SECRET}`).toString('base64');
  expect(escapesIn(text, 'x')).toHaveLength(1);
});

test('a canary and a private key are found in plain text', () => {
  expect(escapesIn(`a ${SECRET} b`, 'x')).toHaveLength(1);
  expect(escapesIn(['-----BEGIN', 'EC PRIVATE', 'KEY-----'].join(' '), 'x')).toHaveLength(1);
  expect(escapesIn('-----BEGIN PUBLIC KEY-----', 'x')).toEqual([]);
  expect(escapesIn('nothing of the kind', 'x')).toEqual([]);
});

test('homes are found, and every file in them is searched', () => {
  const home = path.join(folder, 'a', 'home');
  mkdirSync(path.join(home, 'logs'), { recursive: true });
  writeFileSync(path.join(home, 'journal.db'), 'SQLite');
  writeFileSync(path.join(home, 'logs', 'station.log'), `token ${SECRET}`);
  expect(homesUnder(folder)).toEqual([home]);
  expect(escapesUnder(home)).toMatchObject([{ where: path.join(home, 'logs', 'station.log') }]);
  // No home any more, so that the search which watches this very suite does not find it when the folder goes.
  rmSync(path.join(home, 'journal.db'));
});

test('the watch searches a home when a test removes it', () => {
  const home = path.join(folder, 'home');
  const report = path.join(folder, 'report');
  mkdirSync(home);
  writeFileSync(path.join(home, 'journal.db'), SECRET);
  const code = `import { rmSync } from 'node:fs'; rmSync(process.argv[1], { recursive: true });`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', path.join(root, 'tools', 'canary-watch.ts'), '--input-type=module', '-e', code, home],
    { env: { ...process.env, CANARY_REPORT: report }, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ where: path.join(home, 'journal.db') });
});
