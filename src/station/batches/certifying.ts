import type { BatchExport } from '../../contract/batches.ts';
import { csvLineToReadAgain, type BatchUnitRecord, type JournalReader } from '../../journal/index.ts';
import type { BatchRecord } from '../../model/batch.ts';
import { batchPdf, type BatchSubject } from '../../reports/index.ts';
import { signDocument } from '../../requests/signed-document.ts';
import { writeDocument } from '../../settings/index.ts';
import { paged } from './exporting.ts';
import type { Signing } from './signed-export.ts';

const KIND = 'station-batch-certificate/1';
const PAGE = 500;
const COLUMNS = [
  'line',
  'identity',
  'verdict',
  'proof',
  'key_fingerprint',
  'device_id',
  'operator',
  'at',
  'station',
  'job',
  'journal_head',
  'station_key',
] as const;

export interface CertificateRequest {
  readonly format: 'csv' | 'json' | 'pdf';
  readonly path: string;
  readonly force: boolean;
}

/**
 * Writes the certificate of a batch. Needs the record alone, and changes nothing in it.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`; `station/key-store` for a signed one.
 */
export async function certifyBatch(
  batch: BatchRecord,
  { format, path, force }: CertificateRequest,
  journal: JournalReader,
  signing: () => Signing,
  now: number,
): Promise<BatchExport> {
  const head = journal.head();
  const { stationId, signer } = signing();
  const subject: BatchSubject = {
    batch,
    units: [...paged((after) => journal.batches.units(batch.id, after, PAGE))],
    admissions: journal.batches.admissions(batch.id),
    merges: journal.batches.merges(batch.id),
    evidence: { stationId, stationKey: head?.key ?? null, head },
    at: new Date(now),
  };
  const rows = subject.units.length;
  switch (format) {
    case 'csv':
      writeDocument(path, Buffer.from(csvOf(subject)), { force, magic: COLUMNS.join(',') });
      return { path, rows, key: null };
    case 'json': {
      const { id, name, kind, file, sha256, closed } = batch;
      const said = {
        station: stationId,
        at: subject.at.toISOString(),
        batch: { id, name, kind, file, sha256, rows: batch.rows, closed },
        head: head === null ? null : { seq: head.seq, hash: head.hash },
        units: subject.units,
        admitted: subject.admissions,
        benches: subject.merges,
      };
      const document = Buffer.from(signDocument(KIND, said, signer));
      writeDocument(path, document, { force, magic: `{\n  "kind": "${KIND}"` });
      return { path, rows, key: signer.fingerprint };
    }
    case 'pdf':
      writeDocument(path, await batchPdf(subject), { force, magic: '%PDF-' });
      return { path, rows, key: null };
  }
}

function csvOf({ units, evidence: { head, stationKey } }: BatchSubject): string {
  const place = head === null ? null : `${head.seq}:${head.hash}`;
  const line = (unit: BatchUnitRecord): string =>
    csvLineToReadAgain([
      unit.line,
      JSON.stringify(unit.identity),
      unit.verdict,
      unit.proof,
      unit.fingerprint,
      unit.deviceId,
      unit.operator,
      unit.at,
      unit.station,
      unit.job,
      place,
      stationKey,
    ]);
  return csvLineToReadAgain(COLUMNS) + units.map(line).join('');
}
