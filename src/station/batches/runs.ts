import { randomUUID } from 'node:crypto';
import type { BatchRunView, BatchView } from '../../contract/batches.ts';
import type { BatchOutcomeView, PreauthorizeReport, TakeBackReport } from '../../contract/preauthorize.ts';
import type { CallParams } from '../../contract.ts';
import { preauthorizeRows, type RunEnd } from '../../flows/preauthorize/run.ts';
import type { BatchId, BatchRecord, BatchRowState } from '../../model/batch.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { REHEARSAL } from '../../rehearsal/bench.ts';
import type { Room } from '../../servers/preauthorization.ts';
import { batchNamed } from './named.ts';
import { preauthorizationAt, recordRun, unlessStopped, type BatchRunsParts } from './run-parts.ts';
import { JournalRows, ROWS_AN_EVENT, toRecorded } from './row-store.ts';
import { RunProgress } from './run-progress.ts';
import { takeBackAt } from './taking-back.ts';
import { batchView } from './views.ts';

/** Progress is told so often at most, in milliseconds. */
const TELL_MS = 250;
/** So many of what is listed in a report. */
const LISTED = 100;

interface LiveRun {
  readonly batch: BatchRecord;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
  progress: RunProgress | null;
  /** What it was asked to end as. */
  as: 'paused' | 'cancelled';
}

/** What goes on at servers with batches in this process: one thing at a time for each. */
export class BatchRuns implements AsyncDisposable {
  readonly #parts: BatchRunsParts;
  readonly #live = new Map<BatchId, LiveRun>();

  constructor(parts: BatchRunsParts) {
    this.#parts = parts;
  }

  /** The run of a batch in this process. */
  view(batch: BatchRecord): BatchRunView | null {
    return this.#live.get(batch.id)?.progress?.view() ?? null;
  }

  /** Whether something goes on with a batch: from the first look at its server on, which no view shows yet. */
  has(batch: BatchRecord): boolean {
    return this.#live.has(batch.id);
  }

  /** @throws StationError `batch/...`, `station/not-supported`, `server/...` of the session; `journal/...`. */
  preauthorize(params: CallParams<'batch.preauthorize'>, signal: AbortSignal): Promise<PreauthorizeReport> {
    const batch = this.#batch(params.name);
    if (batch.kind !== 'keys') throw new StationError('batch/no-keys', { batch: batch.name });
    return this.#alone(batch, signal, (live) => this.#preauthorize(batch, live, params));
  }

  /** @throws StationError as `preauthorize` does. */
  takeBack(params: CallParams<'batch.take-back'>, signal: AbortSignal): Promise<TakeBackReport> {
    const batch = this.#batch(params.name);
    return this.#alone(batch, signal, ({ stop: { signal: stop } }) =>
      takeBackAt(batch, params, stop, this.#parts),
    );
  }

  /** Ends a run after what is under way. A batch without one is left as it is. */
  stop(name: string, as: 'paused' | 'cancelled'): void {
    const live = this.#live.get(this.#batch(name).id);
    if (live === undefined) return;
    live.as = as;
    live.progress?.stopping();
    live.stop.abort();
    this.#tell(live);
  }

