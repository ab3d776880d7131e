import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/journal/canonical-json.ts';
import { chainHash, GENESIS, headMessage, hex, type JournalSigner } from '../../../src/journal/chain.ts';
import type { Expectations } from '../../../src/journal/chain-check.ts';
import { openJournal, verifyingFile, type Verification } from '../../../src/journal/index.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { jobEvents, macOf, makeHome, OPENED, options, TestClock } from './fixtures.ts';
import { newSigner } from './signer.ts';

const STATION = 'ST-0000000001';

/** A closed journal of `jobs` jobs. */
function makeJournal(signer: JournalSigner | null, jobs = 3, home = makeHome()): string {
  const path = join(home, 'journal.db');
  using journal = openJournal(path, {
    ...options(),
    ...(signer === null ? {} : { signer: () => signer }),
  });
  journal.append(OPENED);
  for (let n = 1; n <= jobs; n++)
    for (const event of jobEvents({ job: `J${n}`, identity: { mac: macOf(n) } })) journal.append(event);
  return path;
}

const verify = (path: string, expected: Expectations = {}): Verification =>
  atOnce(verifyingFile(path, expected));

interface Raw {
  seq: number;
  body: string;
  hash: Uint8Array;
}

/** Opens a journal as somebody does who wants to change it: without its guards. The rows replace those that are there. */
function tamper(path: string, change: (rows: Raw[]) => readonly Raw[]): void {
  using raw = new DatabaseSync(path);
  raw.exec(`PRAGMA ignore_check_constraints = ON; DROP TRIGGER IF EXISTS event_in_order;
    DROP TRIGGER IF EXISTS event_no_update; DROP TRIGGER IF EXISTS event_no_delete;`);
  const rows = raw.prepare('SELECT seq, body, hash FROM event ORDER BY seq').all() as unknown as Raw[];
  const wanted = change(rows.map((row) => ({ ...row })));
  raw.exec('BEGIN; DELETE FROM event;');
  const insert = raw.prepare('INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)');
  for (const { seq, body, hash } of wanted) insert.run(seq, body, hash);
  raw.exec('COMMIT');
}

/** The same rows, each with the hash that follows from what it says now: what somebody does who knows how it works. */
function rechained(rows: readonly Raw[], from = 1): readonly Raw[] {
  let previous: Uint8Array = GENESIS;
  return rows.map((row) => {
    const hash = row.seq < from ? row.hash : chainHash(previous, row.body);
    previous = hash;
    return { ...row, hash };
  });
}

function edited(row: Raw): Raw {
  const entry = JSON.parse(row.body) as { at: string; monotonicMs: number };
  return { ...row, body: canonicalJson({ ...entry, monotonicMs: entry.monotonicMs + 1 }) };
}

