import { randomUUID } from 'node:crypto';
import type { Mode } from './wire.ts';

/** An organization of a server that has several: every auth request must carry its token. */
export interface Tenant {
  readonly token: string;
  /** Default: an id of the form that the real service uses. */
  readonly id?: string;
  readonly name?: string;
  readonly plan?: string;
}

/** How many verified calls one user and one device may make in a window of a minute. */
export interface Quota {
  readonly perUser: number;
  readonly perDevice: number;
}

/** What ids are made for. */
export type IdKind = 'user' | 'session' | 'device' | 'auth-set' | 'request' | 'etag';

/** The surroundings of the server: what its operator, and not its clients, can change, at any time. */
export interface Environment {
  readonly mode: Mode;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: (kind: IdKind) => string;
  /** The workflows service, through which every change of a device's status is announced. */
  workflows: 'up' | 'down';
  /** Accepted devices at most, in the mode's own terms: unlimited is -1 in 2026 and 0 in 2023. */
  limit: number;
  sessionSeconds: number;
  deviceTokenSeconds: number;
  /** How long the decommissioning workflow takes, in milliseconds; `manual` waits for `finishDecommissions`. */
  decommissionMs: number | 'manual';
  /** Pause between the two writes of an accept (reject the others, accept this one), in milliseconds. */
  acceptGapMs: number;
  /** How long the inventory takes to know a device, in milliseconds. */
  inventoryLagMs: number;
  /** The token cache, as hosted and enterprise servers have it. */
  redis: 'off' | 'up' | 'down';
  quota: Quota | undefined;
  tenant: Tenant | undefined;
  /** The host name that the gateway answers to (beside `localhost` and `traefik`); undefined: to any. */
  hostname: string | undefined;
}

/** Tokens live a week. */
const WEEK_SECONDS = 604_800;

/** Unlimited, in the mode's own terms. */
export function unlimited(mode: Mode): number {
  return mode === '2026' ? -1 : 0;
}

/** The surroundings of a healthy server without extras. */
export function defaultEnvironment(mode: Mode, overrides: Partial<Environment> = {}): Environment {
  return {
    mode,
    clock: Date.now,
    newId: () => randomUUID(),
    workflows: 'up',
    limit: unlimited(mode),
    sessionSeconds: WEEK_SECONDS,
    deviceTokenSeconds: WEEK_SECONDS,
    decommissionMs: 300,
    acceptGapMs: 0,
    inventoryLagMs: 0,
    redis: 'off',
    quota: undefined,
    tenant: undefined,
    hostname: undefined,
    ...overrides,
  };
}

/** The tenant's id in tokens. */
export function tenantId(tenant: Tenant): string {
  return tenant.id ?? '5abcb6de7a673a0001287c71';
}
