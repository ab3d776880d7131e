import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal, verifyingFile, type Journal } from '../../../src/journal/index.ts';
import { atOnce, TURN_MS } from '../../../src/journal/turns.ts';
import type { BatchId } from '../../../src/model/batch.ts';
import type { RecordedRow } from '../../../src/model/batch-event.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import { fingerprint, jobEvents, jobId, macOf, makeHome, OPENED, options, TestClock } from './fixtures.ts';
import { newSigner } from './signer.ts';

const ID = '01BATCH' as BatchId;

const row = (n: number, more: Partial<RecordedRow> = {}): RecordedRow => ({
  line: n + 1,
  identity: { mac: macOf(n) },
  ...more,
});

function* imported(rows: readonly RecordedRow[], name = 'spring', id = ID): Generator<JournalEvent> {
  yield {
    kind: 'batch-imported',
    batch: id,
    name,
    batchKind: rows.some(({ spki }) => spki !== undefined) ? 'keys' : 'expectation',
    file: 'spring.csv',
    sha256: 'a'.repeat(64),
    rows: rows.length,
    columns: ['mac'],
    identityColumns: ['mac'],
    leftOut: 0,
    operator: 'kim',
  };
  for (let from = 0; from < rows.length; from += 500)
    yield { kind: 'batch-rows', batch: id, rows: rows.slice(from, from + 500) };
}

function journalIn(path: string): Journal {
  const signer = newSigner();
  const journal = openJournal(path, { ...options(new TestClock()), signer: () => signer });
  journal.append(OPENED);
  return journal;
}

async function withBatch(rows: readonly RecordedRow[]): Promise<Journal> {
  const journal = journalIn(join(makeHome(), 'journal.db'));
  await journal.appendAll(imported(rows));
  return journal;
}

const inBatch = (job: string, n: number): readonly JournalEvent[] =>
  jobEvents({ job, identity: { mac: macOf(n) } }).map((event) =>
    event.kind === 'job-started' ? { ...event, batch: ID } : event,
  );

