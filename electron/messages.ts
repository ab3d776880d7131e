import type { ErrorReport } from '../src/model/job.ts';

/** The two channels between the window and main. */
export const CALL_CHANNEL = 'station:call';
export const EVENT_CHANNEL = 'station:event';

/** The origin of the window's page, and the only one whose messages are heard. */
export const APP_ORIGIN = 'app://station';

/** What protects the station's secrets at rest. */
export type WrappingKey =
  | { readonly kind: 'os'; readonly key: Uint8Array; readonly backend: string }
  | { readonly kind: 'none'; readonly reason: string };

/** From main to the process that hosts the station. */
export type ToStation =
  | {
      readonly type: 'start';
      readonly home: string;
      readonly wrappingKey: WrappingKey;
    }
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly type: 'stop' };

/** An answer to a call, as the window gets it. */
export type Answer =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorReport };

/** From the process that hosts the station to main. */
export type FromStation =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: ErrorReport }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'event'; readonly event: unknown };

/** What the window is told of the process that hosts the station. */
export interface StationProcessEvent {
  readonly type: 'station-process';
  readonly state: 'up' | 'down' | 'restarting';
  /** A sentence on why it ended; null where nothing is wrong. */
  readonly cause: string | null;
}
