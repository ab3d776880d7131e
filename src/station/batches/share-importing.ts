import { basename } from 'node:path';
import { ulid } from 'ulid';
import { batchName, type BatchReport, type BatchView } from '../../contract/batches.ts';
import type { JournalReader } from '../../journal/index.ts';
import type { BatchId, BatchRecord } from '../../model/batch.ts';
import type { RecordedRow } from '../../model/batch-event.ts';
import type { JournalEvent } from '../../model/event.ts';
import { canonicalIdentity, identityLabel } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import type { BatchParts } from './handlers.ts';
import { readShare, type ShareDocument, type SignedFile } from './share-documents.ts';

/** Rows in one event of the record. */
const ROWS_AN_EVENT = 500;

export interface ShareImport {
  readonly path: string;
  /** Null: as the batch is named where it is from. */
  readonly name: string | null;
  /** A key that a person has compared. */
  readonly trust: string | null;
  readonly store: boolean;
}

/**
 * Looks at a part of another station's batch, and makes it a batch of this one. Without `store` whose key has signed it is
 * told and not judged.
 *
 * @throws StationError `request/...`, `batch/...`, `journal/...`.
 */
export async function importShare(
  { path, name, trust, store }: ShareImport,
  parts: BatchParts,
  view: (batch: BatchRecord) => BatchView,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { record, clock } = parts;
  const began = clock.monotonic();
  const file = await readShare(path);
  const { body, key } = file;
  const known = parts.knowsStation(key) || trust === key;
  const wanted = name ?? nameIn(body);
  const report = (stored: BatchReport['stored'], batch: BatchRecord | null): BatchReport => ({
    ...reportOf(file, known),
    stored,
    batch: batch === null ? null : view(batch),
    elapsedMs: Math.round(clock.monotonic() - began),
  });
  const before = record.reader.batches.byName(wanted);
  if (before?.sha256 === file.sha256) return report('same', before);
  refuseKnown(file, record.reader);
  if (!store) return report('no', null);
  if (!known) throw new StationError('batch/unknown-bench', { path, station: body.station, key });
  const journal = record.writer();
  const batch = ulid(clock.now()) as BatchId;
  function* events(): Generator<JournalEvent, void, undefined> {
    // Asked in the transaction: nobody else adds a batch meanwhile.
    const taken = journal.batches.byName(wanted);
    if (taken !== null) throw new StationError('batch/name-taken', { name: wanted, file: taken.file });
    refuseKnown(file, journal);
    yield* eventsOf(file, batch, wanted, parts.operator());
  }
  await journal.appendAll(events(), signal);
  return report('stored', journal.batches.byId(batch));
}

function* eventsOf(
  { path, body, key, sha256 }: SignedFile<ShareDocument>,
  batch: BatchId,
  name: string,
  operator: string | null,
): Generator<JournalEvent, void, undefined> {
  const rows = body.rows as readonly RecordedRow[];
  yield {
    kind: 'batch-imported',
    batch,
    name,
    batchKind: body.batch.kind,
    file: basename(path),
    sha256,
    rows: rows.length,
    columns: body.batch.columns,
    identityColumns: body.batch.identityColumns,
    leftOut: 0,
    operator,
    share: {
      batch: body.batch.id,
      station: body.station,
      key,
      part: body.part,
      parts: body.parts,
      rows: body.batch.rows,
    },
  };
  for (let from = 0; from < rows.length; from += ROWS_AN_EVENT)
    yield { kind: 'batch-rows', batch, rows: rows.slice(from, from + ROWS_AN_EVENT) };
}

/**
 * A board is in one batch of a station; but one that was not provisioned in an earlier part may come again with a later
 * one, once the earlier is closed.
 */
function refuseKnown({ path, body }: SignedFile<ShareDocument>, { batches }: JournalReader): void {
  const origin = body.batch.id;
  const own = batches.byId(origin);
  if (own !== null) throw new StationError('batch/own-share', { path, name: own.name });
  const isOver = (name: string): boolean => {
    const other = batches.byName(name);
    return other?.share?.batch === origin && other.closed !== null;
  };
  const rows = body.rows as readonly RecordedRow[];
  for (let from = 0; from < rows.length; from += ROWS_AN_EVENT) {
    const some = rows.slice(from, from + ROWS_AN_EVENT);
    const known = batches.known(
      some.map(({ identity, fingerprint = null }) => ({
        identity: canonicalIdentity(identity),
        fingerprint,
      })),
    );
    known.forEach(({ batch, keyBatch, keyOf }, n) => {
      const row = some[n];
      const other = [batch, keyBatch].find((place) => place !== null && !isOver(place.batch)) ?? null;
      if (row === undefined || (other === null && keyOf === null)) return;
      throw new StationError('batch/share-known', {
        path,
        line: row.line,
        identity: identityLabel(row.identity),
        detail:
          other === null
            ? 'another board was given its key here'
            : `it is in the batch ${other.batch} here, line ${other.line}`,
      });
    });
  }
}

function nameIn({ batch: { name } }: ShareDocument): string {
  const read = batchName.safeParse(name);
  if (read.success) return read.data;
  throw new StationError('request/unreadable', { detail: 'it names its batch as no batch can be named' });
}

function reportOf(
  { path, body, key, sha256 }: SignedFile<ShareDocument>,
  known: boolean,
): Omit<BatchReport, 'stored' | 'batch' | 'elapsedMs'> {
  const { batch, part, parts, station, rows } = body;
  return {
    file: basename(path),
    sha256,
    encoding: 'utf-8',
    delimiter: '',
    kind: batch.kind,
    columns: [],
    rows: rows.length,
    good: rows.length,
    bad: 0,
    problems: [],
    problemCount: 0,
    notes: [],
    noteCount: 0,
    preview: [],
    server: null,
    share: { batch: batch.name, station, key, known, part, parts, rows: batch.rows },
  };
}
