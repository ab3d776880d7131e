import * as z from 'zod';
import { batchName, type BatchView } from './batches.ts';

/** All that a front end may ask of a station about batches that several benches work on. */

const text = z.string().min(1).max(4096);
/** Of a station's key, as `station doctor` shows it there. */
export const stationKey = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits');

export const BATCH_SHARE_CALLS = {
  /**
   * Splits the rows that nobody has provisioned yet into parts of equal size, and writes each as a file that another bench
   * imports. From then on this station does not take those rows itself.
   */
  'batch.share': z.strictObject({
    name: batchName,
    benches: z.number().int().min(1).max(99),
    /** Whether this station is one of the benches: the first part is not given away. */
    keep: z.boolean().default(false),
    /** Where the files go; it has to be there. */
    folder: text,
  }),
  /** What is left of a part is this station's again: for when the other bench does not provision it any more. */
  'batch.return-share': z.strictObject({ name: batchName, part: z.number().int().min(1) }),
  /**
   * Counts what other benches did, from their signed exports, all of it or nothing: a file that was changed, of another
   * batch, or that counts a board that was counted elsewhere stops it. The same file again changes nothing.
   */
  'batch.merge': z.strictObject({
    name: batchName,
    files: z.array(text).min(1).max(99),
    /** Keys of benches that a person has compared with what is shown there; known ones need none. */
    trust: z.array(stationKey).max(99).default([]),
    dryRun: z.boolean().default(false),
  }),
} as const;

export interface BatchShareCallResults {
  'batch.share': BatchShareReport;
  'batch.return-share': BatchView;
  'batch.merge': BatchMergeReport;
}

export interface BatchShareReport {
  readonly batch: BatchView;
  readonly files: readonly {
    readonly path: string;
    readonly part: number;
    readonly parts: number;
    readonly rows: number;
  }[];
  /** The fingerprint of the key that signed them. */
  readonly key: string;
}

export interface BatchMergeReport {
  readonly batch: BatchView;
  readonly files: readonly MergedFile[];
  readonly dryRun: boolean;
}

export interface MergedFile {
  readonly path: string;
  readonly station: string;
  readonly key: string;
  /** Whether that key is known here, or was compared; a dry run tells what it is not yet. */
  readonly known: boolean;
  readonly part: number;
  /** Boards in it; those that counted by this call. The others had counted before. */
  readonly units: number;
  readonly added: number;
  /** Whether what is left of its part is this station's again, since that bench had closed it. */
  readonly returned: boolean;
}
