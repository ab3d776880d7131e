import type { Clock } from '../../model/clock.ts';
import { asStationError, type StationError } from '../../model/station-error.ts';
import type { Identity } from '../../model/identity.ts';
import type { ErrorReport } from '../../model/job.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import type { Preauthorization, Removal } from '../../servers/preauthorization.ts';
import { isPassing, PacedCalls } from './calls.ts';

/** A row that this batch created. */
export interface CreatedRow {
  readonly line: number;
  readonly identity: Identity;
  readonly fingerprint: KeyFingerprint;
  readonly deviceId: string;
}

/** What became of it. */
export interface TakenBack {
  readonly line: number;
  readonly identity: Identity;
  readonly outcome: Removal | 'failed';
  readonly deviceId: string;
  readonly error: ErrorReport | null;
}

export interface TakeBackOptions {
  readonly server: Preauthorization;
  readonly serverName: string;
  readonly clock: Clock;
  /** Rows after a line, in the order of their lines. */
  readonly rows: (after: number, limit: number) => readonly CreatedRow[];
  /** Only look. */
  readonly dryRun: boolean;
  readonly stop: AbortSignal;
  /** Told in chunks of what was done at the server. */
  readonly record: (rows: readonly TakenBack[]) => void;
}

const CHUNK = 250;
/** Removals under way at once: each is three calls, and nobody waits for them. */
const AT_ONCE = 8;
const TRIES = 5;
const PAUSE_MS = 1000;

/**
 * Removes from a server what a batch created there and nobody used: each device is looked at right before, and holds
 * nothing but the row's key, preauthorized, or it stays. Whatever cuts this, running it again does the rest: a device that
 * is gone already is no error.
 *
 * @returns why it could not go on; null where it came to its end or was asked to stop.
 */
export async function takeBackRows(options: TakeBackOptions): Promise<StationError | null> {
  const { rows, record, stop } = options;
  const calls = new PacedCalls({ ...options, concurrency: AT_ONCE });
  for (let line = 0; !stop.aborted;) {
    const chunk = rows(line, CHUNK);
    const last = chunk.at(-1);
    if (last === undefined) return null;
    line = last.line;
    const { done, reason } = await takeBackChunk(chunk, options, calls);
    if (done.length > 0) record(done);
    if (reason !== null) return reason;
  }
  return null;
}

async function takeBackChunk(
  chunk: readonly CreatedRow[],
  options: TakeBackOptions,
  calls: PacedCalls,
): Promise<{ readonly done: readonly TakenBack[]; readonly reason: StationError | null }> {
  const { stop } = options;
  const done: TakenBack[] = [];
  const failures: StationError[] = [];
  const queue = [...chunk];
  const work = async (): Promise<void> => {
    for (let row = queue.shift(); row !== undefined && failures.length === 0; row = queue.shift()) {
      try {
        done.push(await takeBack(row, options, calls));
      } catch (thrown) {
        // Asked to stop, it leaves its rows as they are.
        if (thrown === stop.reason) return;
        failures.push(asStationError(thrown));
      }
    }
  };
  await Promise.all(Array.from({ length: calls.most }, work));
  return { done: done.toSorted((a, b) => a.line - b.line), reason: failures[0] ?? null };
}

async function takeBack(
  row: CreatedRow,
  { server, dryRun, stop, clock }: TakeBackOptions,
  calls: PacedCalls,
): Promise<TakenBack> {
  const { line, identity, deviceId, fingerprint } = row;
  const never = new AbortController().signal;
  for (let tries = 1; ; tries += 1) {
    try {
      // Once begun it comes to its end, so that what was removed is recorded.
      const outcome = await calls.make(stop, () =>
        dryRun
          ? server.wouldRemove(deviceId, fingerprint, never)
          : server.removeUnused(deviceId, fingerprint, never),
      );
      return { line, identity, outcome, deviceId, error: null };
    } catch (thrown) {
      const error = asStationError(thrown);
      if (!isPassing(error)) throw thrown;
      if (tries >= TRIES) {
        if (error.code === 'server/unreachable' || error.code === 'server/timeout') throw error;
        return { line, identity, outcome: 'failed', deviceId, error: error.toReport() };
      }
      await clock.sleep(PAUSE_MS * tries, stop);
    }
  }
}
