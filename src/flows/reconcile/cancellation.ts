import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';

/** How long an exchange that is under way may go on after a cancel, so that what it began can be taken back. */
const GRACE_MS = 5_000;
/** When a job that has switched is at its end after a cancel, and how long it has at least; the log-out comes on top. */
const FINISH_MS = 8_000;
const LEAST_FINISH_MS = 3_000;
/** How long taking back may take after that: together with the log-out, a cancelled job ends within ten seconds. */
const TAKE_BACK_MS = 3_500;

/** A cancel that knows when it is too late: once the key is being put in place, the job is finished instead of undone. */
export interface Cancellation extends Disposable {
  /** For whatever waits now: ask for it anew each time. Fires a grace after the cancel, and never once committed. */
  readonly signal: AbortSignal;
  /** What the front end asked for, at once: for waits that hold nothing. */
  readonly asked: AbortSignal;
  /** @throws StationError `job/cancelled` when a cancel was asked for and it is not too late. */
  check(): void;
  /** From here on nothing is undone any more, and nothing may be interrupted until `switched`. */
  commit(): void;
  /** The key is in place: after a cancel what is left has a few seconds, so that a server that hangs cannot hold it. */
  switched(): void;
  /** From here on what was done is taken back: after a cancel, `signal` is a new one with a time of its own. */
  takeBack(): void;
}

/** Makes one of a front end's signal. */
export function cancellation(asked: AbortSignal, clock: Clock): Cancellation {
  let line = new AbortController();
  let settled = new AbortController();
  let committed = false;
  const abortAfter = (ms: number): void => {
    const { signal } = settled;
    const aborted = line;
    clock.sleep(ms, signal).then(
      () => aborted.abort(cancelled(asked)),
      // The job ended, committed or went on to take back: there is nothing left to interrupt.
      () => undefined,
    );
  };
  const hurry = (): void => abortAfter(GRACE_MS);
  let askedAt = clock.monotonic();
  const note = (): void => void (askedAt = clock.monotonic());
  const finish = (): void => abortAfter(Math.max(LEAST_FINISH_MS, askedAt + FINISH_MS - clock.monotonic()));
  asked.addEventListener('abort', note, { once: true });
  if (asked.aborted) line.abort(cancelled(asked));
  else asked.addEventListener('abort', hurry, { once: true });
  return {
    get signal() {
      return line.signal;
    },
    asked,
    check: () => {
      if (asked.aborted && !committed) throw cancelled(asked);
    },
    commit: () => {
      committed = true;
      settled.abort();
      asked.removeEventListener('abort', hurry);
    },
    switched: () => {
      settled.abort();
      asked.removeEventListener('abort', hurry);
      settled = new AbortController();
      if (asked.aborted) finish();
      else asked.addEventListener('abort', finish, { once: true });
    },
    takeBack: () => {
      if (committed || !asked.aborted) return;
      settled.abort();
      settled = new AbortController();
      line = new AbortController();
      abortAfter(TAKE_BACK_MS);
    },
    [Symbol.dispose]: () => {
      settled.abort();
      asked.removeEventListener('abort', hurry);
      asked.removeEventListener('abort', finish);
      asked.removeEventListener('abort', note);
    },
  };
}

function cancelled(signal: AbortSignal): StationError {
  const reason: unknown = signal.reason;
  return reason instanceof StationError ? asStationError(reason) : new StationError('job/cancelled');
}
