import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../../../src/journal/index.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import { stationId } from '../../../../src/settings/index.ts';
import type { Station } from '../../../../src/station.ts';
import type { MenderServer } from '../../../../src/rehearsal/server/index.ts';
import { parseCsv } from '../../journal/parse-csv.ts';
import { virtualTime } from '../../virtual-time.ts';
import { board, logIn, Ports, startServer, stationOn } from '../boards.ts';
import { makeHome } from '../home.ts';
import { makeFolder, newKey, write } from './files.ts';

const mac = (n: number): string => `52:54:00:cd:00:0${n}`;
const name = 'spring';

/** A bench with the boards of these numbers, each on a port of its number. */
async function bench(server: MenderServer | null, ...boards: readonly number[]) {
  const time = virtualTime();
  const home = makeHome();
  const ports = new Ports();
  const station = await stationOn(home, ports, time);
  if (server !== null) await logIn(station, server);
  for (const n of boards) ports.put(`port${n}`, board(time, n));
  const provision = async (...numbers: readonly number[]): Promise<readonly string[]> => {
    const ends: string[] = [];
    for (const n of numbers) {
      const { jobs } = await station.call('provision', {
        ports: [`port${n}`],
        server: 'bench',
        profile: 'mender',
        batch: name,
        keySource: 'keep',
      });
      ends.push(...jobs.map(({ error, verdict }) => error?.code ?? verdict));
    }
    return ends;
  };
  return { station, home, provision, id: stationId(home) };
}

const importing = (station: Station, numbers: readonly number[]) =>
  station.call('batch.import', { path: write(['mac', ...numbers.map(mac)]), name });
const show = (station: Station) => station.call('batch.show', { name });
const head = async (station: Station) => (await station.call('journal.verify', {})).head;

async function share(station: Station, benches: number, keep: boolean) {
  const folder = makeFolder();
  const report = await station.call('batch.share', { name, benches, keep, folder });
  return { ...report, paths: report.files.map(({ path }) => path) };
}

async function exported(station: Station): Promise<{ readonly path: string; readonly key: string }> {
  const path = join(makeFolder(), 'result.json');
  const { key } = await station.call('batch.export', { name, format: 'json', path });
  return { path, key: key ?? '' };
}

