import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notices, noticing, openJournal, type Journal } from '../../../src/journal/index.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { fingerprint, jobEvents, macOf, makeHome, options, TestClock, type JobShape } from './fixtures.ts';

const HOUR = 3_600_000;

function open(clock: TestClock): Journal {
  return openJournal(join(makeHome(), 'journal.db'), options(clock));
}

/** A job of `ms` milliseconds. */
function work(journal: Journal, clock: TestClock, shape: JobShape, ms = 10_000): void {
  const events = jobEvents(shape);
  for (const event of events.slice(0, -1)) journal.append(event);
  clock.pass(ms);
  journal.append(events.at(-1)!);
}

const CANCELLED = new StationError('job/cancelled').toReport();
const SILENT = new StationError('board/silent', { port: 'p' }).toReport();

describe('statistics', () => {
  it('count units by their last verdict, and their first pass by the first', () => {
    const clock = new TestClock();
    using journal = open(clock);
    const unit = (n: number) => ({ identity: { mac: macOf(n) } });
    work(journal, clock, { job: 'J1', ...unit(1) }, 8000);
    work(journal, clock, { job: 'J2', ...unit(2), verdict: 'fail', error: SILENT });
    work(journal, clock, { job: 'J3', ...unit(2), verdict: 'already' }, 16_000);
    work(journal, clock, { job: 'J4', ...unit(3), verdict: 'stopped', error: CANCELLED });
    clock.pass(2 * HOUR);
    work(journal, clock, { job: 'J5', ...unit(1), verdict: 'fail', error: SILENT });
    work(journal, clock, { job: 'J6', ...unit(4) }, 8000);
    const all = journal.statistics();
    expect(all).toMatchObject({
      since: null,
      jobs: { pass: 2, already: 1, fail: 2, stopped: 1 },
      units: { total: 3, good: 2, yield: 2 / 3 },
      firstPass: { total: 3, good: 2, yield: 2 / 3 },
      failures: [
        { step: 'stage', code: 'board/silent', jobs: 2 },
        { step: 'stage', code: 'job/cancelled', jobs: 1 },
      ],
    });
    // 8, 8 and 16 s; 26 s from one good unit to the next, the two hours being a break.
    expect(all.jobMs!.p50 / 8000).toBeCloseTo(1, 1);
    expect(all.jobMs!.p95 / 16_000).toBeCloseTo(1, 1);
    expect(all.taktMs!.p50 / 26_000).toBeCloseTo(1, 1);
    expect(all.taktMs!.n).toBe(1);

    expect(journal.statistics('2026-11-21T10:30:00Z')).toMatchObject({
      since: '2026-11-21T10:00:00.000Z',
      jobs: { pass: 1, already: 0, fail: 1, stopped: 0 },
      units: { total: 2, good: 1 },
      firstPass: { total: 1, good: 1 },
    });
    expect(journal.statistics('2027-01-01T00:00:00+01:00')).toMatchObject({
      units: { total: 0, yield: null },
      jobMs: null,
      taktMs: null,
      failures: [],
    });
    expect(journal.checkProjections()).toBeNull();
  });

  it('are what a count of every record gives, whatever happened and from whatever hour on', () => {
    const job = fc.record({
      unit: fc.integer({ min: 1, max: 6 }),
      verdict: fc.constantFrom('pass', 'fail', 'already', 'stopped'),
      pause: fc.integer({ min: 0, max: 14 * HOUR }),
    });
    fc.assert(
      fc.property(fc.array(job, { maxLength: 12 }), fc.integer({ min: 0, max: 60 }), (jobs, hours) => {
        const clock = new TestClock();
        using journal = open(clock);
        const start = clock.now();
        jobs.forEach(({ unit, verdict, pause }, at) => {
          clock.pass(pause);
          const error = verdict === 'fail' || verdict === 'stopped' ? SILENT : null;
          work(journal, clock, { job: `J${at}`, identity: { mac: macOf(unit) }, verdict, error });
        });
        const since = new Date(start + hours * HOUR).toISOString();
        const good = (verdict: string): boolean => verdict === 'pass' || verdict === 'already';
        const records = journal.list({ limit: 1000 }).toReversed();
        const units = Map.groupBy(records, ({ identity }) => identity);
        const firsts = [...units.values()].map((of) => of[0]!).filter(({ at }) => at >= since);
        const lasts = [...units.values()].map((of) => of.at(-1)!).filter(({ at }) => at >= since);
        const found = journal.statistics(since);
        expect(found.units).toMatchObject({
          total: lasts.length,
          good: lasts.filter(({ verdict }) => good(verdict)).length,
        });
        expect(found.firstPass).toMatchObject({
          total: firsts.length,
          good: firsts.filter(({ verdict }) => good(verdict)).length,
        });
        const counted = Object.values(found.jobs).reduce((sum, n) => sum + n, 0);
        expect(counted).toBe(records.filter(({ at }) => at >= since).length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('notices', () => {
  const identity = { mac: macOf(1) };

  it('tell a unit that was here before, and within a day of a good one that it may be another board', () => {
    const clock = new TestClock();
    using journal = open(clock);
    const now = (): readonly string[] => notices(journal, identity, null, clock.now());
    expect(now()).toEqual([]);
    work(journal, clock, { job: 'J1', verdict: 'fail', error: SILENT });
    expect(now()).toEqual(['This unit was here before: 1 job, the last fail at 2026-11-21T08:00:10.000Z.']);
    work(journal, clock, { job: 'J2' });
    expect(now()).toEqual([expect.stringMatching(/within a day .*slot 1-1\.4:1\.0.*two boards share/)]);
    // A unit that is re-keyed is expected to have been here.
    expect(notices(journal, identity, null, clock.now(), 'rekey')).toEqual([
      expect.stringMatching(/^This unit was here before: 2 jobs/),
    ]);
    clock.pass(25 * HOUR);
    expect(now()).toEqual([expect.stringMatching(/^This unit was here before: 2 jobs, the last pass/)]);
  });

  it('tell a key that another unit was given at any time', () => {
    const clock = new TestClock();
    using journal = open(clock);
    work(journal, clock, { job: 'J1', identity: { mac: macOf(2) } });
    clock.pass(9999 * HOUR);
    expect(notices(journal, identity, fingerprint('a'), clock.now())).toEqual([
      expect.stringMatching(/also given to 52:54:00:00:00:02/),
    ]);
    expect(notices(journal, { mac: macOf(2) }, fingerprint('a'), clock.now() + 1)).toHaveLength(1);
  });

  it('stand in the verdict on record and in the result alike, and do not count the job itself', () => {
    const clock = new TestClock();
    using journal = open(clock);
    for (const [job, wanted] of [
      ['J1', 0],
      ['J2', 1],
    ] as const) {
      const noticed = noticing(journal, () => clock.now());
      for (const event of jobEvents({ job })) {
        noticed.journal.append(event);
        if (event.kind !== 'verdict') continue;
        const told = noticed.told(event.result);
        expect(told.notes).toHaveLength(wanted);
        expect(journal.job(job)?.result).toEqual(told);
        expect(noticed.told(told)).toEqual(told);
      }
      expect(noticed.journal.keyOwner(fingerprint('a'))).toEqual(identity);
    }
  });
});
