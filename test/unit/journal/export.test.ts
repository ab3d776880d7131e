import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { csvLine } from '../../../src/journal/csv.ts';
import { openJournal, verifyingFile, type Journal, type Verification } from '../../../src/journal/index.ts';
import type { Head } from '../../../src/journal/chain.ts';
import type { Expectations } from '../../../src/journal/chain-check.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import { jobEvents, macOf, makeHome, OPENED, options, refusal, TestClock } from './fixtures.ts';
import { newSigner } from './signer.ts';
import { parseCsv } from './parse-csv.ts';

const signer = newSigner();
const JOBS = 4;

/** A journal with a job a minute, open until the test ends. */
function journalWithJobs(): Journal {
  const clock = new TestClock();
  const journal = openJournal(join(makeHome(), 'journal.db'), { ...options(clock), signer: () => signer });
  journal.append(OPENED);
  for (let n = 1; n <= JOBS; n++) {
    clock.pass(60_000);
    for (const event of jobEvents({ job: `J${n}`, identity: { mac: macOf(n) }, label: `order ${n}` }))
      journal.append(event);
  }
  return journal;
}

function exported(journal: Journal, since?: string, by: typeof signer | null = signer): string {
  return [...journal.exportingJson({ now: 0, signer: by, since })].join('');
}

function verify(text: string, expected: Expectations = {}): Verification {
  const path = join(makeHome(), 'export.json');
  writeFileSync(path, text);
  return atOnce(verifyingFile(path, expected));
}

describe('an export as JSON', () => {
  it('holds every row, and is verified by itself, by who made it and whole', () => {
    using journal = journalWithJobs();
    const text = exported(journal);
    const document = JSON.parse(text) as { format: string; rows: { entry: object }[]; head: object };
    expect(document.format).toBe('station-journal/1');
    expect(document.rows.map(({ entry }) => entry)).toEqual([...journal.entries()]);
    const { seq, hash } = journal.head()!;
    expect(document.head).toEqual({ seq, hash });
    expect(verify(text, { keys: [signer.fingerprint], heads: [{ seq, hash }] })).toMatchObject({
      kind: 'export',
      ok: true,
      rows: seq,
      head: { seq, hash },
      signed: seq,
      notes: [],
    });
  });

  it('is what the published schema says', () => {
    using journal = journalWithJobs();
    const schema = JSON.parse(
      readFileSync(new URL('../../../docs/journal-export.schema.json', import.meta.url), 'utf8'),
    ) as Parameters<typeof z.fromJSONSchema>[0];
    const published = z.fromJSONSchema(schema);
    for (const text of [exported(journal), exported(journal, '2026-11-21T08:03:00Z', null)])
      expect(published.safeParse(JSON.parse(text)).error).toBeUndefined();
    expect(published.safeParse({ ...(JSON.parse(exported(journal)) as object), head: 7 }).success).toBe(
      false,
    );
  });

  it('is the same evidence in another program’s spelling', () => {
    using journal = journalWithJobs();
    const document = JSON.parse(exported(journal)) as Record<string, unknown>;
    const { head, rows, ...others } = document;
    expect(verify(JSON.stringify({ head, ...others, rows }, null, 4))).toMatchObject({
      ok: true,
      problem: null,
    });
  });

  it('goes on from the middle where a time is given, under a key that was introduced before', () => {
    using journal = journalWithJobs();
    const text = exported(journal, '2026-11-21T08:03:00Z');
    const document = JSON.parse(text) as { from: { seq: number }; rows: { entry: { seq: number } }[] };
    expect(document.from.seq).toBe(journal.events('J3')[0]!.seq - 1);
    expect(verify(text, { keys: [signer.fingerprint] })).toMatchObject({
      ok: true,
      rows: journal.lastSeq() - document.from.seq,
      first: document.from.seq + 1,
      notes: [expect.stringContaining(`It begins after row ${document.from.seq}`) as string],
    });
    expect(verify(exported(journal, '2027-01-01T00:00:00Z'))).toMatchObject({ ok: true, rows: 0 });
  });

  describe('of which the beginning was cut off', () => {
    /** The row before the first one is named, as in an export from a time on: its hash is no secret. */
    const cutBefore = (journal: Journal, since: string | null): { text: string; heads: readonly Head[] } => {
      const document = JSON.parse(exported(journal)) as {
        rows: { hash: string; entry: { seq: number } }[];
      };
      const first = journal.events('J3')[0]!.seq;
      const heads = document.rows.map(({ hash, entry: { seq } }) => ({ seq, hash }));
      const keys = [{ fingerprint: signer.fingerprint, publicKey: signer.publicKey }];
      const rows = document.rows.slice(first - 1);
      return {
        text: JSON.stringify({ ...document, since, from: heads[first - 2], keys, rows }),
        heads: heads.slice(0, first - 1),
      };
    };
    const keys = [signer.fingerprint];

    it('is refused where it is not said to be of a time', () => {
      using journal = journalWithJobs();
      const { text } = cutBefore(journal, null);
      expect(verify(text, { keys })).toMatchObject({ ok: false, problem: { seq: 1, fault: 'missing' } });
    });

    it('tells its first row, and takes no head of a row that is not in it', () => {
      using journal = journalWithJobs();
      const { text, heads } = cutBefore(journal, '2026-11-21T08:03:00.000Z');
      const last = heads.at(-1)!;
      expect(verify(text, { keys })).toMatchObject({
        ok: true,
        first: last.seq + 1,
        notes: [expect.stringContaining(`It begins after row ${last.seq}`) as string],
      });
      for (const hash of [heads[2]!.hash, 'f'.repeat(64)])
        expect(verify(text, { keys, heads: [{ seq: 3, hash }] })).toMatchObject({
          ok: false,
          problem: {
            seq: 3,
            fault: 'missing',
            text: expect.stringContaining('it begins after it') as string,
          },
        });
      // The row right before the first one is what the chain goes on from: that is compared.
      expect(verify(text, { keys, heads: [last] }).ok).toBe(true);
      expect(verify(text, { keys, heads: [{ seq: last.seq, hash: 'f'.repeat(64) }] }).problem).toMatchObject({
        seq: last.seq,
        fault: 'edited',
      });
    });
  });

  it('without the key at hand is still under the signatures of its rows', () => {
    using journal = journalWithJobs();
    const found = verify(exported(journal, undefined, null), { keys: [signer.fingerprint] });
    expect(found).toMatchObject({ ok: true, signed: journal.lastSeq() - 1 });
  });

  it('that was changed in any line names the row, and one that was cut off names what is missing', () => {
    using journal = journalWithJobs();
    const lines = exported(journal).split('\n');
    const last = journal.lastSeq();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: last }),
        fc.constantFrom('edit', 'remove', 'cut'),
        (seq, what) => {
          const changed =
            what === 'edit'
              ? lines.with(seq, lines[seq]!.replace(/"monotonicMs":(\d+)/, '"monotonicMs":9$1'))
              : what === 'remove'
                ? lines.toSpliced(seq, 1)
                : lines.slice(0, seq);
          const { problem } = verify(changed.join('\n'), { keys: [signer.fingerprint] });
          const fault = what === 'edit' ? 'edited' : what === 'cut' || seq === last ? 'truncated' : 'missing';
          expect(problem).toMatchObject({ seq, fault });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of which the end was made to fit a cut has no signature that does', () => {
    using journal = journalWithJobs();
    const document = JSON.parse(exported(journal)) as { rows: { hash: string }[]; head: object };
    const rows = document.rows.slice(0, -2);
    const head = { seq: rows.length, hash: rows.at(-1)!.hash };
    expect(verify(JSON.stringify({ ...document, rows, head })).problem).toMatchObject({ fault: 'signature' });
  });

  it('is not made of a journal that was tampered with', () => {
    using journal = journalWithJobs();
    using raw = new DatabaseSync(journal.path);
    raw.exec(`DROP TRIGGER event_no_update; UPDATE event SET body = replace(body, 'order 2', 'order 9')`);
    expect(refusal(() => exported(journal))).toMatch(/^journal\/broken: .*Row 11 was changed/);
  });

  it('of something else is told, not thrown', () => {
    for (const text of [
      '{}',
      '[]',
      '{"format":"station-journal/1","rows":[',
      '{"format":"station-journal/9"}',
    ])
      expect(verify(text)).toMatchObject({ ok: false });
  });
});

