import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyingFile } from '../../../src/journal/index.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import type { Clock } from '../../../src/model/clock.ts';
import type { ErrorReport, JobId } from '../../../src/model/job.ts';
import { openStation } from '../../../src/station.ts';
import { RecordAccess, type RecordAccessOptions } from '../../../src/station/record-access.ts';
import { named } from '../../needs.ts';
import { fillDisk, MOUNTING, mountSmallDisk } from '../journal/small-disk.ts';

const mounting = it.skipIf(MOUNTING !== null);

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'record-access-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A clock whose sleeps end when the test says so. */
class StoppedClock implements Clock {
  #waiting: (() => void)[] = [];

  now(): number {
    return 0;
  }

  monotonic(): number {
    return 0;
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('closed')));
    });
  }

  /** Lets every sleeper go on, and waits until it has. */
  async tick(): Promise<void> {
    for (const wake of this.#waiting.splice(0)) wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function open(
  clock: Clock,
  told: (ErrorReport | null)[],
  change: Partial<RecordAccessOptions> = {},
): RecordAccess {
  return new RecordAccess({
    home,
    journal: path.join(home, 'journal.db'),
    stationId: 'S1',
    clock,
    program: 'a test',
    access: 'write-if-free',
    opening: () => ({ kind: 'station-opened', version: '0', runtime: 'node', keyProtection: 'file' }),
    onReadOnly: (readOnly) => told.push(readOnly),
    ...change,
  });
}

function startJob(access: RecordAccess, job: string, label: string | null = null): void {
  access.writer().append({
    kind: 'job-started',
    job: job as JobId,
    flow: 'provision',
    port: '/dev/ttyUSB0',
    slot: '1-1',
    server: 'factory',
    serverUrl: 'https://mender.example',
    profile: 'mender',
    keySource: 'default',
    label,
    operator: null,
  });
}

describe('a home that another program holds', () => {
  it('is read meanwhile, and written as soon as it is free', async () => {
    const clock = new StoppedClock();
    const told: (ErrorReport | null)[] = [];
    const other = open(clock, []);
    using mine = open(clock, told);
    expect(mine.readOnly).toMatchObject({ code: 'station/home-locked' });
    expect(mine.holder()).toContain('a test');
    expect(() => mine.writer()).toThrow(/is using/);
    await clock.tick();
    expect(mine.readOnly).not.toBeNull();

    startJob(other, 'J1');
    other[Symbol.dispose]();
    await clock.tick();
    expect(told).toEqual([null]);
    expect(mine.readOnly).toBeNull();
    startJob(mine, 'J2');
    expect(mine.reader.lastJobs(5).map(({ job }) => job)).toEqual(['J2', 'J1']);
  });

  it('cannot be opened to write in', () => {
    using _other = open(new StoppedClock(), []);
    expect(() => open(new StoppedClock(), [], { access: 'write' })).toThrow(/is using/);
  });
});

it('gives jobs that an earlier writer left in the middle their verdict', () => {
  const before = open(new StoppedClock(), []);
  startJob(before, 'J1');
  before[Symbol.dispose]();
  using after = open(new StoppedClock(), []);
  expect(after.reader.list()).toMatchObject([
    { job: 'J1', verdict: 'fail', error: { code: 'job/interrupted', retriable: true } },
  ]);
  expect(after.reader.openJobs()).toEqual([]);
});

it('says that the disk is full when it is, and that it is not when it can be written again', async () => {
  const clock = new StoppedClock();
  const told: (ErrorReport | null)[] = [];
  using access = open(clock, told, { maxPages: 120 });
  const filling = (): void => {
    for (let at = 0; at < 1_000; at += 1) startJob(access, `J${at}`, 'x'.repeat(2_000));
  };
  expect(filling).toThrow(/full/);
  expect(told).toMatchObject([{ code: 'journal/full' }]);
  // The disk itself has room: that is what is looked at.
  await clock.tick();
  expect(told.at(-1)).toBeNull();
});

describe('a disk that is full already', () => {
  mounting(named('is read from, and written to as soon as there is room', MOUNTING), async () => {
    const disk = mountSmallDisk(16);
    const at = { home: disk, journal: path.join(disk, 'journal.db') };
    const before = open(new StoppedClock(), [], at);
    startJob(before, 'J1');
    before[Symbol.dispose]();
    const ballast = fillDisk(disk);
    const clock = new StoppedClock();
    const told: (ErrorReport | null)[] = [];
    expect(() => open(new StoppedClock(), [], { ...at, access: 'write' })).toThrow(/full/);
    using access = open(clock, told, at);
    expect(access.readOnly?.message).toMatch(/full/);
    expect(access.reader.lastJobs(5).map(({ job }) => job)).toEqual(['J1']);
    expect(() => access.writer()).toThrow();
    await clock.tick();
    expect(access.readOnly?.message).toMatch(/full/);
    expect(access.reader.lastJobs(5)).toHaveLength(1);

    rmSync(ballast);
    await clock.tick();
    expect(access.readOnly).toBeNull();
    startJob(access, 'J2');
    expect(access.reader.lastJobs(5).map(({ job }) => job)).toEqual(['J2', 'J1']);
  });

  mounting(
    named('does not keep a whole station from opening; no board is changed meanwhile', MOUNTING),
    async () => {
      const disk = mountSmallDisk(16);
      const options = {
        home: disk,
        env: {},
        probing: false,
        program: 'test',
        access: 'write-if-free',
      } as const;
      await (await openStation(options))[Symbol.asyncDispose]();
      const ballast = fillDisk(disk);
      const station = await openStation(options);
      try {
        const { readOnly, journal } = await station.call('snapshot', {});
        expect(readOnly?.message).toMatch(/full/);
        expect(journal.head?.hash).toMatch(/^[0-9a-f]{64}$/);
        expect(await station.call('journal.list', {})).toEqual([]);
        await expect(
          station.call('provision', { ports: ['/dev/null'], server: 'x', profile: 'mender' }),
        ).rejects.toThrow();
      } finally {
        rmSync(ballast);
        await station[Symbol.asyncDispose]();
      }
    },
  );
});

mounting(
  named('a disk that is read-only is read from, and written to as soon as it is not', MOUNTING),
  async () => {
    const disk = mountSmallDisk(16);
    const at = { home: disk, journal: path.join(disk, 'journal.db') };
    const before = open(new StoppedClock(), [], at);
    startJob(before, 'J1');
    before[Symbol.dispose]();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const clock = new StoppedClock();
    using access = open(clock, [], at);
    expect(access.readOnly).toMatchObject({ code: 'station/home-unusable' });
    expect(access.reader.lastJobs(5).map(({ job }) => job)).toEqual(['J1']);
    await clock.tick();
    expect(access.readOnly).not.toBeNull();

    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await clock.tick();
    expect(access.readOnly).toBeNull();
    startJob(access, 'J2');
    expect(access.reader.lastJobs(5).map(({ job }) => job)).toEqual(['J2', 'J1']);
  },
);

describe('a record that is taken away while it is in use', () => {
  const file = (): string => path.join(home, 'journal.db');
  const jobs = (access: RecordAccess): readonly string[] => access.reader.lastJobs(9).map(({ job }) => job);

  it.each([
    ['the file', () => rmSync(file())],
    ['its log', () => rmSync(`${file()}-wal`)],
    ['everything', () => ['', '-wal', '-shm'].forEach((end) => rmSync(`${file()}${end}`))],
  ] as const)('is put back with all that was acknowledged: %s', async (_, take) => {
    const clock = new StoppedClock();
    const told: (ErrorReport | null)[] = [];
    using access = open(clock, told);
    const held = access.writer();
    startJob(access, 'J1');
    take();
    expect(() => startJob(access, 'J2')).toThrow(/while in use/);
    expect(access.readOnly).toMatchObject({ code: 'journal/unusable' });
    await clock.tick();
    expect(told.at(-1)).toBeNull();
    startJob(access, 'J3');
    // A job that was at work goes on in the same record.
    expect(held.lastJobs(9).map(({ job }) => job)).toEqual(['J3', 'J1']);
    expect(await access.verify()).toMatchObject({ ok: true });
    access[Symbol.dispose]();
    using again = open(new StoppedClock(), []);
    expect(jobs(again)).toEqual(['J3', 'J1']);
  });

  it('is kept beside where another file took its place, and the station says where', async () => {
    const other = mkdtempSync(path.join(tmpdir(), 'record-access-'));
    open(new StoppedClock(), [], { home: other, journal: path.join(other, 'journal.db') })[Symbol.dispose]();
    const clock = new StoppedClock();
    using access = open(clock, []);
    startJob(access, 'J1');
    renameSync(path.join(other, 'journal.db'), file());
    rmSync(other, { recursive: true });
    expect(() => startJob(access, 'J2')).toThrow(/while in use/);
    for (let time = 0; time < 2; time++) {
      await clock.tick();
      const [, copy] = /all that was recorded is in (\S+)\.$/.exec(access.readOnly!.message)!;
      expect(jobs(access)).toEqual(['J1']);
      expect(atOnce(verifyingFile(copy!))).toMatchObject({ ok: true });
      expect(() => startJob(access, 'J2')).toThrow();
    }
  });
});
