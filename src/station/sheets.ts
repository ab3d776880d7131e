import type { JournalReader } from '../journal/index.ts';
import { REHEARSAL } from '../rehearsal/bench.ts';
import { sheetPdf, type SheetSubject } from '../reports/index.ts';
import type { JournalEntry, JournalEvent } from '../model/event.ts';
import type { JobId } from '../model/job.ts';
import type { KeyFingerprint } from '../model/key.ts';
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

/** What the record holds of an ended job, and of the cut-off ones that it finished. @throws StationError as {@link writeSheet}. */
export function subjectOf(id: string, journal: JournalReader): SheetSubject {
  const job = journal.job(id);
  if (job === null) throw new StationError('station/unknown-job', { job: id });
  const { result } = job;
  if (result === null) throw new StationError('station/job-open', { job: id });
  const events = journal.events(id);
  const earlier = finishedBy(events, journal);
  const all = [...events, ...earlier.flatMap(({ events }) => events)].map(({ event }) => event);
  const start = events.map(({ event }) => event).find((event) => event.kind === 'job-started');
  const staged = all.find(
    (event) => event.kind === 'key-staged' && event.fingerprint === result.keyFingerprint,
  );
  const head = journal.head();
  return {
    job,
    result,
    events,
    flow: start?.flow ?? 'provision',
    rekey: start?.rekey ?? null,
    formerKey: formerKey(all, result.keyFingerprint),
    finished: earlier.map(({ job }) => job),
    origin: result.keyOrigin === 'kept' && staged?.kind === 'key-staged' ? staged.origin : result.keyOrigin,
    simulated: job.server === REHEARSAL && job.slot.startsWith(`${REHEARSAL}-`),
    evidence: { stationId: events[0]?.station ?? 'unknown', stationKey: head?.key ?? null, head },
  };
}

interface Finished {
  readonly job: JobId;
  readonly events: readonly JournalEntry[];
}

/** The cut-off jobs that a job finished: the one that it resumed, the one that that one had resumed, and so on. */
function finishedBy(events: readonly JournalEntry[], journal: JournalReader): readonly Finished[] {
  const found: Finished[] = [];
  for (let next = resumed(events); next !== null && !found.some(({ job }) => job === next);) {
    const earlier = { job: next, events: journal.events(next) };
    found.push(earlier);
    next = resumed(earlier.events);
  }
  return found;
}

function resumed(events: readonly JournalEntry[]): JobId | null {
  for (const { event } of events) if (event.kind === 'job-started') return event.resumes ?? null;
  return null;
}

/** The key that was in use when the first of these jobs read the board: one cut after its switch finds the new key there. */
function formerKey(events: readonly JournalEvent[], now: KeyFingerprint | null): KeyFingerprint | null {
  const keys = events.flatMap((event) => (event.kind === 'board-identified' ? [event.key ?? null] : []));
  return keys.findLast((key) => key !== null && key !== now) ?? null;
}
