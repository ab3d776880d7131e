import { StationError } from '../../model/station-error.ts';
import { paced } from '../../serial/paced.ts';
import type { BoardDriver } from '../driver.ts';
import { Line } from './line.ts';
import { LISTEN_MS, logIn } from './login.ts';
import { probeLine } from './probe.ts';
import { QuietLoop } from './quiet-loop.ts';
import { ConsoleSession } from './session.ts';
import { startLoop } from './start-loop.ts';

/** How long the clean-up after a failed opening may take, in milliseconds. */
const CLEAN_UP_MS = 10_000;

/** The driver for boards with a Linux console: a login, a POSIX shell, and mender-client. */
export function createLinuxConsoleDriver(): BoardDriver {
  return {
    name: 'linux-console',

    async probe(link, { profile, signal, clock, transcript }) {
      using line = new Line({ link, clock, transcript, baudRate: profile.line.baudRate });
      return await probeLine(line, signal);
    },

    async open(link, context) {
      const { profile, passwords, signal, clock, transcript } = context;
      const line = new Line({
        link: paced(link, profile.line.pacing, clock),
        clock,
        transcript,
        baudRate: profile.line.baudRate,
      });
      let leave: ((signal: AbortSignal) => Promise<unknown>) | null = null;
      try {
        const listenMs = context.seen === 'ready' ? 0 : LISTEN_MS;
        const password = await logIn(line, { profile, passwords, signal, listenMs });
        leave = (until) => line.send('\x03\x15\rexit\r', until, 'no exchange');
        const nonce = await startLoop(line, profile, password, signal);
        const loop = new QuietLoop(line, nonce);
        leave = (until) => loop.leave(until);
        const session = new ConsoleSession(line, loop, nonce, context);
        await session.begin();
        return session;
      } catch (error) {
        await cleanUp(line, leave, context.leaveBy);
        throw error;
      }
    },
  };
}

/** Logs out of what was reached. The error that led here is the one to tell. */
async function cleanUp(
  line: Line,
  leave: ((signal: AbortSignal) => Promise<unknown>) | null,
  leaveBy: AbortSignal | undefined,
): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new StationError('job/cancelled')), CLEAN_UP_MS);
  try {
    if (!line.isGone) await leave?.(AbortSignal.any([limit.signal, leaveBy ?? limit.signal]));
  } catch (error) {
    line.note(`log-out: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
    line[Symbol.dispose]();
  }
}
