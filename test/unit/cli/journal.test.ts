import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { lockHome, openJournal } from '../../../src/journal/index.ts';
import type { Verification } from '../../../src/journal/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { openKeyStore, openStationKey, stationId } from '../../../src/settings/index.ts';
import { jobEvents, macOf, type JobShape } from '../journal/fixtures.ts';
import { makeHome, station } from './command.ts';

/** A home whose station has recorded these jobs; its key's fingerprint. */
function homeWithJobs(jobs: readonly JobShape[]): { readonly home: string; readonly key: string } {
  const home = makeHome();
  const key = openStationKey(openKeyStore(home));
  using journal = openJournal(join(home, 'journal.db'), {
    stationId: stationId(home),
    clock: systemClock,
    holder: { program: 'test' },
    signer: () => key,
  });
  for (const job of jobs) for (const event of jobEvents(job)) journal.append(event);
  return { home, key: key.fingerprint };
}

const JOBS = [1, 2, 3].map((n) => ({ job: `J${n}`, identity: { mac: macOf(n) } }));

type Found = { readonly files: readonly (Verification & { readonly file: string })[] };

test('the record is verified, alive and as a copy, and the first bad row is named', async () => {
  const { home, key } = homeWithJobs(JOBS);
  const live = await station(['journal', 'verify', '--home', home, '--key', key, '--json']);
  expect(live.status).toBe(0);
  const [found] = (JSON.parse(live.out) as Found).files;
  expect(found).toMatchObject({ file: home, ok: true, keys: [{ fingerprint: key, vouched: true }] });
  const head = `${found!.head!.seq}:${found!.head!.hash}`;
  const doctor = await station(['doctor', '--home', home]);
  expect(doctor.out).toContain(`journal head: ${head}`);
  expect(doctor.out).toContain(`station key: ${key}`);

  const copy = join(makeHome(), 'copy.db');
  copyFileSync(join(home, 'journal.db'), copy);
  const good = await station(['journal', 'verify', copy, '--key', key, '--head', head]);
  expect(good).toMatchObject({ status: 0, out: expect.stringMatching(/^OK .*journal of ST-/) as string });
  {
    using raw = new DatabaseSync(copy);
    raw.exec(
      `DROP TRIGGER event_no_update; UPDATE event SET body = replace(body, 'device-1', 'device-2') WHERE kind = 'verdict' AND job = 'J2'`,
    );
  }
  const edited = await station(['journal', 'verify', join(home, 'journal.db'), copy]);
  expect(edited.status).toBe(1);
  expect(edited.out).toMatch(/OK .*\n[^]*BAD .*\n +Row \d+ was changed/);
});

test('the keys of several stations vouch for several copies at once; a key that is not on the list does not', async () => {
  const [one, two] = [homeWithJobs(JOBS), homeWithJobs(JOBS)];
  const files = [one, two].map(({ home }) => join(home, 'journal.db'));
  const both = await station(['journal', 'verify', ...files, '--key', one.key, '--key', two.key]);
  expect(both.status).toBe(0);
  const half = await station(['journal', 'verify', ...files, '--key', one.key]);
  expect(half.status).toBe(1);
  expect(half.out).toMatch(/BAD .*\n.*not one of those that were given/);
});

test.each([
  [['--key', 'abc'], /--key takes .*64 hex digits/],
  [['--head', '12'], /--head takes .*SEQ:HASH/],
  [['a', 'b', '--head', `1:${'0'.repeat(64)}`], /name one file/],
])('journal verify %j is a wrong call', async (args, words) => {
  const { status, err } = await station(['journal', 'verify', ...args, '--home', makeHome()]);
  expect(status).toBe(2);
  expect(err).toMatch(words);
});

