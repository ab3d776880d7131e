/** The record of what was meant, done and seen: append-only, durable, one writer per home. */
export { canonicalJson } from './canonical-json.ts';
export { homeHolder, lockHome } from './home-lock.ts';
export type { HomeLock, LockHolder } from './home-lock.ts';
export { parseHead } from './chain.ts';
export { copyInThread } from './copy.ts';
export type { Head, JournalSigner } from './chain.ts';
export type { Expectations, Fault, KeyUse, Problem } from './chain-check.ts';
export { csvLineToReadAgain } from './csv.ts';
export { CSV_START } from './export-csv.ts';
export { EXPORT_START } from './export-json.ts';
export type { Exported, ExportOptions } from './export-json.ts';
export type { BatchAdmission, BatchRunSpan, BatchUnitRecord, KnownRow, SendQuery } from './batches.ts';
export type { InventoryQuery, InventoryRecord } from './inventory.ts';
export { openJournal, readJournal } from './journal.ts';
export type {
  JobRecord,
  Journal,
  JournalClock,
  JournalHead,
  JournalOptions,
  JournalReader,
  RecordQuery,
  StagedKeyRecord,
  StepRecord,
  UnitHistory,
} from './journal.ts';
export type { RecordDocument } from './record-document.ts';
export { underLock } from './short-lock.ts';
export { restoreJournal } from './restore.ts';
export type { Restored } from './restore.ts';
export type { Percentiles, Statistics } from './statistics.ts';
export { notices, noticing } from './notices.ts';
export { inPieces, inTurns } from './turns.ts';
export { verifyingFile } from './verify-file.ts';
export type { Verification } from './verify.ts';
