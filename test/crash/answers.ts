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

/** Answers that a server in trouble gives to everything until it is mended, and what a job then may stop with. */
export const LASTING: Readonly<Partial<Record<Answer, RegExp>>> = {
  '401':
    /^server\/(login-refused|session-ended|not-authorized|other-organization|login-needed|no-rights|token-refused)$|^board\/client-refused$/,
  '422': /^server\/|^board\/client-refused$/,
  '429': /^server\/rate-limited$|^board\/client-refused$/,
  '500': /^server\/|^board\/client-refused$/,
  '503-done': /^server\/|^board\/client-refused$/,
  lost: /^server\/(unreachable|not-settled)$|^board\/client-refused$/,
  hang: /^server\/timeout$|^board\/client-refused$/,
};