describe('a batch in the record', () => {
  it('is found by name, with its rows page by page and the row of an identity', async () => {
    using journal = await withBatch([
      row(1, {
        spki: 'AAAA',
        fingerprint: fingerprint('1'),
        tier: 'micro',
        group: 'line 2',
        tags: { hw: 'B' },
      }),
      row(2, { spki: 'BBBB', fingerprint: fingerprint('2') }),
      row(3, { spki: 'CCCC', fingerprint: fingerprint('3') }),
    ]);
    expect(journal.batches.byName('spring')).toMatchObject({
      id: ID,
      kind: 'keys',
      rows: 3,
      file: 'spring.csv',
      operator: 'kim',
      counts: { pending: 3, created: 0 },
      units: 0,
      closed: null,
      run: null,
    });
    expect(journal.batches.byName('autumn')).toBeNull();
    expect(journal.batches.rows(ID, { limit: 2 }).map(({ line }) => line)).toEqual([2, 3]);
    expect(journal.batches.rows(ID, { after: 3, limit: 2 }).map(({ line }) => line)).toEqual([4]);
    expect(journal.batches.rowOf(ID, { mac: macOf(1) })).toEqual({
      line: 2,
      identity: { mac: macOf(1) },
      key: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
      fingerprint: fingerprint('1'),
      tier: 'micro',
      group: 'line 2',
      tags: { hw: 'B' },
      outcome: 'pending',
      inFlight: false,
      sentAt: null,
      deviceId: null,
      error: null,
      serverUrl: null,
      kept: null,
      share: null,
      unit: null,
    });
    expect(journal.batches.rowOf(ID, { mac: macOf(9) })).toBeNull();
  });

  it('holds for each row what a server said, and what was sent and never answered', async () => {
    using journal = await withBatch([row(1), row(2), row(3), row(4)]);
    const run = { batch: ID, run: 'R1' } as const;
    journal.append({
      kind: 'batch-run',
      ...run,
      state: 'begun',
      server: 'plant',
      serverUrl: 'https://mender.example',
      operator: null,
    });
    journal.append({ kind: 'batch-intent', ...run, lines: [2, 3, 4] });
    journal.append({
      kind: 'batch-outcomes',
      ...run,
      outcomes: [
        { line: 2, outcome: 'created', deviceId: 'd1' },
        {
          line: 3,
          outcome: 'conflict',
          deviceId: 'd2',
          error: { code: 'batch/unknown', message: 'm', unchanged: 'u', remedy: 'r', retriable: false },
        },
      ],
    });
    const lines = (outcome: 'failed' | 'sent' | 'pending'): readonly number[] =>
      journal.batches.rows(ID, { outcome, limit: 10 }).map(({ line }) => line);
    expect(lines('failed')).toEqual([3]);
    expect(lines('sent')).toEqual([4]);
    expect(lines('pending')).toEqual([4, 5]);
    expect(journal.batches.counts(ID)).toMatchObject({ created: 1, conflict: 1, pending: 2 });
    expect(journal.batches.byId(ID)?.run).toMatchObject({ run: 'R1', state: 'begun', server: 'plant' });

    journal.append({
      kind: 'batch-taken-back',
      batch: ID,
      server: 'plant',
      serverUrl: 'https://mender.example',
      lines: [2],
      operator: null,
    });
    expect(journal.batches.row(ID, 2)).toMatchObject({ outcome: 'pending', deviceId: null });
  });

  it('has a failed row no more once it came again in another batch, and gives its key to nobody else', async () => {
    const error = {
      code: 'batch/unknown',
      message: 'm',
      unchanged: 'u',
      remedy: 'r',
      retriable: false,
    } as const;
    using journal = await withBatch(
      [1, 2, 3, 4, 5].map((n) => row(n, { spki: 'AAAA', fingerprint: fingerprint(`${n}`) })),
    );
    const run = { batch: ID, run: 'R1' } as const;
    const at = { server: 'plant', serverUrl: 'https://mender.example', operator: null } as const;
    journal.append({ kind: 'batch-run', ...run, ...at, state: 'begun' });
    journal.append({
      kind: 'batch-outcomes',
      ...run,
      outcomes: [
        { line: 2, outcome: 'created', deviceId: 'd1' },
        ...[3, 4, 5].map((line) => ({ line, outcome: 'refused' as const, error })),
      ],
    });
    // Of these a board is under way, and a call.
    for (const event of inBatch('J1', 3).slice(0, 2)) journal.append(event);
    journal.append({ kind: 'batch-intent', ...run, lines: [5] });
    const ask = (n: number, key: string) => {
      const identity = JSON.stringify({ mac: macOf(n) });
      return journal.batches.known([{ identity, fingerprint: fingerprint(key) }])[0];
    };
    const failed = (n: number) => ask(n, `${n}`)?.batch?.failed;
    expect([1, 2, 3, 4, 5].map(failed)).toEqual([false, true, false, false, false]);
    expect(ask(2, '2')).toMatchObject({ batch: { id: ID, line: 3 }, keyBatch: null });
    // Another board's key is never let through with it.
    expect(ask(2, '5')).toMatchObject({ keyBatch: { line: 6, former: null } });
    expect(journal.batches.countReplaceable(ID, [2, 3, 4, 5, 6])).toBe(1);

    const by = '02BATCH' as BatchId;
    journal.append({ kind: 'batch-replaced', batch: ID, lines: [3], by, operator: null });
    expect(journal.batches.byId(ID)).toMatchObject({
      rows: 4,
      counts: { created: 1, refused: 2, pending: 1, conflict: 0 },
    });
    expect(journal.batches.rowOf(ID, { mac: macOf(2) })).toBeNull();
    expect(journal.batches.countToSend(ID, { serverUrl: at.serverUrl, retry: true })).toMatchObject({
      rows: 3,
    });
    expect(ask(2, '2')).toMatchObject({ batch: null, keyBatch: null });
    expect(ask(7, '2')).toMatchObject({ keyBatch: { batch: 'spring', line: 3, former: 'replaced' } });
    expect(journal.checkProjections()).toBeNull();
    expect(atOnce(journal.verifying())).toMatchObject({ ok: true });
  });

  it('counts a board for its row once, and not one that failed or that is in no row', async () => {
    using journal = await withBatch([row(1), row(2)]);
    const failed = jobEvents({ job: 'J2', identity: { mac: macOf(2) }, verdict: 'fail' }).map((event) =>
      event.kind === 'job-started' ? { ...event, batch: ID } : event,
    );
    for (const event of [...inBatch('J1', 1), ...failed, ...inBatch('J3', 3), ...inBatch('J4', 1)])
      journal.append(event);
    expect(journal.batches.byId(ID)).toMatchObject({ units: 1 });
    expect(journal.batches.units(ID, 0, 10)).toEqual([
      expect.objectContaining({ line: 2, job: 'J1', verdict: 'pass', operator: 'kim', deviceId: 'device-1' }),
    ]);
    expect(journal.record('J1')).toMatchObject({ batch: 'spring' });
    expect(journal.job('J3')).toMatchObject({ batch: ID });
  });

  it('leaves every list when it is removed, its name is free again, and the record is whole', async () => {
    using journal = await withBatch([row(1)]);
    journal.append({ kind: 'batch-removed', batch: ID, operator: null });
    expect(journal.batches.list()).toEqual([]);
    await journal.appendAll(imported([row(2)], 'spring', '02BATCH' as BatchId));
    expect(journal.batches.byName('spring')?.id).toBe('02BATCH');
    expect(journal.batches.byId(ID)?.rows).toBe(1);
  });

  it('tells of rows that are to be imported what is known of them, in one question', async () => {
    using journal = await withBatch([row(1, { spki: 'AAAA', fingerprint: fingerprint('1') })]);
    for (const event of jobEvents({ job: 'J1', identity: { mac: macOf(7) }, key: fingerprint('7') }))
      journal.append(event);
    const id = (n: number): string => JSON.stringify({ mac: macOf(n) });
    expect(
      journal.batches.known([
        { identity: id(1), fingerprint: fingerprint('9') },
        { identity: id(2), fingerprint: fingerprint('1') },
        { identity: id(7), fingerprint: fingerprint('7') },
        { identity: id(3), fingerprint: fingerprint('7') },
        { identity: id(4), fingerprint: null },
      ]),
    ).toMatchObject([
      { batch: { batch: 'spring', line: 2 }, keyBatch: null, unit: false, keyOf: null },
      { batch: null, keyBatch: { batch: 'spring', line: 2 }, unit: false },
      { batch: null, unit: true, keyOf: null },
      { unit: false, keyOf: id(7) },
      { batch: null, keyBatch: null, unit: false, keyOf: null },
    ]);
  });

  it('counts a board that an admin let through when it is through, once for all the jobs that it took', async () => {
    using journal = await withBatch([row(1), row(2)]);
    const letThrough = (job: string): void =>
      void journal.append({
        kind: 'batch-admitted',
        batch: ID,
        job: jobId(job),
        identity: { mac: macOf(9) },
        why: 'stranger',
        operator: 'kim',
      });
    const through = (): readonly unknown[] => [
      journal.batches.byName('spring')?.admitted,
      journal.batches.admissions(ID).map(({ job }) => job),
    ];
    letThrough('J1');
    expect(journal.batches.isAdmitted(ID, 'J1')).toBe(true);
    for (const event of jobEvents({ job: 'J1', identity: { mac: macOf(9) }, verdict: 'fail' }))
      journal.append(event);
    expect(through()).toEqual([0, []]);
    letThrough('J2');
    for (const event of jobEvents({ job: 'J2', identity: { mac: macOf(9) } })) journal.append(event);
    expect(through()).toEqual([1, ['J2']]);
  });

  it('is verified, exported and derived anew like everything else', async () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    {
      using journal = journalIn(path);
      await journal.appendAll(imported(Array.from({ length: 1201 }, (_, n) => row(n + 1))));
      for (const event of inBatch('J1', 5)) journal.append(event);
      expect(journal.checkProjections()).toBeNull();
      const before = journal.batches.list();
      journal.rebuildProjections();
      expect(journal.batches.list()).toEqual(before);
      const out = join(home, 'export.json');
      writeFileSync(out, [...journal.exportingJson({ now: 0, signer: null })].join(''));
      expect(atOnce(verifyingFile(out))).toMatchObject({ ok: true, rows: journal.lastSeq() });
    }
    expect(atOnce(verifyingFile(path))).toMatchObject({ ok: true });
  });
});