describe('an export as CSV', () => {
  it('has a line for each ended job that a strict reader reads back, in the order of the record', () => {
    using journal = journalWithJobs();
    const text = [...journal.exportingCsv({})].join('');
    expect(text.endsWith('\r\n')).toBe(true);
    const [header, ...rows] = parseCsv(text);
    const records = rows.map((row) => Object.fromEntries(row.map((value, at) => [header![at]!, value])));
    expect(records).toHaveLength(JOBS);
    expect(records[0]).toMatchObject({
      job: 'J1',
      verdict: 'pass',
      work_order: 'order 1',
      operator: 'kim',
      identity: '{"mac":"52:54:00:00:00:01"}',
      proof: 'board-client',
      key_origin: 'station',
      steps: 'stage 120',
      ended_at: '2026-11-21T08:01:00.000Z',
      station: 'ST-0000000001',
    });
    expect(records[0]!['hash']).toMatch(/^[0-9a-f]{64}$/);
    expect([...journal.exportingCsv({ since: '2026-11-21T08:04:00Z' })]).toHaveLength(2);
  });

  it('keeps every text as it is, but one that a spreadsheet would run', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 5 }), (cells) => {
        const [back] = parseCsv(csvLine(cells));
        expect(back!.map((cell, at) => (cell === `'${cells[at]}` ? cells[at] : cell))).toEqual(cells);
        for (const cell of back!) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
    for (const evil of ['=cmd|x', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])
      expect(parseCsv(csvLine([evil, 'x']))[0]![0]).toBe(`'${evil}`);
  });
});
