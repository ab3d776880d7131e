import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';

/** Errors for which a server is waited for, before anything was sent to it. */
export const WAITABLE: ReadonlySet<string> = new Set(['server/unreachable', 'server/timeout']);

/** How often it is looked whether the server, or the board, is there. Milliseconds. */
const LOOK_EVERY_MS = 5_000;

export interface WaitParts {
  readonly clock: Clock;
  /** Wall time, so that hours in which the machine slept count; milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Throws while the server is away. */
  readonly reachServer: (signal: AbortSignal) => Promise<void>;
  readonly tell: (what: 'server' | 'board') => void;
  /** Logs in to the board; throws while it is not there. */
  readonly reachBoard: () => Promise<void>;
}

/**
 * Waits until the server answers, then until the board does. Nothing is held meanwhile.
 *
 * @throws StationError `job/wait-ended` at the deadline; the signal's reason when aborted.
 */
export async function waitForServer(parts: WaitParts): Promise<void> {
  const { signal, reachServer, tell, reachBoard } = parts;
  tell('server');
  await until(parts, 'the server', () => reachServer(signal));
  let told = false;
  await until(parts, 'the board', async () => {
    try {
      await reachBoard();
    } catch (thrown) {
      if (!told) tell('board');
      told = true;
      throw thrown;
    }
  });
}

/** Tries again and again. Whatever hinders it may be mended by a person meanwhile: a login, a cable, a network. */
async function until(
  { clock, deadline, signal }: WaitParts,
  what: string,
  attempt: () => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asStationError(thrown);
      if (error.code === 'station/internal') throw error;
      const left = deadline - clock.now();
      if (left <= 0) throw new StationError('job/wait-ended', { for: what }, { cause: error });
      await clock.sleep(Math.min(LOOK_EVERY_MS, left), signal);
    }
  }
}
