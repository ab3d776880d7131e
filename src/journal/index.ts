/** The record of what was meant, done and seen: append-only, durable, one writer per home. */
export { canonicalJson } from './canonical-json.ts';
export { homeHolder, lockHome } from './home-lock.ts';
export type { HomeLock, LockHolder } from './home-lock.ts';
export { openJournal, readJournal } from './journal.ts';
export type {
  JobRecord,
  Journal,
  JournalClock,
  JournalOptions,
  JournalReader,
  RecordQuery,
  StagedKeyRecord,
  StepRecord,
} from './journal.ts';
