import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import * as z from 'zod';
import { BATCH_ALLOWANCES, BATCH_KINDS, type BatchId } from '../../model/batch.ts';
import type { RecordedRow } from '../../model/batch-event.ts';
import type { Identity } from '../../model/identity.ts';
import type { Proof } from '../../model/job.ts';
import type { KeyFingerprint } from '../../model/key.ts';
import { StationError } from '../../model/station-error.ts';
import { readDocument, type ReadDocument } from '../../requests/signed-document.ts';

/** What the files say that they are: a part of a batch for another bench, and what became of a batch. */
export const SHARE = 'station-batch-share/1';
export const EXPORT = 'station-batch-export/1';

const text = z.string().max(4096);
const count = z.number().int().min(0);
const line = z.number().int().min(1);
const fingerprint = z.string().regex(/^sha256:[0-9a-f]{64}$/) as unknown as z.ZodType<KeyFingerprint>;
const identity = z.record(text, z.union([text, z.array(text)])) as unknown as z.ZodType<Identity>;
const batchId = text as unknown as z.ZodType<BatchId>;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const row = z.strictObject({
  line,
  identity,
  spki: text.optional(),
  fingerprint: fingerprint.optional(),
  tier: text.optional(),
  group: text.optional(),
  tags: z.record(text, text).optional(),
});

const shareSchema = z.strictObject({
  station: text,
  at: text,
  batch: z.strictObject({
    id: batchId,
    name: text,
    kind: z.enum(BATCH_KINDS),
    file: text,
    sha256,
    rows: count,
    columns: z.array(text),
    identityColumns: z.array(text),
  }),
  part: line,
  parts: line,
  rows: z.array(row).min(1).max(100_000),
});

const unit = z.object({
  line,
  identity,
  job: text,
  at: text,
  verdict: z.enum(['pass', 'already']),
  station: text,
  proof: text.nullable() as unknown as z.ZodType<Proof | null>,
  fingerprint: fingerprint.nullable(),
  deviceId: text.nullable(),
  operator: text.nullable(),
});

const admission = z.object({
  job: text,
  identity,
  why: z.enum(BATCH_ALLOWANCES),
  at: text,
  operator: text.nullable(),
});

/** Of an export only what a merge looks at; the rest of it is for others to read. */
const exportSchema = z.object({
  station: text,
  batch: z.object({
    name: text,
    closed: z.object({ at: text }).nullable().default(null),
    share: z
      .object({ batch: batchId, station: text, key: fingerprint, part: line, parts: line, rows: count })
      .nullable()
      .default(null),
  }),
  head: z.object({ seq: count, hash: text }).nullable(),
  units: z.array(unit).max(100_000),
  admitted: z.array(admission).default([]),
});

export type ShareDocument = z.infer<typeof shareSchema>;
export type ExportDocument = z.infer<typeof exportSchema>;

/** A file with its signature checked. */
export interface SignedFile<T> extends ReadDocument<T> {
  readonly path: string;
  /** SHA-256 (hex) of its bytes. */
  readonly sha256: string;
}

/** Whether a file begins as one that a station has signed; such a one is no list. False for one that cannot be read. */
export async function isSigned(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return /^\s*\{\s*"kind":\s*"station-/.test(buffer.toString('latin1', 0, bytesRead));
  } catch {
    // Whoever reads it next says why.
    return false;
  }
}

/** @throws StationError `batch/file-unreadable`, `request/unreadable`, `request/altered`. */
export async function readShare(path: string): Promise<SignedFile<ShareDocument>> {
  const file = await read(path, SHARE, shareSchema);
  for (const { spki, fingerprint: named } of file.body.rows as readonly RecordedRow[])
    if (named !== (spki === undefined ? undefined : fingerprintOf(spki)))
      throw new StationError('request/altered', { detail: 'a key is not the one that it is named' });
  return file;
}

/** @throws StationError `batch/file-unreadable`, `request/unreadable`, `request/altered`. */
export async function readExport(path: string): Promise<SignedFile<ExportDocument>> {
  return await read(path, EXPORT, exportSchema);
}

async function read<T>(path: string, kind: string, schema: z.ZodType<T>): Promise<SignedFile<T>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new StationError('batch/file-unreadable', { path, detail }, { cause: thrown });
  }
  return {
    ...readDocument(bytes.toString('utf8'), kind, schema),
    path,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function fingerprintOf(spki: string): string {
  return `sha256:${createHash('sha256').update(Buffer.from(spki, 'base64')).digest('hex')}`;
}
