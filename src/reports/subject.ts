import type { JobRecord } from '../journal/index.ts';
import type { JournalEntry } from '../model/event.ts';
import type { JobId, JobResult } from '../model/job.ts';
import type { KeyFingerprint, KeyOrigin } from '../model/key.ts';
import type { CaseToConfirm, RekeyReason } from '../model/rekey.ts';

/** All that a sheet is made of: one ended job as the record has it, and what vouches for that record. */
export interface SheetSubject {
  readonly job: JobRecord;
  readonly result: JobResult;
  /** What was recorded of the job, in order. */
  readonly events: readonly JournalEntry[];
  readonly flow: 'provision' | 'rekey';
  /** For a re-keying: why, and what a person confirmed before it began. */
  readonly rekey: { readonly reason: RekeyReason; readonly confirmed: readonly CaseToConfirm[] } | null;
  /** The key that the board had before; null where there was none or none that could be read. */
  readonly formerKey: KeyFingerprint | null;
  /** The cut-off jobs that this one finished, newest first. */
  readonly finished: readonly JobId[];
  /** Where the key was born, also where an earlier job made it; null where no key is known. */
  readonly origin: KeyOrigin | null;
  /** A board of the rehearsal bench: such a sheet must not pass for a unit's. */
  readonly simulated: boolean;
  readonly evidence: Evidence;
}

/** What ties a sheet to its journal. */
export interface Evidence {
  readonly stationId: string;
  /** Fingerprint of the key that signs the journal; null where it has none. */
  readonly stationKey: string | null;
  /** The journal's last entry when the sheet was made, and the hash over all up to it. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
}
