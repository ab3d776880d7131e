import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { virtualTime } from '../virtual-time.ts';
import { makeHome, station } from './command.ts';

async function rehearsed(
  ...options: readonly string[]
): Promise<{ readonly home: string; readonly job: string }> {
  const home = makeHome();
  const { out } = await station(['rehearse', '--boards', '1', ...options, '--json', '--home', home], {
    clock: virtualTime(),
  });
  const { jobs } = JSON.parse(out) as { jobs: readonly { job: string }[] };
  return { home, job: jobs[0]!.job };
}

test('station journal sheet writes the PDF of a job, says where, and overwrites nothing unasked', async () => {
  const { home, job } = await rehearsed();
  mkdirSync(join(home, 'sheets'));
  const path = join(home, 'sheets', 'unit.pdf');
  const sheet = ['journal', 'sheet', job, '--out', path, '--home', home];
  expect(await station(sheet)).toMatchObject({ status: 0, out: `${path}\n` });
  const first = readFileSync(path);
  expect(first.subarray(0, 5).toString()).toBe('%PDF-');

  const again = await station(sheet);
  expect(again.status).toBe(2);
  expect(again.err).toContain('station/file-exists');
  const forced = await station([...sheet, '--force', '--json']);
  expect(JSON.parse(forced.out)).toEqual({ path });
  // The record is the same, and so is its sheet.
  expect(Buffer.compare(readFileSync(path), first)).toBe(0);
  expect(readdirSync(join(home, 'sheets'))).toEqual(['unit.pdf']);
});

test('a failed job has a sheet, too; one that is not there has none', async () => {
  const { home, job } = await rehearsed('--fail', 'no-rights');
  const path = join(home, 'unit.pdf');
  expect(await station(['journal', 'sheet', job, '--out', path, '--home', home])).toMatchObject({
    status: 0,
  });
  const unknown = await station([
    'journal',
    'sheet',
    'nothing',
    '--out',
    join(home, 'b.pdf'),
    '--home',
    home,
  ]);
  expect(unknown.status).toBe(2);
  expect(unknown.err).toContain('There is no job nothing.');
  writeFileSync(join(home, 'notes.txt'), 'notes');
  const careless = ['journal', 'sheet', job, '--out', join(home, 'notes.txt'), '--force', '--home', home];
  expect(await station(careless)).toMatchObject({ status: 2 });
  expect(readFileSync(join(home, 'notes.txt'), 'utf8')).toBe('notes');
});