describe('many events at once', () => {
  const many = (): Generator<JournalEvent> => imported(Array.from({ length: 20_000 }, (_, n) => row(n + 1)));

  it('are seen by nobody before all are there, and other work goes on meanwhile', async () => {
    const path = join(makeHome(), 'journal.db');
    using journal = journalIn(path);
    const whole = journal.appendAll(many());
    let turns = 0;
    while (journal.batches.byName('spring') === null) {
      expect(journal.batches.list()).toEqual([]);
      turns += 1;
      await setImmediate();
    }
    await whole;
    expect(turns).toBeGreaterThan(1);
    expect(journal.batches.byName('spring')?.rows).toBe(20_000);
    using reader = readJournal(path, options());
    expect(reader.batches.rows(ID, { after: 20_000, limit: 5 })).toHaveLength(1);
  });

  it('are whole before an entry that comes meanwhile, which waits for nothing else', async () => {
    using journal = journalIn(join(makeHome(), 'journal.db'));
    const whole = journal.appendAll(many());
    await setImmediate();
    const entry = journal.append(jobEvents({ job: 'J1' })[0]!);
    expect(journal.batches.byName('spring')?.rows).toBe(20_000);
    await whole;
    expect([...journal.entries(entry.seq - 1)].map(({ event }) => event.kind)).toContain('job-started');
    expect(atOnce(journal.verifying())).toMatchObject({ ok: true });
  });

  it('go on in turns where an entry can wait, which is then written by itself', async () => {
    using journal = journalIn(join(makeHome(), 'journal.db'));
    let turns = 0;
    let turnsAfter = 0;
    const waiting: Promise<void>[] = [];
    const entryWhenFree = async (): Promise<void> => {
      turnsAfter = turns;
      await journal.settled();
      journal.append(jobEvents({ job: 'J1' })[0]!);
    };
    function* slowly(): Generator<JournalEvent> {
      // Each event takes more than a whole turn, and so does the end after the last one.
      const takeATurn = (): void => {
        for (const until = performance.now() + 2 * TURN_MS; performance.now() < until;);
      };
      for (const event of imported(Array.from({ length: 4000 }, (_, n) => row(n + 1)))) {
        takeATurn();
        yield event;
        if (waiting.length === 0) waiting.push(entryWhenFree());
      }
      takeATurn();
    }
    const ticking = setInterval(() => (turns += 1), 0);
    try {
      await journal.appendAll(slowly());
      expect(turns - turnsAfter).toBeGreaterThanOrEqual(4);
      await Promise.all(waiting);
    } finally {
      clearInterval(ticking);
    }
    expect([...journal.entries(0)].at(-1)?.event.kind).toBe('job-started');
    expect(atOnce(journal.verifying())).toMatchObject({ ok: true });
  });

  it('leave nothing when they are given up, or when one of them cannot be written', async () => {
    using journal = journalIn(join(makeHome(), 'journal.db'));
    const before = journal.lastSeq();
    const given = new AbortController();
    const whole = journal.appendAll(many(), given.signal);
    await setImmediate();
    given.abort();
    await expect(whole).rejects.toMatchObject({ name: 'AbortError' });
    function* broken(): Generator<JournalEvent> {
      yield* imported([row(1)]);
      throw new RangeError('the source ended');
    }
    await expect(journal.appendAll(broken())).rejects.toThrow('the source ended');
    expect(journal.lastSeq()).toBe(before);
    expect(journal.append(OPENED).seq).toBe(before + 1);
    expect(journal.checkProjections()).toBeNull();
  });

  it('leave nothing when the journal is closed before their end', async () => {
    const path = join(makeHome(), 'journal.db');
    const journal = journalIn(path);
    const before = journal.lastSeq();
    const whole = journal.appendAll(many());
    await setImmediate();
    journal.close();
    await expect(whole).rejects.toMatchObject({ name: 'AbortError' });
    using again = openJournal(path, options());
    expect(again.lastSeq()).toBe(before);
    expect(again.batches.list()).toEqual([]);
  });

  it('leave nothing when the station is killed before they are whole, wherever that is', () => {
    const path = join(makeHome(), 'journal.db');
    const script = join(import.meta.dirname, 'bulk-killed.ts');
    const run = (killAfter: string): string | null =>
      spawnSync(process.execPath, [script, path, '20000', killAfter], { stdio: 'inherit' }).signal;
    const look = (): readonly [names: readonly string[], ok: boolean] => {
      using journal = openJournal(path, options());
      return [journal.batches.list().map(({ name }) => name), atOnce(journal.verifying()).ok];
    };
    for (const killAfter of ['1', '20', '41']) {
      expect(run(killAfter)).toBe('SIGKILL');
      expect(look()).toEqual([[], true]);
    }
    expect(run('never')).toBeNull();
    expect(look()).toEqual([['spring'], true]);
  }, 60_000);
});
