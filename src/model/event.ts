import type { BatchEvent } from './batch-event.ts';
import type { BatchId } from './batch.ts';
import type { ErrorReport, JobId, JobResult, StepName } from './job.ts';
import type { Identity } from './identity.ts';
import type { InventoryWish } from './inventory.ts';
import type { InventoryEvent } from './inventory-event.ts';
import type { KeyFingerprint, KeyOrigin, KeyType } from './key.ts';
import type { CaseToConfirm, RekeyReason } from './rekey.ts';
import type { Right, Role } from './rights.ts';

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
      readonly flow: 'provision' | 'rekey';
      readonly port: string;
      readonly slot: string;
      readonly server: string;
      readonly serverUrl: string;
      readonly profile: string;
      /** SHA-256 (hex) of the board profile's canonical JSON: which version of it. */
      readonly profileSha256?: string;
      readonly keySource: string;
      readonly label: string | null;
      readonly operator: string | null;
      /** The interrupted job that this one is to finish. */
      readonly resumes?: JobId;
      /** The batch that its board is to count in. */
      readonly batch?: BatchId;
      /** What its device is to be called once it is through, beside what its row of the batch says. */
      readonly inventory?: InventoryWish;
      /** For a re-keying: why, and what a person confirmed. */
      readonly rekey?: {
        readonly reason: RekeyReason;
        readonly confirmed: readonly CaseToConfirm[];
        readonly decommissionFormer: boolean;
      };
    }
  | {
      readonly kind: 'board-identified';
      readonly job: JobId;
      readonly identity: Identity;
      /** The key that was in use: for a re-keying the one that is to be refused. Null where it has none that can be read. */
      readonly key?: KeyFingerprint | null;
    }
  | {
      /**
       * What a re-keying is to bring to an end: the keys that the server took, or the unit used, before its own, and the
       * identity that the unit had before. Written before anything is changed, and again when there is more.
       */
      readonly kind: 'rekey-found';
      readonly job: JobId;
      readonly oldKeys: readonly KeyFingerprint[];
      readonly former: Identity | null;
    }
  | {
      /** The new key is staged, the old one active, and nothing was sent. Until `deadline`, ISO 8601. */
      readonly kind: 'job-waiting';
      readonly job: JobId;
      readonly for: 'server' | 'board';
      readonly deadline: string;
    }
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
      /** An interrupted job that a person does not want to be finished by the station. */
      readonly kind: 'job-dismissed';
      readonly job: JobId;
      readonly operator: string | null;
    }
  | {
      /** A file that asks another station's admin to approve the staged key of this job. */
      readonly kind: 'rekey-requested';
      readonly job: JobId;
      /** Hash of the request, by which its approval names it. */
      readonly request: string;
      readonly fingerprint: KeyFingerprint;
      /** The fingerprint of the approving station's key. */
      readonly approver: KeyFingerprint;
      readonly expires: string;
    }
  | {
      /** At the approving station: another station's request, before and after each thing that was done for it. */
      readonly kind: 'rekey-approval';
      readonly phase: 'begun' | 'preauthorized' | 'accepted' | 'tidied';
      readonly request: string;
      /** Who asked, by the name and the key of that station. */
      readonly requester: string;
      readonly requesterKey: KeyFingerprint;
      readonly server: string;
      readonly identity: Identity;
      readonly fingerprint: KeyFingerprint;
      readonly deviceId: string;
      readonly reason: RekeyReason;
      readonly operator: string | null;
    }
  | {
      readonly kind: 'server-session';
      readonly server: string;
      readonly what: 'login' | 'logout' | 'expired' | 'refused';
      readonly account: string | null;
      /** Who was at the bench. */
      readonly operator?: string | null;
    }
  | PeopleEvent
  | {
      /** Something that the station keeps was changed by a person. */
      readonly kind: 'setting-changed';
      /** What, by a stable name: `server`, `preference`, `board-password`, ... */
      readonly setting: string;
      /** Which of them; null where there is one alone. */
      readonly subject: string | null;
      /** What it is now, never a secret; null where it was removed or ended. */
      readonly to: string | null;
      readonly operator: string | null;
    }
  | BatchEvent
  | InventoryEvent
  | JournalOwnEvent;