describe('one batch over two benches', () => {
  it('is shared, provisioned and merged: n of N is over both, it closes, and its certificate names both', async () => {
    const server = await startServer();
    const first = await bench(server, 1, 2, 3);
    const second = await bench(server, 3, 4, 1);
    await importing(first.station, [1, 2, 3, 4]);
    const { paths, key, batch } = await share(first.station, 2, true);
    expect(batch.shares).toMatchObject([{ part: 2, parts: 2, rows: 2, units: 0, returnedAt: null }]);
    const [file = ''] = paths;
    expect(await first.provision(3)).toEqual(['batch/given-away']);
    await expect(first.station.call('batch.remove', { name })).rejects.toMatchObject({
      code: 'batch/in-use',
    });

    const checked = await second.station.call('batch.check', { path: file });
    expect(checked).toMatchObject({ stored: 'no', good: 2, share: { key, known: false, rows: 4 } });
    await expect(second.station.call('batch.import', { path: file })).rejects.toMatchObject({
      code: 'batch/unknown-bench',
      details: { key },
    });
    const taken = await second.station.call('batch.import', { path: file, trust: key });
    expect(taken).toMatchObject({ stored: 'stored', batch: { name, rows: 2, share: { part: 2, rows: 4 } } });
    expect(await second.station.call('batch.import', { path: file })).toMatchObject({ stored: 'same' });
    expect(await second.provision(1, 3, 4)).toEqual(['batch/stranger', 'pass', 'pass']);

    const result = await exported(second.station);
    const merging = { name, files: [result.path] };
    await expect(first.station.call('batch.merge', merging)).rejects.toMatchObject({
      code: 'batch/unknown-bench',
      details: { key: result.key },
    });
    const trusting = { ...merging, trust: [result.key] };
    expect(await first.station.call('batch.merge', { ...merging, dryRun: true })).toMatchObject({
      files: [{ added: 2, known: false, key: result.key }],
      batch: { units: 0 },
    });
    expect(await first.station.call('batch.merge', trusting)).toMatchObject({
      files: [{ part: 2, units: 2, added: 2, returned: true }],
      batch: { units: 2, open: true, shares: [{ units: 2 }] },
    });
    const before = await head(first.station);
    expect(await first.station.call('batch.merge', merging)).toMatchObject({
      files: [{ units: 2, added: 0, returned: false }],
      batch: { units: 2 },
    });
    expect(await head(first.station)).toEqual(before);

    expect(await first.provision(1, 2)).toEqual(['pass', 'pass']);
    expect(await show(first.station)).toMatchObject({ units: 4, closed: { why: 'full' } });
    const path = join(makeFolder(), 'certificate.csv');
    await first.station.call('batch.certificate', { name, format: 'csv', path });
    const [header = [], ...rows] = parseCsv(readFileSync(path, 'utf8'));
    const at = header.indexOf('station');
    expect(rows.map((row) => row[at])).toEqual([first.id, first.id, second.id, second.id]);
    for (const { station } of [first, second])
      expect(await station.call('journal.verify', {})).toMatchObject({ ok: true, problem: null });
  }, 120_000);

  it('counts in the batch that the merge fills, and what is derived from the record is the same when it is derived anew', async () => {
    const server = await startServer();
    const [first, second] = [await bench(server), await bench(server, 1, 2)];
    await importing(first.station, [1, 2]);
    const { paths, key } = await share(first.station, 1, false);
    await second.station.call('batch.import', { path: paths[0] ?? '', trust: key });
    await second.provision(1, 2);
    const result = await exported(second.station);
    const { batch } = await first.station.call('batch.merge', {
      name,
      files: [result.path],
      trust: [result.key],
    });
    expect(batch).toMatchObject({ units: 2, open: false, closed: { why: 'full' } });
    await first.station[Symbol.asyncDispose]();
    using journal = openJournal(join(first.home, 'journal.db'), {
      stationId: first.id,
      clock: systemClock,
      holder: { program: 'test' },
    });
    const read = () => [
      journal.batches.list(),
      journal.batches.merges(batch.id),
      journal.batches.units(batch.id, 0, 9),
    ];
    const derived = read();
    journal.rebuildProjections();
    expect(read()).toEqual(derived);
    expect(journal.batches.merges(batch.id)).toMatchObject([
      { part: 1, key: result.key, head: expect.stringMatching(/^\d+:[0-9a-f]{64}$/) as string },
    ]);
  }, 120_000);

  it('refuses a board that was counted at both, and tells both; nothing of the file is merged', async () => {
    const [first, second] = [await bench(await startServer(), 2), await bench(await startServer(), 1, 2)];
    await importing(first.station, [1, 2]);
    const { paths, key } = await share(first.station, 1, false);
    await second.station.call('batch.import', { path: paths[0] ?? '', trust: key });
    await first.station.call('batch.return-share', { name, part: 1 });
    expect(await first.provision(2)).toEqual(['pass']);
    expect(await second.provision(1, 2)).toEqual(['pass', 'pass']);
    const result = await exported(second.station);
    const error = await first.station
      .call('batch.merge', { name, files: [result.path], trust: [result.key] })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'batch/counted-twice' });
    expect((error as Error).message).toContain(first.id);
    expect((error as Error).message).toContain(second.id);
    expect(await show(first.station)).toMatchObject({ units: 1, open: true });
  }, 120_000);
});

