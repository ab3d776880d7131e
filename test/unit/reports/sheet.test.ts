import { describe, expect, test } from 'vitest';
import type { JournalEvent } from '../../../src/model/event.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { sheetOf, type Sheet } from '../../../src/reports/sheet.ts';
import { jobEvents } from '../journal/fixtures.ts';
import { entries, HANDED_OVER, NEW_KEY, OLD_KEY, subject } from './subject.ts';

function row(sheet: Sheet, label: string): string | undefined {
  return sheet.sections.flatMap(({ rows }) => rows).find((candidate) => candidate.label === label)?.text;
}

describe('what a sheet says', () => {
  test('a provisioned unit has a certificate with its key, device and proof', () => {
    const sheet = sheetOf(subject());
    expect(sheet.title).toBe('Provisioning certificate');
    expect(sheet.verdict.word).toBe('PASS');
    expect(sheet.verdict.sentences.join(' ')).toContain('board’s own client');
    expect(row(sheet, 'Key')).toBe(NEW_KEY);
    expect(row(sheet, 'Former key')).toBeUndefined();
    expect(sheet.warning).toBeNull();
  });

  test('each proof is told for what it is', () => {
    const said = (['station', 'board-key', 'board-client'] as const).map((proof) =>
      sheetOf(subject({ result: { proof } })).verdict.sentences.join(' '),
    );
    expect(said[0]).toMatch(/own client was not tried/);
    expect(said[1]).toMatch(/signed a nonce.*own client was not tried/);
    expect(said[2]).not.toMatch(/not tried/);
  });

  test('a re-keyed unit has a hand-over sheet: old key, new key, what became of the old, and lines to sign', () => {
    const sheet = sheetOf(subject(HANDED_OVER));
    expect(sheet.title).toBe('Hand-over sheet');
    expect(row(sheet, 'Former key')).toBe(OLD_KEY);
    expect(row(sheet, 'New key')).toBe(NEW_KEY);
    expect(row(sheet, 'Former key’s fate')).toBe('REFUSED, TESTED');
    expect(row(sheet, 'Reason')).toBe('a returned unit\nAfter the flood in Köln');
    expect(row(sheet, 'Confirmed')).toContain('another server, which knows its former key');
    const own = { reason: { code: 'other', text: 'Because.' }, confirmed: [] } as const;
    expect(row(sheetOf(subject({ ...HANDED_OVER, rekey: own })), 'Reason')).toBe('Because.');
    expect(sheet.signatures).toEqual(['Handed over by', 'Received by']);
  });

  test('a key that nobody could try is not said to be refused', () => {
    const sheet = sheetOf(subject({ ...HANDED_OVER, result: { oldKey: 'removed-not-tested' } }));
    const all = JSON.stringify(sheet);
    expect(row(sheet, 'Former key’s fate')).toBe('REMOVED, NOT TESTED');
    expect(all).toContain('that it is refused was not tried');
    expect(all).not.toContain('REFUSED');
  });

  test.each(['fail', 'stopped'] as const)('a job that ended in %s certifies nothing', (verdict) => {
    const error = new StationError('board/switch-unknown').toReport();
    for (const flow of ['provision', 'rekey'] as const) {
      const sheet = sheetOf(subject({ ...HANDED_OVER, flow, result: { verdict, error, proof: 'station' } }));
      expect(sheet.title).toBe('Report of a job that did not pass');
      expect(sheet.verdict.good).toBe(false);
      expect(sheet.signatures).toEqual([]);
      const said = sheet.verdict.sentences.join(' ');
      expect(said).toContain('certifies nothing');
      expect(said).toContain(error.message);
      expect(said).toContain(error.unchanged);
      expect(said).toContain('board/switch-unknown');
      expect(said).not.toContain('Proved');
      expect(sheet.verdict.word).not.toContain('PASS');
    }
  });

  test('a simulated board’s sheet says so before all else', () => {
    expect(sheetOf(subject({ simulated: true })).warning).toMatch(/^REHEARSAL/);
  });

  test('an action stands once, when it was begun, with how it came out; one that was cut off stands as unknown', () => {
    const job = subject().job.job;
    const cut: JournalEvent = { kind: 'step-intent', job, step: 'switch', action: 'switch-key', detail: {} };
    const events = jobEvents({ job });
    const sheet = sheetOf(subject({ events: entries([...events.slice(0, -1), cut, events.at(-1)!]) }));
    expect(sheet.timeline.map(({ what, outcome, ms }) => [what, outcome, ms])).toEqual([
      ['job started', '', null],
      ['board identified: 52:54:00:00:00:01', '', null],
      ['stage the key (stage)', 'done', 120.4],
      ['switch to the key (switch-key)', 'cut off: unknown', null],
      ['verdict recorded: pass', '', null],
    ]);
    expect(sheet.timeline[0]?.at).toBe('2026-11-27 21:04:01.903 UTC');
  });

  test('what vouches for the record stands on it where there is such', () => {
    const hash = 'd'.repeat(64);
    const evidence = { stationId: 'ST-J207QKJGR3', stationKey: OLD_KEY, head: { seq: 99, hash } };
    const sheet = sheetOf(subject({ evidence }));
    const evidenceOf = (label: string) => sheet.evidence.find((candidate) => candidate.label === label)?.text;
    expect(evidenceOf('Journal entries')).toBe('3 to 8 of station ST-J207QKJGR3');
    expect(evidenceOf('Journal head')).toBe(`99:${hash}`);
    expect(evidenceOf('Station key')).toBe(OLD_KEY);
  });
});
