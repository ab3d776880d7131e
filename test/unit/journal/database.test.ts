import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../src/journal/database.ts';
import { makeHome, refusal } from './fixtures.ts';

describe('database', () => {
  it('syncs its log at every commit once it is durable', () => {
    using database = new Database(join(makeHome(), 'x.db'));
    database.makeDurable();
    expect(database.pragma('journal_mode')).toBe('wal');
    // 2 is FULL: at 1 (NORMAL) a power cut takes the last commits.
    expect(database.pragma('synchronous')).toBe(2);
    expect(database.pragma('fullfsync')).toBe(1);
  });

  it('writes all of a transaction or nothing', () => {
    using database = new Database(join(makeHome(), 'x.db'));
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT');
    expect(() =>
      database.write(() => {
        database.run('INSERT INTO t VALUES (1)');
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(database.all('SELECT * FROM t')).toEqual([]);
    database.write(() => database.run('INSERT INTO t VALUES (2)'));
    expect(database.all('SELECT a FROM t')).toEqual([{ a: 2 }]);
  });

  it('lets go of a table when a walk over it is left early', () => {
    using database = new Database(join(makeHome(), 'x.db'));
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1), (2), (3)');
    for (const row of database.walk('SELECT a FROM t')) if (row['a'] === 1) break;
    database.exec('DROP TABLE t');
    expect(refusal(() => database.all('SELECT * FROM t'))).toMatch(/^journal\/unusable: .*no such table/);
  });
});