/** Who came and went at the bench, and who may work there. */
export type PeopleEvent =
  | {
      readonly kind: 'person-signed-in';
      readonly person: string;
      readonly role: Role;
      readonly by: 'pin' | 'badge' | 'first';
    }
  | {
      readonly kind: 'person-signed-out';
      readonly person: string;
      /** `removed`: the person is none of this station any more. */
      readonly why: 'asked' | 'another' | 'closed' | 'removed';
    }
  | { readonly kind: 'bench-locked'; readonly person: string; readonly why: 'asked' | 'idle' }
  | {
      /** A wrong PIN or badge. */
      readonly kind: 'sign-in-refused';
      /** Whose name was given; null for a badge by itself. */
      readonly person: string | null;
      /** Wrong tries since the last right one. */
      readonly wrong: number;
      /** Milliseconds for which no other try counts. */
      readonly waitMs: number;
    }
  | {
      readonly kind: 'people-changed';
      /** `outside`: the file was changed or removed by another hand than the station's; found at this row. */
      readonly what: 'added' | 'changed' | 'removed' | 'pin' | 'rules' | 'outside';
      /** Null for `rules` and `outside`. */
      readonly person: string | null;
      readonly role: Role | null;
      /** All that the person may, beside the role too; empty for `removed`, `rules` and `outside`. */
      readonly rights: readonly Right[];
      /** How many people the station has now. */
      readonly people: number;
      /** SHA-256 (hex) of who may what by which code; null where nobody is defined. */
      readonly digest: string | null;
      readonly operator: string | null;
    };

/** What the journal records of itself. */
export type JournalOwnEvent =
  | {
      /** A key that signs from here on; its public half is here, so that a copy can be verified by itself. */
      readonly kind: 'station-key';
      /** `made`: the first under this protection. `replaced`: an earlier one is lost. `missing`: there is none now. */
      readonly what: 'made' | 'replaced' | 'missing';
      readonly fingerprint: KeyFingerprint | null;
      /** SPKI DER, base64. */
      readonly publicKey: string | null;
      readonly protection: string;
      /** The key that is lost. */
      readonly replaces: KeyFingerprint | null;
      readonly detail: string | null;
    }
  | {
      /** The signature of a head: of the row `seq` with this hash (hex) and so of every row up to it. */
      readonly kind: 'head-signed';
      readonly seq: number;
      readonly hash: string;
      readonly key: KeyFingerprint;
      /** Ed25519, base64. */
      readonly signature: string;
    }
  | {
      /** Verdicts that were found without a signature when the key was at hand again; what is signed next covers them. */
      readonly kind: 'verdicts-unsigned';
      /** The rows they are in, in order; the first hundred. */
      readonly rows: readonly number[];
      /** How many they are. */
      readonly count: number;
    }
  | {
      /** The wall clock was set back: between two rows of one run of the station, or while it was closed. */
      readonly kind: 'clock-jumped';
      readonly while: 'running' | 'closed';
      /** What the clock should have shown at least, and what it showed; ISO 8601. */
      readonly from: string;
      readonly to: string;
    }
  | {
      /** A copy was made and verified; `seq` and `hash` are the last row in it. */
      readonly kind: 'journal-backup';
      readonly file: string;
      readonly seq: number;
      readonly hash: string;
    }
  | {
      /** The journal was replaced by a copy of an earlier state, which ended in this row. */
      readonly kind: 'journal-restored';
      readonly file: string;
      readonly seq: number;
      readonly hash: string;
      readonly operator?: string | null;
      /** Where the journal before it was kept, and its last row where it could be read. */
      readonly kept: string | null;
      readonly replaced: { readonly seq: number; readonly hash: string } | null;
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
