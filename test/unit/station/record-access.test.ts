import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/model/clock.ts';
import type { ErrorReport, JobId } from '../../../src/model/job.ts';
import { RecordAccess, type RecordAccessOptions } from '../../../src/station/record-access.ts';

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
  using access = open(clock, told, { maxPages: 60 });
  const filling = (): void => {
    for (let at = 0; at < 1_000; at += 1) startJob(access, `J${at}`, 'x'.repeat(2_000));
  };
  expect(filling).toThrow(/full/);
  expect(told).toMatchObject([{ code: 'journal/full' }]);
  // The disk itself has room: that is what is looked at.
  await clock.tick();
  expect(told.at(-1)).toBeNull();
});
