import { rmSync } from 'node:fs';
import type { BackupReport } from '../contract.ts';
import { copyInThread, inTurns, verifyingFile } from '../journal/index.ts';
import { StationError } from '../model/station-error.ts';
import { documentBeside, placeDocument } from '../settings/index.ts';
import type { RecordAccess } from './record-access.ts';

/**
 * Copies the whole record into a new file, which has its name only once all of it was verified.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`, `journal/broken`, `journal/full`, `journal/unusable`.
 */
export async function backupRecord(path: string, record: RecordAccess): Promise<BackupReport> {
  const beside = documentBeside(path);
  try {
    await copy(record, beside);
    const { head, problem } = await inTurns(verifyingFile(beside));
    if (problem !== null || head === null)
      throw new StationError('journal/broken', {
        path: record.reader.path,
        detail: problem?.text.replace(/\.$/, '') ?? 'it is empty',
      });
    placeDocument(beside, path);
    const recorded = record.isWriter();
    record.append({ kind: 'journal-backup', file: path, seq: head.seq, hash: head.hash });
    return { path, head, recorded };
  } finally {
    rmSync(beside, { force: true });
  }
}

async function copy(record: RecordAccess, out: string): Promise<void> {
  try {
    await copyInThread(record.reader.path, out);
  } catch {
    // As on a full or read-only disk, where the record is readable in other ways alone; these say, too, what is wrong.
    using reader = record.separateReader();
    reader.copyInto(out);
  }
}
