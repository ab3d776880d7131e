import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';

/** How long an exchange that is under way may go on after a cancel, so that what it began can be taken back. */
const GRACE_MS = 6_000;

/** A cancel that knows when it is too late: once the key is being put in place, the job is finished instead. */
export interface Cancellation extends Disposable {
  /** For whatever waits now. Fires a grace after the cancel, and never once committed. */
  readonly signal: AbortSignal;
  /** @throws StationError `job/cancelled` when a cancel was asked for and it is not too late. */
  check(): void;
  /** From here on the job is finished, whatever is asked. */
  commit(): void;
}

/** Makes one of a front end's signal. */
export function cancellation(asked: AbortSignal, clock: Clock): Cancellation {
  const line = new AbortController();
  const settled = new AbortController();
  let committed = false;
  const hurry = (): void => {
    clock.sleep(GRACE_MS, settled.signal).then(
      () => line.abort(cancelled(asked)),
      // The job ended or committed within the grace: there is nothing left to interrupt.
      () => undefined,
    );
  };
  if (asked.aborted) line.abort(cancelled(asked));
  else asked.addEventListener('abort', hurry, { once: true });
  return {
    signal: line.signal,
    check: () => {
      if (asked.aborted && !committed) throw cancelled(asked);
    },
    commit: () => {
      committed = true;
      settled.abort();
      asked.removeEventListener('abort', hurry);
    },
    [Symbol.dispose]: () => {
      settled.abort();
      asked.removeEventListener('abort', hurry);
    },
  };
}

function cancelled(signal: AbortSignal): StationError {
  const reason: unknown = signal.reason;
  return reason instanceof StationError ? asStationError(reason) : new StationError('job/cancelled');
}
