import { ERRORS, type ErrorCode } from './error-table.ts';
import type { ErrorReport } from './job.ts';

/** Values for the `{names}` in an error's texts. Never a secret: these texts are stored and shown. */
export type ErrorDetails = Readonly<Record<string, string | number>>;

export interface StationErrorOptions {
  readonly cause?: unknown;
  /** Replaces the table's sentence on what was not changed, where the flow knows better. */
  readonly unchanged?: string;
}

/**
 * The one error that leaves a part of the station: a stable code, what happened, what was *not* changed, what to do, and
 * whether trying again can help. Front ends show `code`'s texts; nobody matches on `message`.
 */
export class StationError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly unchanged: string;
  readonly remedy: string;
  readonly retriable: boolean;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: StationErrorOptions = {}) {
    const row = ERRORS[code];
    super(fill(row.message, details), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StationError';
    this.code = code;
    this.details = details;
    this.unchanged = options.unchanged ?? fill(row.unchanged, details);
    this.remedy = fill(row.remedy, details);
    this.retriable = row.retriable;
  }

  /** The same error with a better sentence on what was not changed. */
  leaving(unchanged: string): StationError {
    return new StationError(this.code, this.details, { cause: this, unchanged });
  }

  toReport(): ErrorReport {
    const { code, message, unchanged, remedy, retriable } = this;
    return { code, message, unchanged, remedy, retriable };
  }
}

/** Anything thrown, as a `StationError`: what is not one already is a fault of the station's own, `station/internal`. */
export function asStationError(thrown: unknown): StationError {
  if (thrown instanceof StationError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new StationError('job/cancelled', {}, { cause: thrown });
  return new StationError(
    'station/internal',
    { detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) },
    { cause: thrown },
  );
}

function fill(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '?'));
}
