import { FAILED_OUTCOMES } from '../model/batch.ts';
import type { Database } from './database.ts';

/** SQL's list of the outcomes that are failures. */
export const FAILED = FAILED_OUTCOMES.map((outcome) => `'${outcome}'`).join(', ');

/** The tables of failed rows, with the order in which rows are compared. */
export const FORMER_TABLES: Readonly<Record<string, string>> = { p_batch_former: 'batch, line' };

export const FORMER_SCHEMA = `
  -- Rows that failed and came again in another batch, which has them now: their keys are given to no other board.
  CREATE TABLE p_batch_former (
    batch INTEGER NOT NULL, line INTEGER NOT NULL, identity TEXT NOT NULL, fingerprint TEXT,
    PRIMARY KEY (batch, line)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX p_batch_former_key ON p_batch_former (fingerprint) WHERE fingerprint IS NOT NULL;
`;

/**
 * SQL: whether the row `r` of the batch `b` may come again in another batch. A server said that it does not take it, and
 * nothing of it is anywhere: no board, no job, no device in use, no call under way, no other bench that has it.
 */
export const REPLACEABLE = `(
  b.removed = 0 AND b.share IS NULL AND r.outcome IN (${FAILED})
  AND r.unit_job IS NULL AND r.kept_url IS NULL AND r.share IS NULL
  AND NOT EXISTS (SELECT 1 FROM p_batch_flight AS f WHERE f.batch = r.batch AND f.line = r.line)
  AND NOT EXISTS (SELECT 1 FROM p_job AS j
    WHERE j.identity = r.identity AND j.batch = b.id AND (j.ended_seq IS NULL OR j.interrupted = 1))
)`;

/** Rows are another batch's from now on. */
export function projectReplaced(database: Database, batch: number, lines: readonly number[]): void {
  for (const line of lines) {
    database.run(
      `INSERT INTO p_batch_former
       SELECT batch, line, identity, fingerprint FROM p_batch_row WHERE batch = ? AND line = ?`,
      batch,
      line,
    );
    const gone = database.run('DELETE FROM p_batch_row WHERE batch = ? AND line = ?', batch, line);
    if (gone === 1) database.run('UPDATE p_batch SET rows = rows - 1 WHERE batch = ?', batch);
  }
}
