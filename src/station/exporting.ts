import type { CallParams, ExportReport } from '../contract.ts';
import {
  CSV_START,
  EXPORT_START,
  inPieces,
  type Exported,
  type JournalReader,
  type JournalSigner,
} from '../journal/index.ts';
import type { Clock } from '../model/clock.ts';
import { StationError } from '../model/station-error.ts';
import { writeDocumentInPieces } from '../settings/index.ts';

export interface ExportParts {
  /** A reader of its own: an export is long, and jobs go on meanwhile. */
  readonly read: () => JournalReader;
  /** The station's key, where it is at hand. */
  readonly signer: () => JournalSigner | null;
  readonly clock: Clock;
}

/**
 * Writes the record into a file, whole or not at all. Changes nothing in it.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`, `journal/broken`, `journal/unusable`.
 */
export async function exportJournal(
  { format, path, since, force }: CallParams<'journal.export'>,
  { read, signer, clock }: ExportParts,
): Promise<ExportReport> {
  using reader = read();
  const pieces =
    format === 'csv'
      ? reader.exportingCsv({ since })
      : reader.exportingJson({ since, now: clock.now(), signer: keyAtHand(signer) });
  let exported: Exported = { rows: 0, head: null, key: null };
  await writeDocumentInPieces(
    path,
    inPieces(pieces, (result) => (exported = result)),
    { force, magic: format === 'csv' ? CSV_START : EXPORT_START },
  );
  return { path, ...exported };
}

/** An export without a signature of its own is better than none: its rows are signed as they were recorded. */
function keyAtHand(signer: ExportParts['signer']): JournalSigner | null {
  try {
    return signer();
  } catch (thrown) {
    if (thrown instanceof StationError) return null;
    throw thrown;
  }
}
