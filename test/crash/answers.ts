import type { StopCode } from '../../src/flows/stops.ts';
import type { FaultAction } from '../../src/rehearsal/server/index.ts';

/** What the server makes of a call, by the name that a cell has for it; null for what it would do anyway. */
export const ANSWERS = {
  '200': null,
  '401': { kind: 'status', status: 401 },
  '409': { kind: 'status', status: 409 },
  '422': { kind: 'status', status: 422 },
  '429': { kind: 'status', status: 429, retryAfter: 2 },
  '500': { kind: 'status', status: 500 },
  '503-done': { kind: 'status', status: 503, when: 'after' },
  lost: { kind: 'drop', when: 'after' },
  hang: { kind: 'hang', when: 'before' },
  'hang-done': { kind: 'hang', when: 'after' },
} as const satisfies Readonly<Record<string, FaultAction | null>>;

export type Answer = keyof typeof ANSWERS;

/** With what a job ends that meets an answer and is not cut, where it does not pass. */
interface Ends {
  /** At any of its calls, once or for good. */
  readonly met: readonly StopCode[];
  /** At every call: an answer that a server in trouble gives to everything until it is mended. Null: no such answer. */
  readonly always: StopCode | null;
}

export const ENDS: Readonly<Record<Answer, Ends>> = {
  '200': { met: [], always: null },
  // To an auth request it is a plain refusal; of a unit that the server does not show then, it may be another’s.
  '401': {
    met: ['server/session-ended', 'server/not-authorized', 'server/other-organization'],
    always: 'server/session-ended',
  },
  // To a preauthorization it tells a device that is there, and then has to name it.
  '409': { met: ['server/failed', 'server/not-mender'], always: null },
  // To an accept it is the limit of the tenant.
  '422': { met: ['server/failed', 'server/device-limit'], always: 'server/failed' },
  // It is waited for as it asks; for good, it is no longer.
  '429': { met: ['server/rate-limited'], always: 'server/rate-limited' },
  '500': { met: ['server/failed'], always: 'server/failed' },
  '503-done': { met: ['server/failed'], always: 'server/failed' },
  lost: { met: ['server/unreachable'], always: 'server/unreachable' },
  hang: { met: ['server/timeout'], always: 'server/timeout' },
  'hang-done': { met: ['server/timeout'], always: null },
};

/** Whether a job may end with a code where a call of it, or every call, got the answer. */
export function mayEndWith(answer: Answer, calls: 'met' | 'always', code: string, waits: boolean): boolean {
  // Whatever hinders one that waits is waited for until its time is up.
  if (waits && code === 'job/wait-ended') return true;
  const { met, always } = ENDS[answer];
  return calls === 'always' ? code === always : met.some((one) => one === code);
}