test('an export is written once, verified without its home, and its head is printed', async () => {
  const { home, key } = homeWithJobs(JOBS);
  const out = join(makeHome(), 'export.json');
  const written = await station(['journal', 'export', '--format', 'json', '--out', out, '--home', home]);
  expect(written.status).toBe(0);
  const [, head] = /head of the record: (\d+:[0-9a-f]{64})\n.*signed by the station key/s.exec(written.out)!;
  const verified = await station(['journal', 'verify', out, '--key', key, '--head', head!]);
  expect(verified).toMatchObject({ status: 0, out: expect.stringContaining('OK') as string });

  const again = await station(['journal', 'export', '--format', 'json', '--out', out, '--home', home]);
  expect(again.status).toBe(2);
  const forced = await station([
    'journal',
    'export',
    '--format',
    'json',
    '--out',
    out,
    '--force',
    '--home',
    home,
  ]);
  expect(forced.status).toBe(0);
  const nowhere = join(home, 'no', 'such', 'folder.csv');
  const refused = await station(['journal', 'export', '--format', 'csv', '--out', nowhere, '--home', home]);
  expect(refused.err).toContain('error station/file-unwritable');

  const csv = join(home, 'jobs.csv');
  const table = await station([
    'journal',
    'export',
    '--format',
    'csv',
    '--out',
    csv,
    '--home',
    home,
    '--json',
  ]);
  expect(JSON.parse(table.out)).toMatchObject({ path: csv, rows: 3, key: null });
  expect(readFileSync(csv, 'utf8').split('\r\n')).toHaveLength(5);
  expect(readdirSync(home).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('the list finds a unit by the beginning of any value of its identity', async () => {
  const { home } = homeWithJobs(JOBS);
  const find = async (...args: string[]) => station(['journal', 'list', ...args, '--home', home, '--json']);
  const jobs = async (text: string) =>
    (JSON.parse((await find('--find', text)).out) as { job: string }[]).map(({ job }) => job);
  expect(await jobs('52:54')).toEqual(['J3', 'J2', 'J1']);
  expect(await jobs(macOf(2))).toEqual(['J2']);
  expect(await jobs('54:00')).toEqual([]);
  expect((await find('--find', 'x', '--identity', 'mac=x')).status).toBe(2);
});

test('stats say how the bench does, in words and as JSON', async () => {
  const { home } = homeWithJobs([...JOBS, { job: 'J4', identity: { mac: macOf(9) }, verdict: 'fail' }]);
  const words = await station(['stats', '--home', home]);
  expect(words).toMatchObject({
    status: 0,
    out: expect.stringMatching(/units +4, of which 3 good: 75\.0 %\nfirst pass +3 of 4/) as string,
  });
  const json = await station(['stats', '--since', '2020-01-01T00:00:00Z', '--home', home, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ jobs: { pass: 3, fail: 1 }, jobMs: { n: 3 } });
  expect((await station(['stats', '--since', 'today', '--home', home])).status).toBe(2);
});

test('a backup is verified and recorded; restored, it brings everything back and keeps what was there', async () => {
  const { home, key } = homeWithJobs(JOBS);
  const file = join(makeHome(), 'backup.db');
  const backup = await station(['journal', 'backup', '--out', file, '--home', home, '--json']);
  expect(JSON.parse(backup.out)).toMatchObject({ path: file, recorded: true });
  expect((await station(['journal', 'backup', '--out', file, '--home', home])).status).toBe(2);
  expect((await station(['journal', 'verify', file, '--key', key])).status).toBe(0);

  // The record of now has at least the row that says that the backup was made.
  const refused = await station(['journal', 'restore', file, '--home', home]);
  expect(refused.err).toMatch(/error journal\/would-lose: .*holds \d+ row/);
  expect(readdirSync(home).filter((name) => /restoring|replaced/.test(name))).toEqual([]);

  // Damaged in the middle, it cannot be opened; what it was is kept all the same.
  const journal = join(home, 'journal.db');
  const damaged = readFileSync(journal).fill(7, 0, 4096);
  writeFileSync(journal, damaged);
  expect((await station(['journal', 'list', '--home', home])).status).toBe(3);
  const restored = await station(['journal', 'restore', file, '--home', home, '--json']);
  const { kept } = JSON.parse(restored.out) as { kept: string };
  expect(readFileSync(kept).equals(damaged)).toBe(true);
  const list = await station(['journal', 'list', '--home', home, '--json']);
  expect(JSON.parse(list.out)).toMatchObject([{ job: 'J3' }, { job: 'J2' }, { job: 'J1' }]);
  expect((await station(['journal', 'verify', '--home', home, '--key', key])).status).toBe(0);

  // Once more over a sound one: only when told to.
  expect((await station(['journal', 'restore', file, '--home', home])).status).toBe(3);
  const forced = await station(['journal', 'restore', file, '--discard-newer', '--home', home]);
  expect(forced.status).toBe(0);
  expect((await station(['journal', 'verify', '--home', home, '--key', key])).status).toBe(0);
});

test('a restore takes no file that is not whole, none of another kind, and nothing while the home is taken', async () => {
  const { home } = homeWithJobs(JOBS);
  const file = join(makeHome(), 'backup.db');
  await station(['journal', 'backup', '--out', file, '--home', home]);
  const before = readFileSync(join(home, 'journal.db'));
  {
    using raw = new DatabaseSync(file);
    raw.exec(`DROP TRIGGER event_no_delete; DELETE FROM event WHERE seq = 5`);
  }
  const broken = await station(['journal', 'restore', file, '--discard-newer', '--home', home]);
  expect(broken.err).toMatch(/error journal\/broken: .*Row 5 is missing/);
  writeFileSync(file, 'hello');
  for (const other of [file, join(home, 'nothing')])
    expect((await station(['journal', 'restore', other, '--home', home])).err).toMatch(
      /error journal\/broken/,
    );
  expect(readFileSync(join(home, 'journal.db')).equals(before)).toBe(true);
  using _held = lockHome(home, { program: 'another window' });
  const taken = await station(['journal', 'restore', file, '--home', home]);
  expect(taken).toMatchObject({ status: 3, err: expect.stringContaining('station/home-locked') as string });
  // A backup is only read for, and is made all the same.
  const meanwhile = await station(['journal', 'backup', '--out', `${file}.2`, '--home', home]);
  expect(meanwhile).toMatchObject({ status: 0, err: expect.stringContaining('another program') as string });
});

test('the drop folder is set, shown and ended by the command', async () => {
  const { home } = homeWithJobs(JOBS);
  const folder = makeHome();
  const drop = (...args: string[]) => station(['journal', 'drop', ...args, '--home', home]);
  expect((await drop()).out).toBe('No drop folder.\n');
  expect((await drop('--dir', folder)).out).toBe(`${folder}: 0 record(s) waiting\n`);
  expect((await station(['doctor', '--home', home])).out).toContain(`drop folder: ${folder}`);
  expect((await drop('--dir', folder, '--off')).status).toBe(2);
  expect((await drop('--off')).out).toBe('No drop folder.\n');
});
