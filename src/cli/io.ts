import type { Clock } from '../model/clock.ts';
import type { Outlet } from './outlet.ts';

/** The streams and the environment of one command, as parameters so that a test can be the terminal. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Outlet;
  readonly stderr: Outlet;
  readonly env: NodeJS.ProcessEnv;
  /** Fires at the first Ctrl-C, or when the process is told to end in another way. */
  readonly interrupted: AbortSignal;
  /** The machine's own time where left out. */
  readonly clock?: Clock;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly home?: string;
  /** Who works, where that was said. */
  readonly operator?: string;
  readonly json: false | 'document' | 'lines';
  readonly quiet: boolean;
  readonly color: boolean;
}
