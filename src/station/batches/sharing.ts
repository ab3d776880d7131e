import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchShareReport } from '../../contract/batch-shares.ts';
import type { BatchView } from '../../contract/batches.ts';
import type { Journal, JournalReader } from '../../journal/index.ts';
import type { BatchRecord, BatchRowState } from '../../model/batch.ts';
import type { BatchEvent, RecordedRow } from '../../model/batch-event.ts';
import { canonicalIdentity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import { signDocument } from '../../requests/signed-document.ts';
import { writeDocument } from '../../settings/index.ts';
import { paged } from './exporting.ts';
import type { BatchParts } from './handlers.ts';
import { SHARE, type ShareDocument } from './share-documents.ts';

const PAGE = 500;

export interface ShareRequest {
  readonly benches: number;
  readonly keep: boolean;
  readonly folder: string;
}

interface Part {
  readonly part: number;
  readonly parts: number;
  readonly path: string;
  readonly rows: readonly BatchRowState[];
  readonly lines: readonly (readonly [number, number])[];
}

/**
 * Gives parts of a batch to other benches. The record says so before the first file is written: a row must not be at two
 * benches. Where a file cannot be written all parts are this station's again.
 *
 * @throws StationError `batch/...`, `station/file-exists`, `station/file-unwritable`, `station/key-store`, `journal/...`.
 */
export function shareBatch(
  batch: BatchRecord,
  request: ShareRequest,
  { record, clock, operator, signing, isAtWork }: BatchParts,
  view: (batch: BatchRecord) => BatchView,
): BatchShareReport {
  const journal = record.writer();
  if (isAtWork(batch)) throw new StationError('batch/running', { batch: batch.name });
  refuse(batch, journal);
  const parts = partsOf(batch, request, journal);
  const { stationId, signer } = signing();
  const at = new Date(clock.now()).toISOString();
  const documents = parts.map((part) =>
    Buffer.from(signDocument(SHARE, documentOf(batch, part, stationId, at), signer)),
  );
  const { id } = batch;
  journal.appendTogether(
    parts.map(({ part, parts: all, rows, lines }): BatchEvent => ({
      kind: 'batch-shared',
      batch: id,
      part,
      parts: all,
      rows: rows.length,
      lines,
      operator: operator(),
    })),
  );
  try {
    parts.forEach(({ path }, n) => {
      writeDocument(path, documents[n] ?? Buffer.alloc(0), { force: false, magic: '' });
    });
  } catch (thrown) {
    journal.appendTogether(
      parts.map(({ part }): BatchEvent => ({
        kind: 'batch-share-returned',
        batch: id,
        part,
        operator: operator(),
      })),
    );
    throw thrown;
  }
  return {
    batch: view(journal.batches.byId(id) ?? batch),
    files: parts.map(({ path, part, parts: all, rows }) => ({ path, part, parts: all, rows: rows.length })),
    key: signer.fingerprint,
  };
}

/** What is left of a part is this station's again. @throws StationError `batch/no-share`. */
export function returnShare(
  { id, name, shares }: BatchRecord,
  part: number,
  journal: Journal,
  operator: string | null,
): void {
  const share = shares.find((one) => one.part === part && one.returnedAt === null);
  if (share === undefined) throw new StationError('batch/no-share', { name, part });
  journal.append({ kind: 'batch-share-returned', batch: id, part, operator });
}

function refuse({ id, name, share, closed, run }: BatchRecord, { batches }: JournalReader): void {
  if (share !== null) throw new StationError('batch/is-share', { name, station: share.station });
  if (closed !== null) throw new StationError('batch/closed', { name });
  if (batches.countInFlight(id) > 0)
    throw new StationError('batch/in-flight', { batch: name, server: run?.server ?? '' });
}

/** The rows that are to be given away, in the order of the file, in parts that differ by one row at most. */
function partsOf(
  batch: BatchRecord,
  { benches, keep, folder }: ShareRequest,
  journal: JournalReader,
): readonly Part[] {
  const busy = busyHere(batch, journal);
  const all = [...paged((after) => journal.batches.rows(batch.id, { after, limit: PAGE }))];
  const isFree = ({ unit, share, identity }: BatchRowState): boolean =>
    unit === null && share === null && !busy.has(canonicalIdentity(identity));
  const free = all.filter(isFree);
  if (free.length < benches || (keep && benches === 1))
    throw new StationError('batch/too-few-rows', { name: batch.name, rows: free.length, benches });
  const given = Math.max(0, ...batch.shares.map(({ parts }) => parts));
  const parts = given + benches;
  const found: Part[] = [];
  for (let n = keep ? 1 : 0; n < benches; n++) {
    const part = given + n + 1;
    const rows = free.slice(
      Math.floor((n * free.length) / benches),
      Math.floor(((n + 1) * free.length) / benches),
    );
    const path = join(folder, `${batch.name} part ${part} of ${parts}.json`);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw new StationError('station/file-exists', { path, detail: '' });
    found.push({ part, parts, path, rows, lines: rangesOf(rows, all) });
  }
  return found;
}

/** Boards of the batch that are on the bench now, or whose jobs were cut off: they are ended where they began. */
function busyHere({ id }: BatchRecord, journal: JournalReader): ReadonlySet<string> {
  return new Set(
    [...journal.openJobs(), ...journal.interruptedJobs()]
      .filter(({ batch }) => batch === id)
      .flatMap(({ identity }) => (identity === null ? [] : [canonicalIdentity(identity)])),
  );
}

/** Lines as ranges in which the batch has no other row. */
function rangesOf(
  rows: readonly BatchRowState[],
  all: readonly BatchRowState[],
): readonly (readonly [number, number])[] {
  const wanted = new Set(rows.map(({ line }) => line));
  const ranges: [number, number][] = [];
  let goesOn = false;
  for (const { line } of all) {
    const last = ranges.at(-1);
    if (!wanted.has(line)) goesOn = false;
    else if (goesOn && last !== undefined) last[1] = line;
    else {
      ranges.push([line, line]);
      goesOn = true;
    }
  }
  return ranges;
}

function documentOf(
  batch: BatchRecord,
  { part, parts, rows }: Part,
  station: string,
  at: string,
): ShareDocument {
  const { id, name, kind, file, sha256, rows: whole, columns, identityColumns } = batch;
  return {
    station,
    at,
    batch: {
      id,
      name,
      kind,
      file,
      sha256,
      rows: whole,
      columns: [...columns],
      identityColumns: [...identityColumns],
    },
    part,
    parts,
    rows: rows.map(toRecorded),
  };
}

/** A row as the import of the file wrote it down. */
function toRecorded({ line, identity, key, fingerprint, tier, group, tags }: BatchRowState): RecordedRow {
  return {
    line,
    identity,
    ...(key === null ? {} : { spki: key.replace(/-----[^-]*-----|\s/g, '') }),
    ...(fingerprint === null ? {} : { fingerprint }),
    ...(tier === 'standard' ? {} : { tier }),
    ...(group === null ? {} : { group }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}
