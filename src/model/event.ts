import type { ErrorReport, JobId, JobResult, StepName } from './job.ts';
import type { Identity } from './identity.ts';
import type { KeyFingerprint, KeyOrigin, KeyType } from './key.ts';

/**
 * What the journal holds: what was meant, done and seen. Append-only; jobs, steps and units are projections of it.
 * No member is ever a secret.
 */
export type JournalEvent =
  | {
      readonly kind: 'station-opened';
      readonly version: string;
      readonly runtime: string;
      readonly keyProtection: string;
    }
  | {
      readonly kind: 'job-started';
      readonly job: JobId;
      readonly flow: 'provision';
      readonly port: string;
      readonly slot: string;
      readonly server: string;
      readonly serverUrl: string;
      readonly profile: string;
      readonly keySource: string;
      readonly label: string | null;
      readonly operator: string | null;
    }
  | { readonly kind: 'board-identified'; readonly job: JobId; readonly identity: Identity }
  | {
      /** Written before an action that changes a board or a server. */
      readonly kind: 'step-intent';
      readonly job: JobId;
      readonly step: StepName;
      readonly action: string;
      readonly detail: Readonly<Record<string, string | number | boolean | null>>;
    }
  | {
      readonly kind: 'step-outcome';
      readonly job: JobId;
      readonly step: StepName;
      readonly action: string;
      readonly outcome: 'done' | 'failed' | 'unknown';
      readonly ms: number;
      readonly detail: Readonly<Record<string, string | number | boolean | null>>;
      readonly error: ErrorReport | null;
    }
  | {
      /** The key under a staged file, so that a later run recognises it even when nobody can sign with it. */
      readonly kind: 'key-staged';
      readonly job: JobId;
      readonly fingerprint: KeyFingerprint;
      readonly keyType: KeyType;
      readonly origin: KeyOrigin;
      readonly fileSha256: string;
    }
  | { readonly kind: 'verdict'; readonly job: JobId; readonly result: JobResult }
  | {
      readonly kind: 'server-session';
      readonly server: string;
      readonly what: 'login' | 'logout' | 'expired' | 'refused';
      readonly account: string | null;
    };

/** An event with its place in the journal. */
export interface JournalEntry {
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** Milliseconds on a clock that never jumps; comparable within one `boot` of the station process alone. */
  readonly monotonicMs: number;
  readonly station: string;
  readonly event: JournalEvent;
}
