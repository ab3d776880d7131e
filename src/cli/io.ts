import type { Clock } from '../model/clock.ts';

/** The streams and the environment of one command, as parameters so that a test can be the terminal. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: NodeJS.ProcessEnv;
  /** Fires at the first Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** The machine's own time where left out. */
  readonly clock?: Clock;
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly home?: string;
  readonly json: false | 'document' | 'lines';
  readonly quiet: boolean;
  readonly color: boolean;
}
