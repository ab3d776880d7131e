import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openJournal, type Journal } from '../../../../src/journal/index.ts';
import { systemClock } from '../../../../src/model/clock.ts';
import type { RecordedOutcome } from '../../../../src/model/batch-event.ts';
import type { Device } from '../../../../src/model/device.ts';
import { startMenderServer } from '../../../../src/rehearsal/server/index.ts';
import { importFile, type ImportParts } from '../../../../src/station/batches/importing.ts';
import { batchView } from '../../../../src/station/batches/views.ts';
import { homeWithBatch, imported, keyRow, SPRING } from '../batch-home.ts';
import { makeHome, open } from '../home.ts';
import { makeFolder, newKey, write } from './files.ts';

describe('rows that a server did not take', () => {
  /** `spring` with a row that the server has with another key, and two that it took. */
  async function failed() {
    const server = await startMenderServer();
    onTestFinished(() => server.close());
    const home = makeHome();
    const rows = [keyRow(0), keyRow(1), keyRow(2)];
    await homeWithBatch(home, rows, { bench: server.url });
    const { station, events } = await open({ home });
    const before = write(['serial,pubkey', `SN1,${newKey().base64}`], 'before.csv');
    const { station: other } = await open();
    await other.call('server.add', { name: 'bench', url: server.url });
    const login = { name: 'bench', user: 'admin@bench.local', password: 'rehearsal-bench' };
    await other.call('server.login', login);
    await other.call('batch.import', { path: before, name: 'before' });
    await other.call('batch.preauthorize', { name: 'before', server: 'bench' });
    const send = (name: string, retry = false) =>
      station.call('batch.preauthorize', { name, server: 'bench', retry });
    expect(await send('spring')).toMatchObject({ counts: { created: 2, conflict: 1 } });
    const path = join(makeFolder(), 'mend.csv');
    await station.call('batch.export', { name: 'spring', failed: true, path });
    const free = () => other.call('batch.take-back', { name: 'before', server: 'bench' });
    return { server, station, events, rows, path, send, free };
  }

  test('come again in another batch, mended or as they were, and are that one’s alone', async () => {
    const { server, station, events, path, send, free } = await failed();
    expect(await station.call('batch.check', { path })).toMatchObject({ good: 1, problems: [] });
    // Looking changes nothing.
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({
      rows: 3,
      counts: { conflict: 1 },
    });
    const report = await station.call('batch.import', { path, name: 'mended' });
    expect(report).toMatchObject({ stored: 'stored', good: 1, problems: [], batch: { rows: 1 } });
    expect(report.notes.map(({ line, code }) => [line, code])).toEqual([[2, 'replaces-failed']]);
    expect(report.notes[0]?.reason).toContain('line 3 of the batch spring');
    const left = { rows: 2, counts: { created: 2, conflict: 0 } };
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject(left);
    const told = events.findLast((event) => event.type === 'batch' && event.batch.name === 'spring');
    expect(told?.type === 'batch' && told.batch).toMatchObject(left);
    await free();
    expect(await send('spring', true)).toMatchObject({ done: 0 });
    expect(await send('mended')).toMatchObject({ done: 1, counts: { created: 1 } });
    expect(server.inspect()).toHaveLength(3);
    // A row that was taken, and is in two lists, stays a mistake.
    const again = await station.call('batch.check', { path });
    expect(again.problems.map(({ code }) => code)).toEqual(['identity-in-batch']);
    expect(await station.call('journal.verify', {})).toMatchObject({ ok: true });
  });

  test('may have another key then; the one that they had is given to no other board', async () => {
    const { station, rows, path } = await failed();
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(rows[1]!.spki);
    writeFileSync(path, text.replace(rows[1]!.spki ?? '', newKey().base64));
    expect(await station.call('batch.import', { path, name: 'mended' })).toMatchObject({ stored: 'stored' });
    const other = write(['serial,pubkey', `SN9,${rows[1]!.spki}`], 'other.csv');
    const report = await station.call('batch.check', { path: other });
    expect(report.problems.map(({ code }) => code)).toEqual(['key-in-batch']);
    expect(report.problems[0]?.reason).toContain('spring (line 3');
  });

  test('are the other rows’ alone where these are all through: their batch is full', async () => {
    const home = makeHome();
    const journal = await journalOf(home, [{ line: 2, outcome: 'refused' }], 1);
    journal[Symbol.dispose]();
    const { station } = await open({ home });
    const path = write(['serial,pubkey', `SN0,${newKey().base64}`]);
    await station.call('batch.import', { path, name: 'mended' });
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({
      rows: 0,
      open: false,
      closed: { why: 'full' },
    });
    await station.call('batch.remove', { name: 'spring' });
  });
});

/** A journal with `spring`, and what a server said of it. */
async function journalOf(
  home: string,
  outcomes: readonly RecordedOutcome[],
  rows: number,
): Promise<Journal & Disposable> {
  const journal = openJournal(join(home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: systemClock,
    holder: { program: 'test' },
  });
  await journal.appendAll(imported(Array.from({ length: rows }, (_, at) => keyRow(at))));
  const run = { batch: SPRING, run: 'R1' } as const;
  const at = { server: 'bench', serverUrl: 'https://bench.example', operator: null } as const;
  journal.append({ kind: 'batch-run', ...run, ...at, state: 'begun' });
  journal.append({ kind: 'batch-outcomes', ...run, outcomes });
  journal.append({ kind: 'batch-run', ...run, ...at, state: 'ended' });
  return journal;
}

describe('nothing is stored where the batch of a failed row', () => {
  async function attempt(parts: (journal: Journal) => Partial<ImportParts>) {
    const journal = await journalOf(makeHome(), [{ line: 2, outcome: 'limit' }], 2);
    onTestFinished(() => journal[Symbol.dispose]());
    const before = journal.lastSeq();
    const work = importFile(
      {
        path: write(['serial,pubkey', `SN0,${newKey().base64}`]),
        name: 'mended',
        identity: [],
        ignore: [],
        server: 'bench',
        limit: 10,
      },
      true,
      {
        record: { reader: journal, writer: () => journal },
        clock: systemClock,
        operator: () => null,
        devices: () => Promise.resolve(none(() => undefined)),
        progress: () => undefined,
        view: (batch) => batchView(batch, null),
        isAtWork: () => false,
        changed: () => undefined,
        ...parts(journal),
      },
      new AbortController().signal,
    );
    return { journal, before, work };
  }

  /** No devices; `meanwhile` is what others do while the server is read. */
  async function* none(meanwhile: () => void): AsyncGenerator<Device, void, undefined> {
    await Promise.resolve();
    meanwhile();
    yield* [];
  }

  test('is being sent again', async () => {
    const { journal, before, work } = await attempt(() => ({ isAtWork: ({ name }) => name === 'spring' }));
    await expect(work).rejects.toMatchObject({ code: 'batch/running', details: { batch: 'spring' } });
    expect(journal.lastSeq()).toBe(before);
  });

  test('was sent again while the file was read', async () => {
    const { journal, before, work } = await attempt((record) => ({
      devices: () =>
        Promise.resolve(
          none(() => {
            const outcomes = [{ line: 2, outcome: 'created', deviceId: 'd' }] as const;
            record.append({ kind: 'batch-outcomes', batch: SPRING, run: 'R1', outcomes });
          }),
        ),
    }));
    await expect(work).rejects.toMatchObject({ code: 'batch/changed', details: { name: 'spring' } });
    expect(journal.lastSeq()).toBe(before + 1);
    expect(journal.batches.row(SPRING, 2)).toMatchObject({ outcome: 'created' });
  });
});
