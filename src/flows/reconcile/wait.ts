import type { Clock } from '../../model/clock.ts';
import { asStationError, StationError } from '../../model/station-error.ts';

/** Errors for which a server is waited for, before anything was sent to it. */
export const WAITABLE: ReadonlySet<string> = new Set(['server/unreachable', 'server/timeout']);

/** How often it is looked whether the server, or the board, is there. Milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** How long at most until the board is logged in to again, where the server went away each time. Milliseconds. */
const MOST_PAUSE_MS = 120_000;

export interface WaitParts {
  readonly clock: Clock;
  /** Wall time, so that hours in which the machine slept count; milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Throws while the server is away. */
  readonly reachServer: (signal: AbortSignal) => Promise<void>;
  readonly tell: (what: 'server' | 'board') => Promise<void>;
  /** Logs in to the board; throws while it is not there. */
  readonly reachBoard: () => Promise<void>;
  /** Reads what the job needs of the server; false where it has gone away again. */
  readonly lookUp: () => Promise<boolean>;
  readonly leaveBoard: () => Promise<void>;
}

/**
 * Waits until the server answers, then until the board does, and until the server has told what the job needs: on a
 * network that comes and goes that is tried again, at longer and longer intervals, until the one deadline. Nothing is
 * held meanwhile.
 *
 * @throws StationError `job/wait-ended` at the deadline; the signal's reason when aborted; what `lookUp` throws.
 */
export async function waitForServer(parts: WaitParts): Promise<void> {
  const { clock, deadline, signal, reachServer, reachBoard, lookUp, leaveBoard } = parts;
  let told: 'server' | 'board' | null = null;
  const tell = async (what: 'server' | 'board'): Promise<void> => {
    if (told !== what) await parts.tell(what);
    told = what;
  };
  for (let pause = LOOK_EVERY_MS; ; pause = Math.min(2 * pause, MOST_PAUSE_MS)) {
    await tell('server');
    await until(parts, 'the server', () => reachServer(signal));
    await until(parts, 'the board', async () => {
      try {
        await reachBoard();
      } catch (thrown) {
        await tell('board');
        throw thrown;
      }
    });
    if (await lookUp()) return;
    await leaveBoard();
    await tell('server');
    const left = deadline - clock.now();
    if (left <= 0) throw new StationError('job/wait-ended', { for: 'the server' });
    await clock.sleep(Math.min(pause, left), signal);
  }
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
