import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';

/** How long an exchange that is under way may go on after a cancel, so that what it began can be taken back. */
const GRACE_MS = 4_500;
/** When what is left to do after a cancel is at its end, whether it is taken back or finished; counted from the cancel. */
const WORK_MS = 8_000;
/** When the log-out is at its end, too: a cancelled job ends within ten seconds, also with a board that is dead. */
const END_MS = 9_900;

/** A cancel that knows when it is too late: once the key is being put in place, the job is finished instead of undone. */
export interface Cancellation extends Disposable {
  /**
   * For whatever waits now: ask for it anew each time. Fires a grace after the cancel; once committed, or while taking
   * back, at the end of the time that is left for work.
   */
  readonly signal: AbortSignal;
  /** What the front end asked for, at once: for waits that hold nothing. */
  readonly asked: AbortSignal;
  /** For the log-out: fires when a cancelled job has to be at its end. */
  readonly end: AbortSignal;
  /** @throws StationError `job/cancelled` when a cancel was asked for and it is not too late. */
  check(): void;
  /**
   * From here on nothing is undone any more. What puts the key in place, and what follows, has a few seconds after a
   * cancel, so that a board or a server that hangs cannot hold it.
   */
  commit(): void;
  /** From here on what was done is taken back: `signal` is a new one with the time that is left. */
  takeBack(): void;
}

/** Makes one of a front end's signal. */
export function cancellation(asked: AbortSignal, clock: Clock): Cancellation {
  const end = new AbortController();
  const disposed = new AbortController();
  let line = new AbortController();
  let settled = new AbortController();
  let committed = false;
  let askedAt = clock.monotonic();
  /** Aborts at a time after the cancel, unless `unless` fires before: then there is nothing left to interrupt. */
  const abortAt = (target: AbortController, ms: number, unless: AbortSignal): void => {
    clock.sleep(Math.max(0, askedAt + ms - clock.monotonic()), unless).then(
      () => target.abort(cancelled(asked)),
      () => undefined,
    );
  };
  const note = (): void => {
    askedAt = clock.monotonic();
    abortAt(end, END_MS, disposed.signal);
  };
  const hurry = (): void => abortAt(line, GRACE_MS, settled.signal);
  const finish = (): void => abortAt(line, WORK_MS, settled.signal);
  const limitWork = (): void => {
    settled.abort();
    settled = new AbortController();
    asked.removeEventListener('abort', hurry);
    asked.removeEventListener('abort', finish);
    if (asked.aborted) finish();
    else asked.addEventListener('abort', finish, { once: true });
  };
  if (asked.aborted) {
    note();
    line.abort(cancelled(asked));
  } else {
    asked.addEventListener('abort', note, { once: true });
    asked.addEventListener('abort', hurry, { once: true });
  }
  return {
    get signal() {
      return line.signal;
    },
    asked,
    end: end.signal,
    check: () => {
      if (asked.aborted && !committed) throw cancelled(asked);
    },
    commit: () => {
      committed = true;
      limitWork();
    },
    takeBack: () => {
      line = new AbortController();
      limitWork();
    },
    [Symbol.dispose]: () => {
      settled.abort();
      disposed.abort();
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
