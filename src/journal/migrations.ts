import { StationError } from '../model/station-error.ts';
import { chainHash, GENESIS } from './chain.ts';
import type { Database } from './database.ts';

/** `STNJ`: tells the station's journal from other SQLite files. */
const APPLICATION_ID = 0x53544e4a;

interface Migration {
  readonly version: number;
  readonly up: string;
  /** What SQL alone cannot do, between `up` and `finish`. */
  readonly fill?: (database: Database) => void;
  readonly finish?: string;
}

/**
 * The journal's formats, oldest first. A migration that was released is never edited; a new format is a new row.
 *
 * `body` is the whole entry as canonical JSON, stored as it was made: the other columns are generated from it, so that
 * no two of them can disagree and a hash over `body` covers all of a row. Numbers run without a gap, which the insert trigger
 * holds (it also keeps `INSERT OR REPLACE` from slipping past the delete trigger).
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    up: `
      CREATE TABLE event (
        seq INTEGER PRIMARY KEY,
        body TEXT NOT NULL CHECK (json_extract(body, '$.seq') = seq),
        at TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.at')) STORED,
        monotonic_ms INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.monotonicMs')) STORED,
        station TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.station')) STORED,
        kind TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.event.kind')) STORED,
        job TEXT GENERATED ALWAYS AS (
          coalesce(json_extract(body, '$.event.job'), json_extract(body, '$.event.result.job'))
        ) STORED
      ) STRICT;
      CREATE INDEX event_job ON event (job, seq) WHERE job IS NOT NULL;
      CREATE TRIGGER event_in_order BEFORE INSERT ON event
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
        BEGIN SELECT RAISE(ABORT, 'events are numbered without a gap'); END;
      CREATE TRIGGER event_no_update BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
      CREATE TRIGGER event_no_delete BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    `,
  },
  {
    // Every row has its hash; rows from before are chained from the first one on.
    version: 2,
    up: `
      CREATE TABLE chained (
        seq INTEGER PRIMARY KEY,
        body TEXT NOT NULL CHECK (json_extract(body, '$.seq') = seq),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        at TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.at')) STORED,
        monotonic_ms INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.monotonicMs')) STORED,
        station TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.station')) STORED,
        kind TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.event.kind')) STORED,
        job TEXT GENERATED ALWAYS AS (
          coalesce(json_extract(body, '$.event.job'), json_extract(body, '$.event.result.job'))
        ) STORED
      ) STRICT;
    `,
    fill: (database) => {
      let previous = GENESIS;
      for (const { seq, body } of database.walk('SELECT seq, body FROM event ORDER BY seq')) {
        previous = chainHash(previous, String(body));
        database.run(
          'INSERT INTO chained (seq, body, hash) VALUES (?, ?, ?)',
          Number(seq),
          String(body),
          previous,
        );
      }
    },
    finish: `
      DROP TABLE event;
      ALTER TABLE chained RENAME TO event;
      CREATE INDEX event_job ON event (job, seq) WHERE job IS NOT NULL;
      CREATE TRIGGER event_in_order BEFORE INSERT ON event
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM event)
        BEGIN SELECT RAISE(ABORT, 'events are numbered without a gap'); END;
      CREATE TRIGGER event_no_update BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
      CREATE TRIGGER event_no_delete BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    `,
  },
];

export const JOURNAL_VERSION = MIGRATIONS.at(-1)?.version ?? 0;

/**
 * The journal's format; 0 for an empty file.
 *
 * @throws StationError `journal/newer`; `journal/unusable` for a file that is not a journal.
 */
export function journalVersion(database: Database): number {
  const version = Number(database.pragma('user_version'));
  const application = Number(database.pragma('application_id'));
  const foreign =
    application !== APPLICATION_ID &&
    (application !== 0 || version !== 0 || database.first('SELECT 1 FROM sqlite_schema') !== undefined);
  if (foreign)
    throw new StationError('journal/unusable', {
      path: database.path,
      detail: 'it is another program’s database',
    });
  if (version > JOURNAL_VERSION) throw new StationError('journal/newer', { path: database.path, version });
  return version;
}

/** Brings the journal to the format `target`, each step whole or not at all. */
export function migrate(database: Database, target: number = JOURNAL_VERSION): void {
  for (const { version, up, fill, finish } of MIGRATIONS) {
    if (version > target) return;
    database.write(() => {
      if (journalVersion(database) >= version) return;
      database.exec(up);
      fill?.(database);
      if (finish !== undefined) database.exec(finish);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version};`);
    });
  }
}