describe('files of shares', () => {
  it('that were changed, are of another batch, or of no share are refused', async () => {
    const [first, second] = [await bench(null), await bench(null)];
    await importing(first.station, [1, 2]);
    const { paths, key } = await share(first.station, 2, false);
    const [file = '', other = ''] = paths;
    const altered = join(makeFolder(), 'altered.json');
    writeFileSync(altered, readFileSync(file, 'utf8').replace(mac(1), mac(9)));
    await expect(second.station.call('batch.import', { path: altered, trust: key })).rejects.toMatchObject({
      code: 'request/altered',
    });
    await expect(first.station.call('batch.import', { path: file, name: 'own' })).rejects.toMatchObject({
      code: 'batch/own-share',
    });
    await second.station.call('batch.import', { path: file, trust: key });
    await expect(second.station.call('batch.import', { path: file, name: 'again' })).rejects.toMatchObject({
      code: 'batch/share-known',
    });
    await expect(second.station.call('batch.import', { path: other })).rejects.toMatchObject({
      code: 'batch/name-taken',
    });
    await expect(
      second.station.call('batch.share', { name, benches: 1, folder: makeFolder() }),
    ).rejects.toMatchObject({ code: 'batch/is-share' });

    const { path, key: benchKey } = await exported(second.station);
    writeFileSync(altered, readFileSync(path, 'utf8').replace('"units": []', '"units": [1]'));
    const merge = (to: string, files: readonly string[]) =>
      first.station.call('batch.merge', { name: to, files: [...files], trust: [benchKey] });
    await expect(merge(name, [path, altered])).rejects.toMatchObject({ code: 'request/altered' });
    await expect(merge(name, [file])).rejects.toMatchObject({ code: 'request/unreadable' });
    await first.station.call('batch.import', { path: write(['mac', mac(5)]), name: 'autumn' });
    await expect(merge('autumn', [path])).rejects.toMatchObject({ code: 'batch/other-batch' });
    const own = join(makeFolder(), 'own.json');
    const { key: ownKey } = await first.station.call('batch.export', { name, format: 'json', path: own });
    await expect(
      first.station.call('batch.merge', { name, files: [own], trust: [ownKey ?? ''] }),
    ).rejects.toMatchObject({ code: 'batch/other-batch' });
    expect(await show(first.station)).toMatchObject({ units: 0 });
  });

  it('cover all rows once, also those that are shared again; rows of a closed part come back and may go out again', async () => {
    const [first, second] = [await bench(null), await bench(null)];
    await importing(first.station, [1, 2, 3, 4, 5, 6, 7]);
    const { paths, key, files } = await share(first.station, 3, false);
    expect(files.map(({ part, parts, rows }) => [part, parts, rows])).toEqual([
      [1, 3, 2],
      [2, 3, 2],
      [3, 3, 3],
    ]);
    const lines = (path: string): readonly number[] =>
      (JSON.parse(readFileSync(path, 'utf8')) as { body: { rows: { line: number }[] } }).body.rows.map(
        ({ line }) => line,
      );
    expect(paths.flatMap(lines)).toEqual([2, 3, 4, 5, 6, 7, 8]);
    await expect(share(first.station, 1, false)).rejects.toMatchObject({ code: 'batch/too-few-rows' });

    await second.station.call('batch.import', { path: paths[1] ?? '', trust: key });
    await second.station.call('batch.close', { name });
    const result = await exported(second.station);
    await first.station.call('batch.merge', { name, files: [result.path], trust: [result.key] });
    await first.station.call('batch.return-share', { name, part: 3 });
    await expect(first.station.call('batch.return-share', { name, part: 3 })).rejects.toMatchObject({
      code: 'batch/no-share',
    });
    const again = await share(first.station, 1, false);
    expect(again.files).toMatchObject([{ part: 4, parts: 4, rows: 5 }]);
    expect(lines(again.paths[0] ?? '')).toEqual([4, 5, 6, 7, 8]);
    expect(
      await second.station.call('batch.import', { path: again.paths[0] ?? '', name: 'spring again' }),
    ).toMatchObject({ stored: 'stored', batch: { rows: 5 } });
  });

  it('that cannot be written give nothing away', async () => {
    const { station } = await bench(null);
    await importing(station, [1, 2]);
    const folder = join(makeFolder(), 'is not there');
    await expect(station.call('batch.share', { name, benches: 2, folder })).rejects.toMatchObject({
      code: 'station/file-unwritable',
    });
    expect((await station.call('batch.rows', { name })).map(({ share: part }) => part)).toEqual([null, null]);
    const there = makeFolder();
    await station.call('batch.share', { name, benches: 2, folder: there });
    expect(readdirSync(there)).toHaveLength(2);
  });

  it('hold the keys of a batch of keys; what is given away is no longer counted as to be sent here', async () => {
    const [first, second] = [await bench(null), await bench(null)];
    const keys = [newKey(), newKey(), newKey()];
    await first.station.call('batch.import', {
      path: write([
        'mac,pubkey,tier,tag.order',
        ...keys.map(({ base64 }, n) => `${mac(n)},${base64},micro,4711`),
      ]),
      name,
    });
    const { paths, key, batch } = await share(first.station, 3, true);
    expect(batch.counts.pending).toBe(1);
    await second.station.call('batch.import', { path: paths[0] ?? '', trust: key });
    expect(await second.station.call('batch.rows', { name })).toMatchObject([
      { line: 3, key: keys[1]?.pem, tier: 'micro', tags: { order: '4711' } },
    ]);
    expect(readFileSync(paths[0] ?? '', 'utf8')).not.toContain('PRIVATE');
  });
});

describe('two imports at once', () => {
  it('of different names and the same boards: the second is refused', async () => {
    const { station } = await bench(null);
    const lines = [
      'mac',
      ...Array.from(
        { length: 3000 },
        (_, n) =>
          `52:54:00:aa:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
      ),
    ];
    const reports = await Promise.all(
      ['one', 'two'].map((as) => station.call('batch.import', { path: write(lines), name: as, limit: 1 })),
    );
    expect(reports.map(({ stored }) => stored)).toEqual(['stored', 'no']);
    expect(reports[1]).toMatchObject({ problems: [{ code: 'identity-in-batch' }], problemCount: 3000 });
    expect(await station.call('batch.list', {})).toMatchObject([{ name: 'one' }]);
  });
});
