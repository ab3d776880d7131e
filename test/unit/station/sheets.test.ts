import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../../src/journal/index.ts';
import type { JournalEvent } from '../../../src/model/event.ts';
import { subjectOf } from '../../../src/station/sheets.ts';
import { fingerprint, jobEvents, jobId, makeHome, options, refusal } from '../journal/fixtures.ts';

const [CUT, LAST] = [jobId('CUT'), jobId('LAST')];
const [OLD, NEW] = [fingerprint('b'), fingerprint('a')];
const REASON = { code: 'key-exposed', text: 'seen in a log' } as const;

function journalWith(events: readonly JournalEvent[]) {
  const journal = openJournal(join(makeHome(), 'journal.db'), options());
  for (const event of events) journal.append(event);
  return journal;
}

/** A re-keying; `inUse`: the key that was found on the board. */
function rekey(job: string, inUse: typeof OLD, change: Partial<Parameters<typeof jobEvents>[0]> = {}) {
  return jobEvents({ job, key: NEW, ...change }).map((event): JournalEvent => {
    if (event.kind === 'job-started')
      return {
        ...event,
        flow: 'rekey',
        rekey: { reason: REASON, confirmed: ['elsewhere'], decommissionFormer: false },
        ...(job === LAST ? { resumes: CUT } : {}),
      };
    if (event.kind === 'board-identified') return { ...event, key: inUse };
    if (event.kind === 'verdict')
      return { ...event, result: { ...event.result, keyOrigin: 'kept', oldKey: 'refused-tested' } };
    return event;
  });
}

describe('what a sheet is made of', () => {
  test('a re-keying: the key that was found, the reason, what was confirmed', () => {
    using journal = journalWith(rekey('ONE', OLD));
    expect(subjectOf('ONE', journal)).toMatchObject({
      flow: 'rekey',
      formerKey: OLD,
      rekey: { reason: REASON, confirmed: ['elsewhere'] },
      finished: [],
    });
    expect(journal.job('ONE')?.reason).toEqual(REASON);
  });

  test('one that finished a job that was cut after its switch names the former key of that, and where the new one was born', () => {
    using journal = journalWith([
      ...rekey(CUT, OLD, { verdict: null }),
      ...rekey(LAST, NEW, { staged: false }),
    ]);
    expect(subjectOf(LAST, journal)).toMatchObject({
      formerKey: OLD,
      finished: [CUT],
      origin: 'station',
      result: { keyFingerprint: NEW, keyOrigin: 'kept' },
    });
  });

  test('a provisioned unit has no former key', () => {
    using journal = journalWith(jobEvents({ job: 'ONE' }));
    expect(subjectOf('ONE', journal)).toMatchObject({ flow: 'provision', formerKey: null, rekey: null });
  });

  test('a job without a verdict has no sheet', () => {
    using journal = journalWith(jobEvents({ job: 'ONE', verdict: null }));
    expect(refusal(() => subjectOf('ONE', journal))).toMatch(/^station\/job-open/);
    expect(refusal(() => subjectOf('TWO', journal))).toMatch(/^station\/unknown-job/);
  });
});
