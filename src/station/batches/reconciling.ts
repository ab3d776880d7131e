import type { CallParams } from '../../contract.ts';
import type {
  PreauthorizeStationEvent,
  ReconcileFinding,
  ReconcileReport,
} from '../../contract/preauthorize.ts';
import { PacedCalls } from '../../flows/preauthorize/calls.ts';
import {
  compare,
  FINDINGS,
  reconcile,
  type ExpectedDevice,
  type Expectations,
  type Finding,
  type FindingKind,
} from '../../flows/preauthorize/reconcile.ts';
import type { JournalReader } from '../../journal/index.ts';
import type { BatchId, BatchRecord, BatchRowState } from '../../model/batch.ts';
import { canonicalIdentity, type Identity } from '../../model/identity.ts';
import type { Clock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import type { DeviceServer } from '../../servers/index.ts';
import type { RecordAccess } from '../record-access.ts';
import { paged } from './exporting.ts';

export interface ReconcilingParts {
  readonly record: RecordAccess;
  readonly clock: Clock;
  readonly profile: ServerProfile;
  readonly server: DeviceServer;
  readonly batch: BatchRecord | null;
  readonly operator: () => string | null;
  readonly tell: (event: PreauthorizeStationEvent) => void;
}

/** So many findings are told at once, or what there is after so many milliseconds. */
const TOLD = 100;
const TOLD_MS = 250;
/** So many findings are listed; all are counted. */
const LISTED = 10_000;
const PAGE = 500;

/**
 * Compares a batch, or all that the record has of a server, with that server; mends what `fix` names, one by one, each
 * looked at once more right before.
 *
 * @throws StationError `station/not-supported` and those of a call.
 */
export async function reconcileServer(
  { fix }: Pick<CallParams<'batch.reconcile'>, 'fix'>,
  parts: ReconcilingParts,
  signal: AbortSignal,
): Promise<ReconcileReport> {
  const { record, clock, profile, server, batch, tell } = parts;
  const began = clock.monotonic();
  const { preauthorization } = server;
  if (preauthorization === undefined)
    throw new StationError('station/not-supported', {
      detail: `${profile.name} is a kind of server whose devices cannot be listed by this version.`,
    });
  // Sent to another server, its rows are not missing here: mending them would forget the devices there.
  if (fix !== undefined && batch !== null && batch.run?.serverUrl !== profile.url)
    throw batch.run === null
      ? new StationError('batch/not-sent', { batch: batch.name, server: profile.name })
      : new StationError('batch/not-sent-there', {
          batch: batch.name,
          server: profile.name,
          other: batch.run.server,
        });
  const journal = record.reader;
  const expected = batch === null ? ofRecord(journal, profile.url) : ofBatch(journal, batch.id, profile.url);
  const counts = Object.fromEntries(FINDINGS.map((kind) => [kind, 0])) as Record<FindingKind, number>;
  const findings: ReconcileFinding[] = [];
  let untold: ReconcileFinding[] = [];
  let toldAt = began;
  const tellFound = (): void => {
    if (untold.length > 0) tell({ type: 'reconcile-findings', server: profile.name, findings: untold });
    untold = [];
    toldAt = clock.monotonic();
  };
  const calls = new PacedCalls({ clock, serverName: profile.name, concurrency: 1 });
  const work = reconcile(preauthorization, expected, calls, signal);
  for (;;) {
    const next = await work.next();
    if (next.done === true) {
      const { devices, matching } = next.value;
      tellFound();
      const elapsedMs = Math.round(clock.monotonic() - began);
      return {
        batch: batch?.name ?? null,
        server: profile.name,
        devices,
        matching,
        counts,
        findings,
        elapsedMs,
      };
    }
    const finding = next.value;
    counts[finding.kind] += 1;
    const fixed = finding.kind === fix ? await mend(finding, expected, calls, parts, signal) : null;
    const { sets: _, ...shown } = finding;
    const told = {
      ...shown,
      fixed: fixed === null ? null : fixed.error === null,
      error: fixed?.error ?? null,
    };
    if (findings.length < LISTED) findings.push(told);
    untold.push(told);
    // What was mended took a call or two: it is told at once.
    if (fixed !== null || untold.length >= TOLD || clock.monotonic() - toldAt >= TOLD_MS) tellFound();
  }
}

/** Does what a finding's kind is mended by. What fails is told with it, and the others go on. */
async function mend(
  finding: Finding,
  expected: Expectations,
  calls: PacedCalls,
  parts: ReconcilingParts,
  signal: AbortSignal,
): Promise<Pick<ReconcileFinding, 'error'>> {
  try {
    await mending(finding, expected, calls, parts, signal);
    return { error: null };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asStationError(thrown);
    if (error.code.startsWith('journal/') || error.code === 'server/session-ended') throw error;
    return { error: error.toReport() };
  }
}

async function mending(
  { kind, identity, line, deviceId }: Finding,
  expected: Expectations,
  calls: PacedCalls,
  { server, batch, record, profile, operator }: ReconcilingParts,
  signal: AbortSignal,
): Promise<void> {
  const wanted = expected.of(identity);
  const device = deviceId === null ? null : await server.device(deviceId, signal);
  // Others may have worked on it since the list was read.
  const now = wanted === null || device === null ? null : compare(device, wanted);
  if (kind !== 'missing' && (deviceId === null || now?.kind !== kind))
    throw new StationError('job/not-settled', { detail: 'the device was changed meanwhile' });
  if (kind === 'missing' || kind === 'dead') refuseFormerKey(batch, line, wanted, record.reader);
  switch (kind) {
    case 'stray-pending':
      // What waits beside the key in use may be what a job here is bringing to the unit.
      if (hasJobUnderWay(record.reader, identity))
        throw new StationError('job/not-settled', {
          detail: 'a job of this unit is not finished at this station',
        });
      for (const set of now?.sets ?? []) await server.removeAuthSet(deviceId ?? '', set, signal);
      return;
    case 'pending':
      for (const set of now?.sets ?? []) await server.accept(deviceId ?? '', set, signal);
      return;
    case 'dead':
      await calls.make(signal, async () => server.preauthorization?.removeDead(deviceId ?? '', signal));
      break;
    default:
  }
  if (batch === null || line === null)
    throw new StationError('station/not-supported', {
      detail:
        record.reader.batches.rowAt(profile.url, identity) === null
          ? 'It is in no batch: provision or re-key the unit again.'
          : 'It is in a batch: reconcile that one (--batch).',
    });
  // As if it had never been sent: the next run of the batch sends it.
  record.append({
    kind: 'batch-taken-back',
    batch: batch.id,
    server: profile.name,
    serverUrl: profile.url,
    lines: [line],
    operator: operator(),
  });
}

/** Sent again, the key that a unit had before would be accepted from whoever has it. */
function refuseFormerKey(
  batch: BatchRecord | null,
  line: number | null,
  wanted: ExpectedDevice | null,
  { batches }: JournalReader,
): void {
  const row = batch === null || line === null ? null : batches.row(batch.id, line);
  if (row !== null && row.fingerprint !== wanted?.fingerprint) throw new StationError('batch/former-key', {});
}

function hasJobUnderWay(journal: JournalReader, identity: Identity): boolean {
  const name = canonicalIdentity(identity);
  return [...journal.openJobs(), ...journal.interruptedJobs()].some(
    (job) => job.identity !== null && canonicalIdentity(job.identity) === name,
  );
}

function ofBatch(journal: JournalReader, batch: BatchId, serverUrl: string): Expectations {
  const { batches } = journal;
  return {
    of: (identity) => toExpected(journal, serverUrl, batches.rowOf(batch, identity)),
    *all() {
      for (const row of paged((after) => batches.rows(batch, { after, limit: PAGE }))) {
        const expected = isThere(row, serverUrl) ? toExpected(journal, serverUrl, row) : null;
        if (expected !== null) yield expected;
      }
    },
    // A fleet is more than one batch.
    isExtra: () => false,
  };
}

/** Whether a server said that it has the row. */
function isThere({ outcome, serverUrl }: BatchRowState, url: string): boolean {
  return (outcome === 'created' || outcome === 'already') && (serverUrl === null || serverUrl === url);
}

/** What counts is the key of the unit that was provisioned, where one was. */
function toExpected(
  journal: JournalReader,
  serverUrl: string,
  row: BatchRowState | null,
): ExpectedDevice | null {
  if (row?.fingerprint == null) return null;
  const { identity, tier, line } = row;
  const unit = journal.unitAt(serverUrl, identity);
  return {
    identity,
    fingerprint: unit?.fingerprint ?? row.fingerprint,
    tier,
    deviceId: unit?.deviceId ?? row.deviceId,
    line,
  };
}

function ofRecord(journal: JournalReader, serverUrl: string): Expectations {
  const { batches } = journal;
  return {
    of: (identity) =>
      journal.unitAt(serverUrl, identity) ?? outside(batches.rowAt(serverUrl, identity), serverUrl, journal),
    *all() {
      yield* journal.unitsAt(serverUrl);
      for (const { id } of batches.list())
        for (const { identity } of paged((after) => batches.rows(id, { after, limit: PAGE }))) {
          // A unit of it stands among the units.
          if (journal.unitAt(serverUrl, identity) !== null) continue;
          const expected = outside(batches.rowAt(serverUrl, identity), serverUrl, journal);
          if (expected !== null) yield expected;
        }
    },
    isExtra: () => true,
  };
}

/** A row where the whole record is looked at: its line is that of one batch among many. */
function outside(
  row: BatchRowState | null,
  serverUrl: string,
  journal: JournalReader,
): ExpectedDevice | null {
  const expected = toExpected(journal, serverUrl, row);
  return expected === null ? null : { ...expected, line: null };
}
