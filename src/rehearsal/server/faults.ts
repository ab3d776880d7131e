import type { Reply } from './wire.ts';

/** The calls that a fault can be put on, by the name of what they do. */
export type StepName =
  | 'login'
  | 'logout'
  | 'list-tokens'
  | 'create-token'
  | 'delete-token'
  | 'list-users'
  | 'create-user'
  | 'get-user'
  | 'update-user'
  | 'delete-user'
  | 'settings'
  | 'plan'
  | 'auth-request'
  | 'list-devices'
  | 'search-devices'
  | 'count-devices'
  | 'get-device'
  | 'preauthorize'
  | 'decommission'
  | 'get-set-status'
  | 'accept'
  | 'reject'
  | 'reset'
  | 'delete-set'
  | 'revoke-token'
  | 'get-limit'
  | 'inventory-search'
  | 'inventory-device'
  | 'tags'
  | 'group'
  | 'attributes'
  | 'deployment'
  | 'tenant';

export type FaultAction =
  /** The answer comes `ms` milliseconds late; the work is done before the pause, or with `before` after it. */
  | { readonly kind: 'latency'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** This status instead of the call's own. `before` (the default): nothing was done; `after`: the work was done. */
  | {
      readonly kind: 'status';
      readonly status: 401 | 403 | 409 | 422 | 429 | 500 | 502 | 503 | 504;
      /** Seconds; 429 carries 1 when nothing is said. */
      readonly retryAfter?: number;
      readonly when?: 'before' | 'after';
    }
  /** The connection is cut: `before`: nothing was done; `after`: the work was done and the answer is lost. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  /** Never an answer. `after`: the work was done. */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'after' }
  /**
   * The workflows service can't be reached for this call. On `accept` that is the half-done accept: 503 (2026) or 500 (2023)
   * although the set is accepted, `provision_device` not sent, and repeating the PUT does not send it.
   */
  | { readonly kind: 'workflows-down' }
  /** Every session is revoked just before this call, so that it and what follows answers a true 401. */
  | { readonly kind: 'revoke-sessions' };

export interface Fault {
  /** A step, several, any call, or calls by method and path. */
  readonly on: StepName | readonly StepName[] | 'any' | { readonly method?: string; readonly path?: RegExp };
  /** Matching calls to let pass first; default 0. */
  readonly skip?: number;
  /** Matching calls that fail then; default: all. */
  readonly times?: number;
  readonly act: FaultAction;
}

/** A fault in place. */
export interface PlacedFault {
  readonly fault: Fault;
  /** How many calls it has hit. */
  readonly hits: number;
  remove(): void;
}

interface Call {
  readonly step: StepName | undefined;
  readonly method: string;
  readonly path: string;
}

/** The faults of a server; can be changed at any time, and a change holds from the next call on. */
export class FaultSwitch {
  private placed: { readonly fault: Fault; seen: number; hits: number }[] = [];

  constructor(faults: readonly Fault[] = []) {
    for (const fault of faults) this.add(fault);
  }

  add(fault: Fault): PlacedFault {
    const entry = { fault, seen: 0, hits: 0 };
    this.placed.push(entry);
    return {
      fault,
      get hits() {
        return entry.hits;
      },
      remove: () => {
        this.placed = this.placed.filter((other) => other !== entry);
      },
    };
  }

  /** Takes all faults off. */
  clear(): void {
    this.placed = [];
  }

  /** The faults that hit this call, counted as hit, in the order in which they were added. */
  take(call: Call): readonly FaultAction[] {
    if (this.placed.length === 0) return [];
    const actions: FaultAction[] = [];
    for (const entry of this.placed) {
      if (!concerns(entry.fault, call)) continue;
      entry.seen += 1;
      if (entry.seen <= (entry.fault.skip ?? 0) || entry.hits >= (entry.fault.times ?? Infinity)) continue;
      entry.hits += 1;
      actions.push(entry.fault.act);
    }
    return actions;
  }
}

function concerns({ on }: Fault, call: Call): boolean {
  if (on === 'any') return true;
  if (typeof on === 'string') return on === call.step;
  if ('path' in on || 'method' in on) {
    return (on.method ?? call.method) === call.method && (on.path === undefined || on.path.test(call.path));
  }
  return Array.isArray(on) && call.step !== undefined && on.includes(call.step);
}

const WORDS = {
  401: 'unauthorized',
  403: 'unauthorized',
  409: 'conflict',
  422: 'maximum number of accepted devices reached',
  429: 'too many requests',
  500: 'internal error',
  502: 'bad gateway',
  503: 'service unavailable',
  504: 'gateway timeout',
} as const;

/** The answer that a `status` fault gives, in the server's own form. */
export function faultReply(action: FaultAction & { readonly kind: 'status' }): Reply {
  const { status } = action;
  if (status !== 429) return { status, error: WORDS[status] };
  return tooMany(action.retryAfter ?? 1);
}

/** The 429 of the rate limits; `retryAfter` in seconds. */
export function tooMany(retryAfter: number): Reply {
  return {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': String(retryAfter) },
    error: WORDS[429],
  };
}
