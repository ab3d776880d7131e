import type { RowResult, RowStore, RunRow } from '../../flows/preauthorize/row.ts';
import type { Journal } from '../../journal/index.ts';
import type { BatchId, BatchRowState, RowOutcome } from '../../model/batch.ts';

/** Rows that stand in one event, as those of the import do. */
const ROWS_AN_EVENT = 500;

/** The rows of a batch for one run, kept in the journal. */
export class JournalRows implements RowStore {
  readonly #journal: Journal;
  readonly #batch: BatchId;
  readonly #run: string;
  readonly #retry: boolean;
  /** Failed rows that are tried again, until they have their new outcome: few at a time. */
  readonly #failedBefore = new Map<number, RowOutcome>();

  constructor(journal: Journal, batch: BatchId, run: string, retry: boolean) {
    this.#journal = journal;
    this.#batch = batch;
    this.#run = run;
    this.#retry = retry;
  }

  rows(after: number, limit: number): readonly RunRow[] {
    const states = this.#journal.batches.rowsToSend(this.#batch, this.#retry, after, limit);
    for (const { line, outcome } of states) if (outcome !== 'pending') this.#failedBefore.set(line, outcome);
    return states.flatMap(toRunRow);
  }

  /** What a row was until now; asked once, when it has its outcome. */
  takeBefore(line: number): RowOutcome {
    const before = this.#failedBefore.get(line) ?? 'pending';
    this.#failedBefore.delete(line);
    return before;
  }

  record(results: readonly RowResult[], intended: readonly RunRow[]): void {
    const [batch, run] = [this.#batch, this.#run];
    const outcomes = results.map(({ line, outcome, deviceId, error }) => ({
      line,
      outcome,
      ...(deviceId === null ? {} : { deviceId }),
      ...(error === null ? {} : { error }),
    }));
    const lines = intended.map(({ line }) => line);
    this.#journal.appendTogether([
      ...chunks(outcomes).map((some) => ({ kind: 'batch-outcomes' as const, batch, run, outcomes: some })),
      ...chunks(lines).map((some) => ({ kind: 'batch-intent' as const, batch, run, lines: some })),
    ]);
  }
}

function chunks<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / ROWS_AN_EVENT) }, (_, at) =>
    all.slice(at * ROWS_AN_EVENT, (at + 1) * ROWS_AN_EVENT),
  );
}

function toRunRow({ line, identity, key, fingerprint, tier, sentAt }: BatchRowState): readonly RunRow[] {
  if (key === null || fingerprint === null) return [];
  const intendedAt = sentAt === null ? null : Date.parse(sentAt);
  return [{ line, identity, key, fingerprint, tier, intendedAt }];
}
