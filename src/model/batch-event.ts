import type {
  BatchAllowance,
  BatchClosing,
  BatchId,
  BatchKind,
  BatchRunState,
  BatchShare,
  RowOutcome,
} from './batch.ts';
import type { Identity } from './identity.ts';
import type { ErrorReport, JobId, Proof } from './job.ts';
import type { KeyFingerprint } from './key.ts';

/** A row as it is written down; members that say nothing are left out. */
export interface RecordedRow {
  readonly line: number;
  readonly identity: Identity;
  /** SPKI DER, base64. */
  readonly spki?: string;
  readonly fingerprint?: KeyFingerprint;
  readonly tier?: string;
  readonly group?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A row that was left out of an import, so that it can be mended: its cells as they were in the file, and why. */
export interface LeftOutRow {
  readonly line: number;
  readonly cells: readonly string[];
  readonly reason: string;
}

/** What a server said of a row; `error` for those that it did not take. */
export interface RecordedOutcome {
  readonly line: number;
  readonly outcome: RowOutcome;
  readonly deviceId?: string;
  readonly error?: ErrorReport;
}

/** What the journal holds of batches. All of one import is one transaction, and its rows are in chunks. */
export type BatchEvent =
  | {
      readonly kind: 'batch-imported';
      readonly batch: BatchId;
      readonly name: string;
      readonly batchKind: BatchKind;
      readonly file: string;
      readonly sha256: string;
      readonly rows: number;
      readonly columns: readonly string[];
      readonly identityColumns: readonly string[];
      readonly leftOut: number;
      readonly operator: string | null;
      readonly share?: BatchShare;
    }
  | { readonly kind: 'batch-rows'; readonly batch: BatchId; readonly rows: readonly RecordedRow[] }
  | { readonly kind: 'batch-left-out'; readonly batch: BatchId; readonly rows: readonly LeftOutRow[] }
  | {
      /** A run at a server: what it is to do is done row by row, with a `batch-intent` before and `batch-outcomes` after. */
      readonly kind: 'batch-run';
      readonly batch: BatchId;
      readonly run: string;
      readonly state: BatchRunState;
      readonly server: string;
      readonly serverUrl: string;
      readonly operator: string | null;
    }
  | {
      /** Rows that are about to be sent; written before the first of them is. */
      readonly kind: 'batch-intent';
      readonly batch: BatchId;
      readonly run: string;
      readonly lines: readonly number[];
    }
  | {
      readonly kind: 'batch-outcomes';
      readonly batch: BatchId;
      readonly run: string;
      readonly outcomes: readonly RecordedOutcome[];
    }
  | {
      /** Devices that this batch had created at a server and nobody had used were removed: their rows are as if never sent. */
      readonly kind: 'batch-taken-back';
      readonly batch: BatchId;
      readonly server: string;
      readonly serverUrl: string;
      readonly lines: readonly number[];
      /** Rows whose devices are in use and stay there; left out where there are none. */
      readonly used?: readonly number[];
      readonly operator: string | null;
    }
  | {
      /** Rows that failed at a server and came again in another batch: they are that one's from now on. */
      readonly kind: 'batch-replaced';
      readonly batch: BatchId;
      readonly lines: readonly number[];
      readonly by: BatchId;
      readonly operator: string | null;
    }
  | {
      /** A board that is in no row, or was through already, and that an admin let through; written before it is changed. */
      readonly kind: 'batch-admitted';
      readonly batch: BatchId;
      readonly job: JobId;
      readonly identity: Identity;
      readonly why: BatchAllowance;
      readonly operator: string | null;
    }
  | {
      /** A part of the batch that goes to another bench; its lines as ranges, both ends included. */
      readonly kind: 'batch-shared';
      readonly batch: BatchId;
      readonly part: number;
      readonly parts: number;
      readonly rows: number;
      readonly lines: readonly (readonly [from: number, to: number])[];
      readonly operator: string | null;
    }
  | {
      /** What is left of a part is this station's again: nobody else provisions it any more. */
      readonly kind: 'batch-share-returned';
      readonly batch: BatchId;
      readonly part: number;
      readonly operator: string | null;
    }
  | {
      /** Boards that other benches provisioned for rows of this batch, from their signed exports. */
      readonly kind: 'batch-merged';
      readonly batch: BatchId;
      readonly file: string;
      readonly station: string;
      readonly stationKey: KeyFingerprint;
      readonly units: readonly {
        readonly line: number;
        readonly job: string;
        readonly at: string;
        readonly verdict: 'pass' | 'already';
        readonly fingerprint: KeyFingerprint | null;
        readonly deviceId: string | null;
        readonly proof: Proof | null;
        readonly operator: string | null;
      }[];
      /** Boards that an admin let through there. */
      readonly admitted?: readonly {
        readonly job: string;
        readonly identity: Identity;
        readonly why: string;
        readonly at: string;
        readonly operator: string | null;
      }[];
      readonly part?: number;
      /** The head of that bench's record when it wrote its export. */
      readonly head?: { readonly seq: number; readonly hash: string };
      /** That bench had closed its part: what is left of it is this station's again. */
      readonly returned?: boolean;
      readonly operator: string | null;
    }
  | {
      readonly kind: 'batch-closed';
      readonly batch: BatchId;
      readonly why: BatchClosing;
      readonly operator: string | null;
    }
  | {
      /** It is on no list any more; what it did stays in the record. */
      readonly kind: 'batch-removed';
      readonly batch: BatchId;
      readonly operator: string | null;
    };