  /** Ends every run, to be resumed. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const live of this.#live.values()) live.stop.abort();
    await Promise.allSettled([...this.#live.values()].map(({ ended }) => ended));
  }

  #batch(name: string): BatchRecord {
    return batchNamed(this.#parts.record, name);
  }

  async #alone<T>(batch: BatchRecord, signal: AbortSignal, work: (live: LiveRun) => Promise<T>): Promise<T> {
    if (this.has(batch)) throw new StationError('batch/running', { batch: batch.name });
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    const live: LiveRun = { batch, stop: new AbortController(), ended, progress: null, as: 'paused' };
    const abort = (): void => {
      live.as = 'cancelled';
      live.progress?.stopping();
      live.stop.abort();
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.#live.set(batch.id, live);
    try {
      return await work(live);
    } finally {
      signal.removeEventListener('abort', abort);
      this.#live.delete(batch.id);
      resolve(undefined);
      const now = this.#parts.record.reader.batches.byId(batch.id);
      if (now !== null) this.#parts.tell({ type: 'batch', batch: batchView(now, null) });
    }
  }

  async #preauthorize(
    batch: BatchRecord,
    live: LiveRun,
    { server: serverName, resume, retry, forceRekey, ignoreLimit }: CallParams<'batch.preauthorize'>,
  ): Promise<PreauthorizeReport> {
    const { clock, record, tell } = this.#parts;
    const began = clock.monotonic();
    const profile = this.#parts.profile(serverName);
    const query = { serverUrl: profile.url, retry };
    const left = record.reader.batches.countToSend(batch.id, query);
    refuseOther(batch, profile, left.rows, resume);
    const reached = await unlessStopped(live.stop.signal, async (signal) => {
      const found = await preauthorizationAt(serverName, this.#parts, signal);
      return { server: found, room: await found.room(signal) };
    });
    const report = {
      batch: batch.name,
      server: serverName,
      room: reached?.room ?? null,
    };
    if (reached === null)
      return {
        ...report,
        state: live.as,
        reason: null,
        counts: batch.counts,
        done: 0,
        unsettled: [],
        elapsedMs: Math.round(clock.monotonic() - began),
      };
    const { server, room } = reached;
    if (!ignoreLimit) refuseTooMany(serverName, room, left.needed);
    const journal = record.writer();
    const run = randomUUID();
    recordRun(batch, run, profile, 'begun', this.#parts);
    this.#leaveOut(batch, run, profile);
    const progress = new RunProgress(clock, journal.batches.byId(batch.id) ?? batch, serverName, left.rows);
    live.progress = progress;
    this.#tell(live);
    const store = new JournalRows(journal, batch.id, run, query);
    let toldAt = -Infinity;
    const tellSometimes = (): void => {
      const now = clock.monotonic();
      if (now - toldAt < TELL_MS) return;
      toldAt = now;
      this.#tell(live);
    };
    const end = await preauthorizeRows({
      server,
      serverName,
      store,
      clock,
      force: forceRekey,
      stop: live.stop.signal,
      onRecorded: (results) => {
        progress.add(results, (line) => store.takeBefore(line));
        tell({ type: 'batch-outcomes', name: batch.name, rows: results });
        tellSometimes();
      },
      onHold: (ms) => {
        progress.holds(ms);
        tellSometimes();
      },
    });
    const state = stateOf(end, live);
    recordRun(batch, run, profile, state, this.#parts);
    return {
      ...report,
      state,
      reason: end.reason?.toReport() ?? null,
      counts: record.reader.batches.counts(batch.id),
      done: progress.done,
      unsettled: end.unsettled.slice(0, LISTED).map(({ line, error }) => ({ line, error: error.toReport() })),
      elapsedMs: Math.round(clock.monotonic() - began),
    };
  }

  /** A unit that is in use at another server, or has another key, is not sent here in silence: its row says so. */
  #leaveOut(batch: BatchRecord, run: string, { url }: ServerProfile): void {
    const { batches } = this.#parts.record.reader;
    this.#refuse(
      batch,
      run,
      () => batches.keptElsewhere(batch.id, url, ROWS_AN_EVENT),
      ({ kept }) =>
        new StationError('batch/kept-elsewhere', {
          server: kept?.server ?? '',
          device: kept?.deviceId ?? '',
          batch: batch.name,
        }),
    );
    this.#refuse(
      batch,
      run,
      () => batches.withOtherKeys(batch.id, ROWS_AN_EVENT),
      () => new StationError('batch/former-key', {}),
    );
  }

  /** Gives rows their verdict until there are none of them any more. */
  #refuse(
    batch: BatchRecord,
    run: string,
    some: () => readonly BatchRowState[],
    why: (row: BatchRowState) => StationError,
  ): void {
    const journal = this.#parts.record.writer();
    for (let rows = some(); rows.length > 0; rows = some()) {
      const outcomes = rows.map((row): BatchOutcomeView => {
        const { line, identity } = row;
        return { line, identity, outcome: 'conflict', deviceId: null, error: why(row).toReport() };
      });
      journal.append({ kind: 'batch-outcomes', batch: batch.id, run, outcomes: outcomes.map(toRecorded) });
      this.#parts.tell({ type: 'batch-outcomes', name: batch.name, rows: outcomes });
    }
  }

  #tell({ batch, progress }: LiveRun): void {
    if (progress === null) return;
    const run = progress.view();
    const view: BatchView = { ...batchView(batch, run), server: run.server, counts: run.counts };
    this.#parts.tell({ type: 'batch', batch: view });
  }
}

function stateOf({ state, reason, unsettled }: RunEnd, live: LiveRun): PreauthorizeReport['state'] {
  if (state === 'ended') return unsettled.length === 0 ? 'ended' : 'paused';
  return reason === null ? live.as : 'paused';
}

/** A batch is at one server; and a run that was not finished is gone on with on purpose. */
function refuseOther(batch: BatchRecord, profile: ServerProfile, left: number, resume: boolean): void {
  const { run, name } = batch;
  // With the rehearsal's server everything that was sent there is gone, and the batch would be bound to it.
  if (profile.name === REHEARSAL) throw new StationError('batch/simulated', { name });
  if (run === null || run.state === 'taken-back') return;
  if (run.serverUrl !== profile.url)
    throw new StationError('batch/other-server', { batch: name, server: run.server });
  if (!resume && left > 0 && (run.state === 'begun' || run.state === 'paused'))
    throw new StationError('batch/begun', { batch: name, server: profile.name, rows: left });
}

/** @throws StationError `batch/over-limit`: devices beyond the limit are preauthorized all the same, and then refused. */
function refuseTooMany(server: string, { limit, accepted, preauthorized }: Room, rows: number): void {
  if (limit === null) return;
  const room = Math.max(0, limit - accepted - preauthorized);
  if (rows > room)
    throw new StationError('batch/over-limit', { server, room, limit, accepted, preauthorized, rows });
}
