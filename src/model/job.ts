import type { Identity } from './identity.ts';
import type { KeyFingerprint, KeyOrigin, KeyType } from './key.ts';

declare const jobId: unique symbol;
/** A ULID: sortable by time, unique over stations. */
export type JobId = string & { readonly [jobId]: true };

/** `already`: nothing had to be changed. `stopped`: the station did not go on, on purpose (cancelled, or not its case). */
export type Verdict = 'pass' | 'fail' | 'already' | 'stopped';

/**
 * What was shown by trying, from weak to strong: the station authenticated with the key; the key on the board signed a
 * nonce of the station's; the board's own client, with its own configuration, network and clock, was authorized.
 */
export const PROOFS = ['station', 'board-key', 'board-client'] as const;
export type Proof = (typeof PROOFS)[number];

/** Whether `proof` is at least as strong as `least`. */
export function provesAtLeast(proof: Proof | null, least: Proof): boolean {
  return proof !== null && PROOFS.indexOf(proof) >= PROOFS.indexOf(least);
}

export type OldKeyOutcome = 'none' | 'refused-tested' | 'removed-not-tested';

/** The steps of a job as a person sees them, in the order in which they usually come. */
export const STEPS = [
  'connect',
  'identify',
  'look-up',
  'make-key',
  'stage',
  'submit',
  'accept',
  'authenticate',
  'switch',
  'prove',
  'tidy',
  'record',
  'log-out',
] as const;
export type StepName = (typeof STEPS)[number];

/** A step that has ended; `ms` is its duration in milliseconds. A step that ran twice stands twice. */
export interface StepTime {
  readonly step: StepName;
  readonly ms: number;
}

/** What went over the line, bytes and exchanges (a command sent and its answer waited for). */
export interface WireCount {
  readonly tx: number;
  readonly rx: number;
  readonly roundTrips: number;
}

/** An error as it crosses a process border: in JSON, in records and to the window. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly unchanged: string;
  readonly remedy: string;
  readonly retriable: boolean;
}

/** The outcome of one job; its JSON form is the command's result. */
export interface JobResult {
  readonly job: JobId;
  readonly port: string;
  readonly slot: string;
  readonly verdict: Verdict;
  readonly identity: Identity | null;
  readonly deviceId: string | null;
  readonly authSetId: string | null;
  readonly keyFingerprint: KeyFingerprint | null;
  readonly keyType: KeyType | 'other' | null;
  readonly keyOrigin: KeyOrigin | null;
  readonly proof: Proof | null;
  readonly oldKey: OldKeyOutcome;
  readonly steps: readonly StepTime[];
  readonly wire: WireCount;
  /** Sentences that an operator should read though the job went well, e.g. a tenant token that nobody could verify. */
  readonly notes: readonly string[];
  readonly error: ErrorReport | null;
}
