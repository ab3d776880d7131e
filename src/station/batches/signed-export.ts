import type { BatchExport } from '../../contract/batches.ts';
import type { JournalReader } from '../../journal/index.ts';
import { FAILED_OUTCOMES, type BatchRecord } from '../../model/batch.ts';
import { StationError } from '../../model/station-error.ts';
import { signDocument } from '../../requests/signed-document.ts';
import { writeDocument, type StationKey } from '../../settings/index.ts';
import { paged } from './exporting.ts';
import { EXPORT } from './share-documents.ts';

const PAGE = 500;

export interface Signing {
  readonly stationId: string;
  readonly signer: StationKey;
}

/**
 * Writes a batch with what became of its rows and the boards that counted, signed by this station.
 *
 * @throws StationError `batch/nothing-failed`, `station/file-exists`, `station/file-unwritable`, `station/key-store`.
 */
export function exportSigned(
  batch: BatchRecord,
  { path, failed, force }: { readonly path: string; readonly failed: boolean; readonly force: boolean },
  reader: JournalReader,
  { stationId, signer }: Signing,
  now: number,
): BatchExport {
  const { id, name, kind, file, sha256, share, closed } = batch;
  const rows = [...paged((after) => reader.batches.rows(id, { after, limit: PAGE }))]
    .filter(({ outcome }) => !failed || FAILED_OUTCOMES.includes(outcome))
    .map(({ line, identity, fingerprint: key, outcome, deviceId, error }) => ({
      line,
      identity,
      fingerprint: key,
      outcome,
      deviceId,
      error: error?.code ?? null,
    }));
  if (failed && rows.length === 0) throw new StationError('batch/nothing-failed', { name });
  const head = reader.head();
  const said = {
    station: stationId,
    at: new Date(now).toISOString(),
    batch: { id, name, kind, file, sha256, rows: batch.rows, closed, share },
    head: head === null ? null : { seq: head.seq, hash: head.hash },
    rows,
    units: [...paged((after) => reader.batches.units(id, after, PAGE))],
    admitted: reader.batches.admissions(id),
  };
  const document = Buffer.from(signDocument(EXPORT, said, signer));
  writeDocument(path, document, { force, magic: `{\n  "kind": "${EXPORT}"` });
  return { path, rows: rows.length, key: signer.fingerprint };
}
