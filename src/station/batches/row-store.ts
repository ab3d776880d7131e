import type { RowResult, RowStore, RunRow } from '../../flows/preauthorize/row.ts';
import type { BatchRunSpan, Journal, SendQuery } from '../../journal/index.ts';
import type { BatchId, BatchRowState, RowOutcome } from '../../model/batch.ts';
import type { RecordedOutcome } from '../../model/batch-event.ts';

/** Rows that stand in one event, as those of the import do. */
export const ROWS_AN_EVENT = 500;

/** The rows of a batch for one run, kept in the journal. */
export class JournalRows implements RowStore {
  readonly #journal: Journal;
  readonly #batch: BatchId;
  readonly #run: string;
  readonly #query: SendQuery;
  readonly #earlier: readonly BatchRunSpan[];
  /** Failed rows that are tried again, until they have their new outcome: few at a time. */
  readonly #failedBefore = new Map<number, RowOutcome>();

  constructor(journal: Journal, batch: BatchId, run: string, query: SendQuery) {
    this.#journal = journal;
    this.#batch = batch;
    this.#run = run;
    this.#query = query;
    this.#earlier = journal.batches.runsAt(batch, query.serverUrl).filter((one) => one.run !== run);
  }

  rows(after: number, limit: number): readonly RunRow[] {
    const states = this.#journal.batches.rowsToSend(this.#batch, this.#query, after, limit);
    for (const { line, outcome } of states) if (outcome !== 'pending') this.#failedBefore.set(line, outcome);
    return states.flatMap((state) => toRunRow(state, this.#earlier));
  }

  /** What a row was until now; asked once, when it has its outcome. */
  takeBefore(line: number): RowOutcome {
    const before = this.#failedBefore.get(line) ?? 'pending';
    this.#failedBefore.delete(line);
    return before;
  }

  record(results: readonly RowResult[], intended: readonly RunRow[]): void {
    const [batch, run] = [this.#batch, this.#run];
    const outcomes = results.map(toRecorded);
    const lines = intended.map(({ line }) => line);
    this.#journal.appendTogether([
      ...chunks(outcomes).map((some) => ({ kind: 'batch-outcomes' as const, batch, run, outcomes: some })),
      ...chunks(lines).map((some) => ({ kind: 'batch-intent' as const, batch, run, lines: some })),
    ]);
  }

  release(rows: readonly RunRow[]): void {
    const [batch, run] = [this.#batch, this.#run];
    const { batches } = this.#journal;
    // What they had before they were announced: for most of them nothing.
    const outcomes = rows.flatMap(({ line }) => batches.row(batch, line) ?? []).map(toRecorded);
    this.#journal.appendTogether(
      chunks(outcomes).map((some) => ({ kind: 'batch-outcomes' as const, batch, run, outcomes: some })),
    );
  }
}

function chunks<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / ROWS_AN_EVENT) }, (_, at) =>
    all.slice(at * ROWS_AN_EVENT, (at + 1) * ROWS_AN_EVENT),
  );
}

/** A row's outcome as it is written down. */
export function toRecorded({
  line,
  outcome,
  deviceId,
  error,
}: Pick<BatchRowState, 'line' | 'outcome' | 'deviceId' | 'error'>): RecordedOutcome {
  return {
    line,
    outcome,
    ...(deviceId === null ? {} : { deviceId }),
    ...(error === null ? {} : { error }),
  };
}

function toRunRow(
  { line, identity, key, fingerprint, tier, sentAt }: BatchRowState,
  runs: readonly BatchRunSpan[],
): readonly RunRow[] {
  if (key === null || fingerprint === null) return [];
  const first = sentAt === null ? Infinity : Date.parse(sentAt);
  const sent = runs
    .filter(({ until }) => until >= first)
    .map(({ from, until }) => ({ from: Math.max(from, first), until }));
  return [{ line, identity, key, fingerprint, tier, sent }];
}
