import { boardUser, type BoardChoices } from './board/index.ts';
import type { Fault } from './server/index.ts';

/** Something that goes wrong at a rehearsal, so that one sees what the station does about it. */
export interface Failure {
  readonly description: string;
  /** What the server does. */
  readonly faults?: readonly Fault[];
  /** By how many the devices that the server takes are fewer than the boards. */
  readonly short?: number;
  /** How the last board differs from a good one. */
  readonly board?: BoardChoices;
}

/** The failures that `station rehearse --fail` offers. */
export const FAILURES = {
  'device-limit': { description: 'the server takes one device less than there are boards', short: 1 },
  'server-slow': {
    description: 'every answer comes a second late',
    faults: [{ on: 'any', act: { kind: 'latency', ms: 1000 } }],
  },
  'server-down': {
    description: 'every connection is cut once the boards are at work',
    faults: [{ on: 'auth-request', act: { kind: 'drop', when: 'before' } }],
  },
  'half-accepted': {
    description: 'the server accepts but fails to say so, and does only half of it',
    faults: [{ on: 'accept', times: 1, act: { kind: 'workflows-down' } }],
  },
  'lost-reply': {
    description: 'an answer to an accept is lost on its way',
    faults: [{ on: 'accept', times: 1, act: { kind: 'drop', when: 'after' } }],
  },
  'rate-limit': {
    description: 'the server asks to slow down',
    faults: [{ on: 'get-device', times: 2, act: { kind: 'status', status: 429, retryAfter: 1 } }],
  },
  'login-ends': {
    description: 'the login is revoked in the middle',
    faults: [{ on: 'accept', times: 1, act: { kind: 'revoke-sessions' } }],
  },
  'no-rights': {
    description: 'the account may not accept devices',
    faults: [{ on: 'accept', act: { kind: 'status', status: 403 } }],
  },
  'disk-full': { description: 'no room left on a board', board: { storage: { dataFull: true } } },
  'read-only': {
    description: 'the file system of a board is read-only',
    board: { storage: { dataReadOnly: true } },
  },
  'no-identity': {
    description: 'the identity script of a board is missing',
    board: { identity: { kind: 'missing' } },
  },
  update: {
    description: 'a board waits for the commit of an update',
    board: { client: { update: 'uncommitted' } },
  },
  clock: {
    description: 'the clock of a board is a year behind',
    board: { system: { clockOffset: -365 * 24 * 3600 * 1000 } },
  },
  'wrong-password': {
    description: 'a board has another password',
    board: { users: [boardUser({ name: 'root', password: 'another' })] },
  },
  silent: { description: 'a board has no power', board: { console: { start: 'off' } } },
  noise: {
    description: 'the kernel of a board writes over the line',
    board: { noise: { kernelEvery: 200, kernelLevel: 4 } },
  },
} as const satisfies Readonly<Record<string, Failure>>;

export type FailureKind = keyof typeof FAILURES;

/** @returns the failure of that name, or null for none. */
export function failureNamed(name: string): Failure | null {
  return Object.hasOwn(FAILURES, name) ? FAILURES[name as FailureKind] : null;
}
