import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHome } from '../../../src/journal/home-lock.ts';
import { openJournal, type Journal, type RecordDocument } from '../../../src/journal/index.ts';
import { restoreJournal } from '../../../src/journal/restore.ts';
import { systemClock, type Clock } from '../../../src/model/clock.ts';
import { DropFolder } from '../../../src/station/drop-folder.ts';
import { jobEvents, macOf, makeHome, options } from '../journal/fixtures.ts';

/** Pauses end when the test says so; what is waited for on the disk is real. */
class Pauses implements Clock {
  #ends: (() => void)[] = [];

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ends.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('closed')), { once: true });
    });
  }

  get pausing(): number {
    return this.#ends.length;
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

function work(journal: Journal, job: string, server = 'plant'): void {
  for (const event of jobEvents({ job, identity: { mac: macOf(1) } }))
    journal.append(
      event.kind === 'job-started' && server !== 'plant' ? { ...event, server, slot: `${server}-1` } : event,
    );
}

function start(home: string, journal: Journal, clock: Clock = new Pauses()): DropFolder {
  return new DropFolder({ home, record: { reader: journal, isWriter: () => true }, clock });
}

const files = (folder: string): readonly string[] => readdirSync(folder).toSorted();
/** Waits for what happens on the disk, without a guess at how long that takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

function setUp(): { readonly home: string; readonly folder: string; readonly journal: Journal } {
  const home = makeHome();
  const folder = join(home, 'drop');
  mkdirSync(folder);
  return { home, folder, journal: openJournal(join(home, 'journal.db'), options()) };
}

it('has a whole file for each job that ended since it was set, and none of the rehearsal', async () => {
  const { home, folder, journal } = setUp();
  using _ = journal;
  work(journal, 'BEFORE');
  await using drop = start(home, journal);
  expect(await drop.set(folder)).toEqual({ folder, waiting: 0, error: null });
  for (const [job, server] of [['J1'], ['R1', 'rehearsal'], ['J2']] as const) {
    work(journal, job, server);
    drop.wake();
  }
  await until(() => drop.view().waiting === 0);
  expect(files(folder)).toEqual(['J1.json', 'J2.json']);
  const record = JSON.parse(readFileSync(join(folder, 'J1.json'), 'utf8')) as RecordDocument;
  const verdict = journal.events('J1').at(-1)!;
  expect(record).toMatchObject({
    format: 'station-record/1',
    station: 'ST-0000000001',
    job: 'J1',
    row: { seq: verdict.seq, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    result: { verdict: 'pass', proof: 'board-client' },
  });
});

it('catches up after an outage of the folder and of the station, in order and without a gap', async () => {
  const { home, folder, journal } = setUp();
  using _ = journal;
  const pauses = new Pauses();
  {
    await using drop = start(home, journal, pauses);
    await drop.set(folder);
    renameSync(folder, `${folder}.away`);
    work(journal, 'J1');
    drop.wake();
    await until(() => drop.view().error !== null);
    expect(drop.view()).toMatchObject({ waiting: 1, error: expect.stringContaining('ENOENT') as string });
    work(journal, 'J2');
    drop.wake();
    // Not made by the station: it may be where a disk is to be mounted.
    expect(files(home)).not.toContain('drop');
    renameSync(`${folder}.away`, folder);
    await until(() => pauses.pausing > 0);
    pauses.end();
    await until(() => drop.view().waiting === 0);
    expect(drop.view().error).toBeNull();
    expect(files(folder)).toEqual(['J1.json', 'J2.json']);
    rmSync(folder, { recursive: true });
    work(journal, 'J3');
    drop.wake();
    await until(() => drop.view().error !== null);
  }
  mkdirSync(folder);
  work(journal, 'J4');
  await using drop = start(home, journal);
  drop.wake();
  await until(() => drop.view().waiting === 0);
  expect(files(folder)).toEqual(['J3.json', 'J4.json']);
  expect(await drop.set(null)).toEqual({ folder: null, waiting: 0, error: null });
  work(journal, 'J5');
  drop.wake();
  expect(files(folder)).toEqual(['J3.json', 'J4.json']);
});

describe('after a restoration', () => {
  /** Jobs that are delivered, one by one. */
  const deliver = async (home: string, journal: Journal, jobs: readonly string[]): Promise<void> => {
    await using drop = start(home, journal);
    for (const job of jobs) {
      work(journal, job);
      drop.wake();
      await until(() => drop.view().waiting === 0);
    }
  };
  const restore = async (home: string, file: string): Promise<void> => {
    using lock = lockHome(home, { program: 'test' });
    await restoreJournal(join(home, 'journal.db'), file, { ...options(), lock, discardNewer: true });
  };
  const jobs = (name: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, n) => `${name}${n + 1}`);

  it('delivers each new record, also where the record is still shorter than what was delivered before', async () => {
    const { home, folder, journal } = setUp();
    const copy = join(makeHome(), 'copy.db');
    {
      using _ = journal;
      work(journal, 'BEFORE');
      await using drop = start(home, journal);
      await drop.set(folder);
      await deliver(home, journal, ['OLD1']);
      journal.copyInto(copy);
      await deliver(home, journal, jobs('LATE', 8));
    }
    const delivered = files(folder);
    await restore(home, copy);
    using restored = openJournal(join(home, 'journal.db'), options());
    // Before anything is delivered, it is said to wait.
    work(restored, 'NEW0');
    await using drop = start(home, restored);
    expect(drop.view().waiting).toBeGreaterThanOrEqual(1);
    drop.wake();
    await until(() => drop.view().waiting === 0);
    await deliver(home, restored, jobs('NEW', 12));
    expect(files(folder)).toEqual(
      [...delivered, 'NEW0.json', ...jobs('NEW', 12).map((job) => `${job}.json`)].toSorted(),
    );
    expect(files(folder)).not.toContain('BEFORE.json');
  });

  it('of a record that had been replaced delivers what it had not, and not all of it again', async () => {
    const { home, folder, journal } = setUp();
    const [early, late] = [join(makeHome(), 'early.db'), join(makeHome(), 'late.db')];
    {
      using _ = journal;
      await using drop = start(home, journal);
      await drop.set(folder);
    }
    {
      using first = openJournal(join(home, 'journal.db'), options());
      await deliver(home, first, jobs('A', 24));
      first.copyInto(early);
      // Not delivered: nothing wakes it.
      work(first, 'MISSED');
      first.copyInto(late);
    }
    await restore(home, early);
    {
      using second = openJournal(join(home, 'journal.db'), options());
      await deliver(home, second, jobs('B', 8));
    }
    await restore(home, late);
    for (const file of files(folder)) rmSync(join(folder, file));
    using third = openJournal(join(home, 'journal.db'), options());
    await deliver(home, third, ['C1']);
    expect(files(folder)).toEqual(expect.arrayContaining(['C1.json', 'MISSED.json']));
    // Marks lie near: of twenty-four that were there before, few come twice.
    expect(files(folder).length).toBeLessThan(18);
  });
});

it('goes on from what an earlier version wrote', async () => {
  const { home, folder, journal } = setUp();
  using _ = journal;
  work(journal, 'J1');
  writeFileSync(join(home, 'drop-folder.json'), JSON.stringify({ folder, delivered: journal.lastSeq() }));
  work(journal, 'J2');
  await using drop = start(home, journal);
  drop.wake();
  await until(() => drop.view().waiting === 0);
  expect(files(folder)).toEqual(['J2.json']);
});

it('takes only a folder that is there and can be written', async () => {
  const { home, folder, journal } = setUp();
  using _ = journal;
  await using drop = start(home, journal);
  await expect(drop.set('drop')).rejects.toMatchObject({ code: 'station/usage' });
  await expect(drop.set(join(folder, 'none'))).rejects.toMatchObject({ code: 'station/file-unwritable' });
  await expect(drop.set(join(home, 'journal.db'))).rejects.toMatchObject({ code: 'station/file-unwritable' });
  expect(drop.view().folder).toBeNull();
});