const signer = newSigner();
let bytes: Buffer;
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'station-journal-'));
  try {
    bytes = readFileSync(makeJournal(signer, 3, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A copy of one and the same journal. */
function untouched(): string {
  const copy = join(makeHome(), 'copy.db');
  writeFileSync(copy, bytes);
  return copy;
}

/** Rows of that journal: the key and its signature, the opening, three jobs of six rows and a signature each. */
const ROWS = 3 + 3 * 7;

describe('a journal as its station wrote it', () => {
  it('is verified without any other file, and says who signed what', () => {
    const path = untouched();
    const before = readFileSync(path);
    const found = verify(path, { keys: [signer.fingerprint] });
    expect(found).toMatchObject({
      kind: 'journal',
      ok: true,
      rows: ROWS,
      station: STATION,
      head: { seq: ROWS },
      signed: ROWS - 1,
      keys: [{ fingerprint: signer.fingerprint, vouched: true, signatures: 4 }],
      problem: null,
      notes: [],
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    const head = found.head!;
    expect(verify(path, { heads: [head] }).ok).toBe(true);
    expect(verify(path).notes.join()).toMatch(/compare their fingerprints/);
  });

  it('signs at least every hundredth row, also where no job ends', () => {
    const path = join(makeHome(), 'journal.db');
    using journal = openJournal(path, { ...options(), signer: () => signer });
    for (let n = 0; n < 250; n++) journal.append(OPENED);
    const { signed, seq } = journal.head()!;
    expect(seq - signed!).toBeLessThanOrEqual(101);
    expect(atOnce(journal.verifying()).keys).toMatchObject([{ signatures: 3 }]);
  });

  it('is as good after a migration: what was there before is under the first signature', () => {
    const path = makeJournal(null);
    expect(verify(path)).toMatchObject({ ok: true, signed: null });
    openJournal(path, { ...options(), signer: () => signer }).close();
    const found = verify(path);
    expect(found).toMatchObject({ ok: true, signed: found.head!.seq - 1 });
    // Covered is not vouched for: whoever puts an unsigned journal there has it signed at the next opening, too.
    expect(verify(path, { keys: [signer.fingerprint] }).problem).toMatchObject({ seq: 7, fault: 'unsigned' });
  });
});

describe('tampering', () => {
  const row = fc.integer({ min: 1, max: ROWS });
  /** Few, for each is a file of its own. */
  const often = { numRuns: 25 };

  it('with the content of any row, or with its hash, names that row', () => {
    fc.assert(
      fc.property(row, fc.boolean(), (seq, content) => {
        const path = untouched();
        tamper(path, (rows) =>
          rows.map((found) =>
            found.seq !== seq
              ? found
              : content
                ? edited(found)
                : { ...found, hash: Uint8Array.from(found.hash, (byte) => byte ^ 1) },
          ),
        );
        expect(verify(path).problem).toMatchObject({ seq, fault: 'edited' });
      }),
      often,
    );
  });

  it('with the content of a row and its hash alone names the row after it, which does not follow any more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ROWS - 1 }), (seq) => {
        const path = untouched();
        tamper(path, (rows) => {
          const changed = rechained(rows.map((found) => (found.seq === seq ? edited(found) : found)));
          return rows.map((found) => (found.seq === seq ? changed[seq - 1]! : found));
        });
        const problem = verify(path).problem!;
        // A signature does not fit its row even where the hashes were made to.
        expect([seq, seq + 1]).toContain(problem.seq);
      }),
      often,
    );
  });

  it('by one who computes every hash anew ends at the next signature, and at a known head where there is none', () => {
    const signatures = [2, 10, 17, 24];
    fc.assert(
      fc.property(row, (seq) => {
        const path = untouched();
        const head = verify(path).head!;
        const isSignature = signatures.includes(seq);
        tamper(path, (rows) => rechained(rows.map((found) => (found.seq === seq ? edited(found) : found))));
        const next = signatures.find((signature) => signature > seq);
        const { problem } = verify(path);
        // The time of a signature's own row is under the next one.
        if (next !== undefined) expect(problem).toMatchObject({ seq: next, fault: 'signature' });
        else expect({ isSignature, problem }).toMatchObject({ isSignature: true, problem: null });
        if (next === undefined)
          expect(verify(path, { heads: [head] }).problem).toMatchObject({ seq: head.seq, fault: 'edited' });
      }),
      often,
    );
  });

  it('by taking rows out names the first that is missing, wherever they were', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 5 }), (seq, count) => {
        const path = untouched();
        tamper(path, (rows) => rows.filter((found) => found.seq < seq || found.seq >= seq + count));
        const { problem } = verify(path);
        const faults = seq + count > ROWS ? ['truncated', 'unsigned'] : ['missing'];
        expect(faults).toContain(problem?.fault);
        // A verdict whose signature was cut off is what is wrong, not the row after it.
        expect(problem?.seq).toBe(problem?.fault === 'unsigned' ? seq - 1 : seq);
      }),
      often,
    );
  });

  it('by closing the gap, or by putting rows in each other’s place, names the first in a wrong place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: ROWS - 1 }), fc.boolean(), (seq, close) => {
        const path = untouched();
        tamper(path, (rows) => {
          if (close)
            return rows.filter((found) => found.seq !== seq).map((found, at) => ({ ...found, seq: at + 1 }));
          const [a, b] = [rows[seq - 1]!, rows[seq]!];
          return rows.with(seq - 1, { ...b, seq }).with(seq, { ...a, seq: seq + 1 });
        });
        expect(verify(path).problem).toMatchObject({ seq, fault: 'reordered' });
      }),
      often,
    );
  });

  it('by cutting rows and the tables off at a signature shows by a head that is known', () => {
    const path = untouched();
    const head = verify(path).head!;
    tamper(path, (rows) => rows.filter(({ seq }) => seq <= 17));
    // Opened again, the tables are made to fit: what is left is a good journal, only older.
    openJournal(path, options()).close();
    expect(verify(path)).toMatchObject({ ok: true, rows: 17 });
    expect(verify(path, { heads: [head] }).problem).toMatchObject({ seq: 18, fault: 'truncated' });
  });

  it('with a verdict that is added without the key names it', () => {
    const path = untouched();
    {
      using journal = openJournal(path, options());
      journal.append(jobEvents({ job: 'FORGED' }).at(-1)!);
    }
    expect(verify(path).problem).toMatchObject({ seq: ROWS + 1, fault: 'unsigned' });
  });

  it('with a signature, or by signing with another key, is told apart', () => {
    const path = untouched();
    const other = newSigner();
    const forge = (row: Raw, previous: Raw, by: JournalSigner, key: string): Raw => {
      const entry = JSON.parse(row.body) as { event: object };
      const head = { seq: previous.seq, hash: hex(previous.hash) };
      const signature = Buffer.from(by.sign(headMessage(STATION, head))).toString('base64');
      return {
        ...row,
        body: canonicalJson({ ...entry, event: { ...entry.event, ...head, key, signature } }),
      };
    };
    const last = ROWS - 1;
    tamper(path, (rows) =>
      rechained(rows.with(last, forge(rows[last]!, rows[last - 1]!, other, signer.fingerprint)), ROWS),
    );
    expect(verify(path).problem).toMatchObject({ seq: ROWS, fault: 'signature' });
    tamper(path, (rows) =>
      rechained(rows.with(last, forge(rows[last]!, rows[last - 1]!, other, other.fingerprint)), ROWS),
    );
    expect(verify(path).problem).toMatchObject({ seq: ROWS, fault: 'foreign-key' });
  });

  it('with the tables alone is found, too', () => {
    const path = untouched();
    {
      using raw = new DatabaseSync(path);
      raw.exec(`UPDATE p_job SET verdict = 'fail' WHERE job = 'J2'`);
    }
    expect(verify(path).problem).toMatchObject({ seq: null, fault: 'projections' });
  });

  it('by a whole journal of another key is found by who knows the station’s', () => {
    const path = makeJournal(newSigner());
    expect(verify(path).ok).toBe(true);
    expect(verify(path, { keys: [signer.fingerprint] }).problem).toMatchObject({
      seq: 2,
      fault: 'foreign-key',
    });
    const unsigned = makeJournal(null);
    expect(verify(unsigned, { keys: [signer.fingerprint] }).problem).toMatchObject({ fault: 'unsigned' });
  });

  it('several journals are held against one list of keys', () => {
    const [one, two] = [newSigner(), newSigner()];
    const keys = [one.fingerprint, two.fingerprint.slice('sha256:'.length).toUpperCase()];
    for (const key of [one, two]) expect(verify(makeJournal(key), { keys }).ok).toBe(true);
    expect(verify(makeJournal(newSigner()), { keys }).ok).toBe(false);
  });

  it('of the file itself, or a file that is no journal, is told and not thrown', () => {
    const path = untouched();
    writeFileSync(path, bytes.subarray(0, bytes.length - 4096 * 3));
    const torn = verify(path);
    expect(torn.ok).toBe(false);
    const garbage = join(makeHome(), 'x');
    writeFileSync(garbage, 'hello');
    expect(verify(garbage).problem).toMatchObject({ seq: null, fault: 'unreadable' });
    expect(verify(join(makeHome(), 'nothing')).problem).toMatchObject({ seq: null, fault: 'unreadable' });
  });
});

