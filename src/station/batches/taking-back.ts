import type { CallParams } from '../../contract.ts';
import type { TakeBackOutcome, TakeBackReport } from '../../contract/preauthorize.ts';
import { takeBackRows, type TakenBack } from '../../flows/preauthorize/take-back.ts';
import type { BatchRecord } from '../../model/batch.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { preauthorizationAt, recordRun, unlessStopped, type BatchRunsParts } from './run-parts.ts';
import { ROWS_AN_EVENT } from './row-store.ts';

/**
 * Takes back what a batch created at a server and nobody used; once that is all, the batch may go to another one.
 *
 * @throws StationError `batch/...`, `station/not-supported`, `server/...` of the session; `journal/...`.
 */
export async function takeBackAt(
  batch: BatchRecord,
  { server: serverName, dryRun }: Pick<CallParams<'batch.take-back'>, 'server' | 'dryRun'>,
  stop: AbortSignal,
  parts: BatchRunsParts,
): Promise<TakeBackReport> {
  const { clock, record, tell } = parts;
  const began = clock.monotonic();
  const elapsedMs = (): number => Math.round(clock.monotonic() - began);
  const profile = parts.profile(serverName);
  const { run, isHere, inFlight } = standing(batch, profile, parts);
  const counts: Record<TakeBackOutcome, number> = { removed: 0, gone: 0, used: 0, failed: 0 };
  const report = { batch: batch.name, server: serverName, dryRun, counts, inFlight };
  const server = await unlessStopped(stop, (signal) => preauthorizationAt(serverName, parts, signal));
  if (server === null) return { ...report, state: 'stopped', reason: null, elapsedMs: elapsedMs() };
  const { batches } = record.writer();
  const reason = await takeBackRows({
    server,
    serverName,
    clock,
    dryRun,
    stop,
    rows: (after, limit) =>
      batches
        .createdAt(batch.id, profile.url, after, limit)
        .flatMap(({ line, identity, fingerprint, deviceId }) =>
          fingerprint === null || deviceId === null ? [] : [{ line, identity, fingerprint, deviceId }],
        ),
    record: (rows) => {
      for (const { outcome } of rows) counts[outcome] += 1;
      const lines = rows.filter(isBack).map(({ line }) => line);
      const used = rows
        .filter(({ outcome, line }) => outcome === 'used' && batches.row(batch.id, line)?.kept === null)
        .map(({ line }) => line);
      if (!dryRun && lines.length + used.length > 0) recordTakenBack(batch, profile, lines, used, parts);
      tell({ type: 'batch-taken-back', name: batch.name, rows });
    },
  });
  const isWhole = reason === null && !stop.aborted;
  if (isWhole && isHere && !dryRun && counts.failed + inFlight === 0) {
    forget(batch, profile, parts);
    recordRun(batch, run, profile, 'taken-back', parts);
  }
  return {
    ...report,
    state: isWhole ? 'ended' : 'stopped',
    reason: reason?.toReport() ?? null,
    elapsedMs: elapsedMs(),
  };
}

/** What the batch has at the server. `isHere`: it was sent there last; else only what stayed there is looked at again. */
function standing(
  { id, name, run }: BatchRecord,
  profile: ServerProfile,
  { record }: Pick<BatchRunsParts, 'record'>,
): { readonly run: string; readonly isHere: boolean; readonly inFlight: number } {
  const server = profile.name;
  const { batches } = record.reader;
  if (run === null) throw new StationError('batch/not-sent', { batch: name, server });
  const isHere = run.serverUrl === profile.url;
  if (!isHere && !batches.hasKept(id, profile.url))
    throw new StationError('batch/not-sent-there', { batch: name, server, other: run.server });
  const inFlight = isHere ? batches.countInFlight(id) : 0;
  // Where a run was cut off, the next one finds out. Where it did not, the other rows do not wait for these.
  if (inFlight > 0 && run.state === 'begun')
    throw new StationError('batch/in-flight', { batch: name, server });
  return { run: run.run, isHere, inFlight };
}

/** Rows that made nothing at the server are as if they had not been sent there. */
function forget(batch: BatchRecord, profile: ServerProfile, parts: BatchRunsParts): void {
  const { batches } = parts.record.writer();
  for (const outcome of ['already', 'conflict', 'limit', 'refused'] as const)
    for (let after = 0; ;) {
      const rows = batches.rows(batch.id, { outcome, after, limit: ROWS_AN_EVENT });
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.line;
      const lines = rows.map(({ line }) => line);
      recordTakenBack(batch, profile, lines, [], parts);
    }
}

function recordTakenBack(
  { id }: BatchRecord,
  { name, url }: ServerProfile,
  lines: readonly number[],
  used: readonly number[],
  { record, operator }: Pick<BatchRunsParts, 'record' | 'operator'>,
): void {
  record.append({
    kind: 'batch-taken-back',
    batch: id,
    server: name,
    serverUrl: url,
    lines,
    ...(used.length === 0 ? {} : { used }),
    operator: operator(),
  });
}

function isBack({ outcome }: TakenBack): boolean {
  return outcome === 'removed' || outcome === 'gone';
}
