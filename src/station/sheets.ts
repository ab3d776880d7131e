import type { JournalReader } from '../journal/index.ts';
import { REHEARSAL } from '../rehearsal/bench.ts';
import { sheetPdf, type SheetSubject } from '../reports/index.ts';
import { StationError } from '../model/station-error.ts';
import { writeDocument } from '../settings/index.ts';

export interface SheetRequest {
  readonly job: string;
  readonly path: string;
  readonly force: boolean;
}

/**
 * Writes the sheet of an ended job. Needs the record alone, and changes nothing in it.
 *
 * @throws StationError `station/unknown-job`, `station/job-open`, `station/file-exists`, `station/file-unwritable`.
 */
export async function writeSheet(
  { job, path, force }: SheetRequest,
  journal: JournalReader,
): Promise<{ readonly path: string }> {
  const bytes = await sheetPdf(subjectOf(job, journal));
  writeDocument(path, bytes, { force, magic: '%PDF-' });
  return { path };
}

function subjectOf(id: string, journal: JournalReader): SheetSubject {
  const job = journal.job(id);
  if (job === null) throw new StationError('station/unknown-job', { job: id });
  const { result } = job;
  if (result === null) throw new StationError('station/job-open', { job: id });
  const events = journal.events(id);
  const head = journal.head();
  return {
    job,
    result,
    events,
    flow: 'provision',
    reason: null,
    formerKey: null,
    simulated: job.server === REHEARSAL && job.slot.startsWith(`${REHEARSAL}-`),
    evidence: { stationId: events[0]?.station ?? 'unknown', stationKey: head?.key ?? null, head },
  };
}