describe('the station key', () => {
  const kinds = (path: string): readonly unknown[] => {
    using journal = openJournal(path, options());
    return [...journal.entries()].flatMap(({ event }) => (event.kind === 'station-key' ? [event] : []));
  };
  const open = (path: string, key: () => JournalSigner): void =>
    openJournal(path, { ...options(), signer: key }).close();

  it('that is another one than before is recorded as replaced, once', () => {
    const path = makeJournal(signer);
    const next = newSigner();
    for (let time = 0; time < 3; time++) open(path, () => next);
    expect(kinds(path)).toMatchObject([
      { what: 'made', fingerprint: signer.fingerprint, replaces: null },
      { what: 'replaced', fingerprint: next.fingerprint, replaces: signer.fingerprint },
    ]);
    expect(verify(path)).toMatchObject({ ok: true });
    expect(verify(path, { keys: [signer.fingerprint] }).problem).toMatchObject({ fault: 'foreign-key' });
    expect(verify(path, { keys: [signer.fingerprint, next.fingerprint] }).ok).toBe(true);
  });

  it('of the window and that of the command are two, and neither is lost', () => {
    const path = makeJournal(signer);
    const windows = newSigner('os');
    for (const key of [windows, signer, windows]) open(path, () => key);
    expect(kinds(path)).toMatchObject([{ what: 'made' }, { what: 'made', fingerprint: windows.fingerprint }]);
  });

  it('that cannot be had does not stop the record, which says so until there is one again', () => {
    const path = makeJournal(signer);
    const none = (): never => {
      throw new StationError('station/key-store', { detail: 'other users may read it' });
    };
    open(path, none);
    {
      using journal = openJournal(path, { ...options(), signer: none });
      for (const event of jobEvents({ job: 'J9' })) journal.append(event);
    }
    expect(kinds(path)).toMatchObject([
      { what: 'made' },
      { what: 'missing', fingerprint: null, replaces: signer.fingerprint },
    ]);
    expect(verify(path)).toMatchObject({ ok: true });
    // Who knows the key takes no verdict without it.
    expect(verify(path, { keys: [signer.fingerprint] }).problem).toMatchObject({ fault: 'unsigned' });
    open(path, () => signer);
    expect(kinds(path).at(-1)).toMatchObject({ what: 'made', fingerprint: signer.fingerprint });
    // Nor later, under a signature that covers it: it is told for ever.
    expect(verify(path, { keys: [signer.fingerprint] }).problem).toMatchObject({
      seq: ROWS + 7,
      fault: 'unsigned',
    });
    expect(verify(path)).toMatchObject({ ok: true });
    expect(verify(path).notes.join()).toContain(`The verdict in row ${ROWS + 7} was not signed`);
  });

  it('vouches for no verdict that somebody added without it, however the station goes on', () => {
    const path = makeJournal(signer);
    const forged = (job: string): void => {
      {
        // Somebody with the file and without the key.
        using journal = openJournal(path, options());
        journal.append({
          kind: 'station-key',
          what: 'missing',
          fingerprint: null,
          publicKey: null,
          protection: 'none',
          replaces: signer.fingerprint,
          detail: 'x',
        });
        for (const event of jobEvents({ job, identity: { mac: macOf(9) } })) journal.append(event);
      }
      // The station, as every day.
      using journal = openJournal(path, { ...options(), signer: () => signer });
      journal.append(OPENED);
      for (const event of jobEvents({ job: `AFTER-${job}`, identity: { mac: macOf(8) } }))
        journal.append(event);
    };
    const verdictOf = (job: string): number => {
      using journal = openJournal(path, options());
      return journal.events(job).at(-1)!.seq;
    };
    forged('FORGED');
    const row = verdictOf('FORGED');
    expect(verify(path, { keys: [signer.fingerprint] })).toMatchObject({
      ok: false,
      problem: {
        seq: row,
        fault: 'unsigned',
        text: expect.stringContaining(`verdict in row ${row}`) as string,
      },
    });
    expect(verify(path).notes).toContainEqual(expect.stringContaining(`verdict in row ${row}`));
    forged('AGAIN');
    const again = verdictOf('AGAIN');
    expect(verify(path, { keys: [signer.fingerprint] }).problem?.text).toContain('and 1 more');
    using journal = openJournal(path, options());
    const told = [...journal.entries()].flatMap(({ event }) =>
      event.kind === 'verdicts-unsigned' ? [event] : [],
    );
    expect(told).toMatchObject([
      { rows: [row], count: 1 },
      { rows: [again], count: 1 },
    ]);
  });

  it('names what it finds unsigned before it signs anything, also where nobody said that it was missing', () => {
    const path = makeJournal(signer);
    {
      using journal = openJournal(path, options());
      journal.append(jobEvents({ job: 'FORGED' }).at(-1)!);
    }
    for (let time = 0; time < 2; time++) open(path, () => signer);
    using journal = openJournal(path, options());
    expect([...journal.entries(ROWS + 1)].map(({ event }) => event)).toMatchObject([
      { kind: 'verdicts-unsigned', rows: [ROWS + 1], count: 1 },
      { kind: 'head-signed' },
    ]);
    expect(verify(path).problem).toMatchObject({ seq: ROWS + 1, fault: 'unsigned' });
  });
});

describe('a clock that jumps back', () => {
  it('is recorded, while the station runs and while it is closed; one that only drifts is not', () => {
    const path = join(makeHome(), 'journal.db');
    const clock = new TestClock();
    {
      using journal = openJournal(path, options(clock));
      journal.append(OPENED);
      clock.pass(5000);
      clock.wall -= 900;
      journal.append(OPENED);
      clock.pass(5000);
      clock.wall -= 3_600_000;
      journal.append(OPENED);
      clock.wall += 7_200_000;
      journal.append(OPENED);
    }
    clock.wall -= 60_000;
    clock.steady = 5;
    using journal = openJournal(path, options(clock));
    journal.append(OPENED);
    const told = [...journal.entries()].map(({ event }) => event);
    expect(told.map(({ kind }) => kind)).toEqual([
      'station-opened',
      'station-opened',
      'clock-jumped',
      'station-opened',
      'station-opened',
      'clock-jumped',
      'station-opened',
    ]);
    expect(told[2]).toMatchObject({
      while: 'running',
      from: '2026-11-21T08:00:09.100Z',
      to: '2026-11-21T07:00:09.100Z',
    });
    expect(told[5]).toMatchObject({ while: 'closed' });
  });
});
