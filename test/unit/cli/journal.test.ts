import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openJournal } from '../../../src/journal/index.ts';
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
