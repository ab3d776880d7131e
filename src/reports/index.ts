import { batchSheetOf, type BatchSubject } from './batch-sheet.ts';
import { renderSheet } from './pdf.ts';
import { sheetOf } from './sheet.ts';
import type { SheetSubject } from './subject.ts';

/** Documents about what the record holds. */
export type { BatchSubject } from './batch-sheet.ts';
export type { SheetSubject } from './subject.ts';

/**
 * The sheet of an ended job as a PDF: a hand-over sheet for a unit that was re-keyed, a certificate for one that was
 * provisioned, and for a job that did not pass a report that says so. The same subject gives the same bytes.
 */
export function sheetPdf(subject: SheetSubject): Promise<Buffer> {
  return renderSheet(sheetOf(subject));
}

/** The certificate of a batch as a PDF: every board that counted, and what ties it to the record. */
export function batchPdf(subject: BatchSubject): Promise<Buffer> {
  return renderSheet(batchSheetOf(subject));
}
