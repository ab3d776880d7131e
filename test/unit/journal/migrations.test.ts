import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/journal/canonical-json.ts';
import { chainHash, GENESIS } from '../../../src/journal/chain.ts';
import { Database } from '../../../src/journal/database.ts';
import { openJournal, readJournal } from '../../../src/journal/index.ts';
import { JOURNAL_VERSION, migrate, MIGRATIONS } from '../../../src/journal/migrations.ts';
import { atOnce } from '../../../src/journal/turns.ts';
import { jobEvents, makeHome, OPENED, options, refusal } from './fixtures.ts';

/** How the data of a test gets into a journal of each format, with SQL that only that format knows. */
const FILL: Readonly<Record<number, (raw: DatabaseSync) => void>> = {
  0: () => undefined,
  1: (raw) => {
    const insert = raw.prepare('INSERT INTO event (seq, body) VALUES (?, ?)');
    [OPENED, ...jobEvents({ job: 'J1' })].forEach((event, index) => {
      const seq = index + 1;
      const at = '2026-11-21T08:00:00.000Z';
      insert.run(seq, canonicalJson({ at, event, monotonicMs: seq, seq, station: 'ST-1' }));
    });
  },
  2: (raw) => {
    const insert = raw.prepare('INSERT INTO event (seq, body, hash) VALUES (?, ?, ?)');
    let hash = GENESIS;
    [OPENED, ...jobEvents({ job: 'J1' })].forEach((event, index) => {
      const seq = index + 1;
      const at = '2026-11-21T08:00:00.000Z';
      const body = canonicalJson({ at, event, monotonicMs: seq, seq, station: 'ST-1' });
      hash = chainHash(hash, body);
      insert.run(seq, body, hash);
    });
  },
};

describe('migrations', () => {
  it('are numbered from 1 without a gap', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  for (let from = 0; from <= JOURNAL_VERSION; from++)
    it(`bring a journal of format ${from} up with its data`, () => {
      const path = join(makeHome(), 'journal.db');
      {
        using database = new Database(path);
        migrate(database, from);
        expect(database.pragma('user_version')).toBe(from);
      }
      {
        using raw = new DatabaseSync(path);
        FILL[from]!(raw);
      }
      using journal = openJournal(path, options());
      expect(journal.list().map(({ job }) => job)).toEqual(from === 0 ? [] : ['J1']);
      expect(atOnce(journal.verifying())).toMatchObject({ ok: true, problem: null });
      const next = journal.lastSeq() + 1;
      expect(journal.append(OPENED).seq).toBe(next);
    });

  it('do nothing to a journal of this format', () => {
    const path = join(makeHome(), 'journal.db');
    openJournal(path, options()).close();
    using database = new Database(path);
    const schema = database.all('SELECT sql FROM sqlite_schema ORDER BY name');
    migrate(database);
    expect(database.all('SELECT sql FROM sqlite_schema ORDER BY name')).toEqual(schema);
  });
});

describe('a file that is no journal of ours', () => {
  it('of a newer format is refused and left as it is, for writing and for reading', () => {
    const home = makeHome();
    const path = join(home, 'journal.db');
    openJournal(path, options()).close();
    {
      using raw = new DatabaseSync(path);
      raw.exec(`PRAGMA user_version = ${JOURNAL_VERSION + 1}`);
    }
    copyFileSync(path, `${path}.before`);
    const newer = new RegExp(`^journal/newer: .*format ${JOURNAL_VERSION + 1}`);
    expect(refusal(() => openJournal(path, options()))).toMatch(newer);
    expect(refusal(() => readJournal(path, options()))).toMatch(newer);
    using after = new DatabaseSync(path);
    using before = new DatabaseSync(`${path}.before`);
    const schema = 'SELECT sql FROM sqlite_schema ORDER BY name';
    expect(after.prepare(schema).all()).toEqual(before.prepare(schema).all());
  });

  it('but garbage, or another program’s database, is refused', () => {
    const garbage = join(makeHome(), 'journal.db');
    writeFileSync(garbage, 'not a database, whatever its name says\n'.repeat(200));
    const damaged = /^journal\/unusable: .*damaged/;
    expect(refusal(() => openJournal(garbage, options()))).toMatch(damaged);
    expect(refusal(() => readJournal(garbage, options()))).toMatch(damaged);

    const foreign = join(makeHome(), 'journal.db');
    {
      using raw = new DatabaseSync(foreign);
      raw.exec('CREATE TABLE cookies (a)');
    }
    expect(refusal(() => openJournal(foreign, options()))).toMatch(/^journal\/unusable: .*another program/);
  });
});
