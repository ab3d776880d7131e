import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openJournal, type Journal, type RecordDocument } from '../../../src/journal/index.ts';
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

it('takes only a folder that is there and can be written', async () => {
  const { home, folder, journal } = setUp();
  using _ = journal;
  await using drop = start(home, journal);
  await expect(drop.set('drop')).rejects.toMatchObject({ code: 'station/usage' });
  await expect(drop.set(join(folder, 'none'))).rejects.toMatchObject({ code: 'station/file-unwritable' });
  await expect(drop.set(join(home, 'journal.db'))).rejects.toMatchObject({ code: 'station/file-unwritable' });
  expect(drop.view().folder).toBeNull();
});
