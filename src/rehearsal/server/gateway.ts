import { AUTHENTICATION_V1, DEVAUTH_V2 } from './devauth-routes.ts';
import type { Environment } from './environment.ts';
import {
  DEVICE_DEPLOYMENTS,
  DEVICE_INVENTORY_V1,
  INVENTORY_V1,
  INVENTORY_V2,
  TENANTADM_V1,
} from './inventory-routes.ts';
import type { Route } from './route.ts';
import { USERADM_V1, USERADM_V2 } from './useradm-routes.ts';
import type { Mode, WireRequest } from './wire.ts';

/** Where a path leads: which service answers, who is let through to it, and what is routed there. */
export interface Gate {
  readonly access: 'anybody' | 'user' | 'device';
  /** The path within the service. */
  readonly rest: string;
  readonly routes: readonly Route[];
}

type Versions = { readonly [version: string]: readonly Route[] };

const MANAGEMENT: { readonly [service: string]: Versions } = {
  useradm: { v1: USERADM_V1, v2: USERADM_V2 },
  devauth: { v2: DEVAUTH_V2 },
  inventory: { v1: INVENTORY_V1, v2: INVENTORY_V2 },
};

const DEVICES: { readonly [service: string]: Versions } = {
  authentication: { v1: AUTHENTICATION_V1 },
  inventory: { v1: DEVICE_INVENTORY_V1 },
  deployments: { v1: DEVICE_DEPLOYMENTS, v2: DEVICE_DEPLOYMENTS },
};

/** Path of a target, without the query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** The gate of a request; undefined where the gateway itself answers 404. */
export function findGate(request: WireRequest, environment: Environment): Gate | undefined {
  if (!answersTo(request.headers['host'], environment.hostname)) return undefined;
  const [, api, side, version = '', service = '', ...segments] = pathOf(request.target).split('/');
  if (api !== 'api' || !/^v[0-9]+$/.test(version)) return undefined;
  const rest = segments.join('/');
  if (side === 'management') {
    const versions =
      service === 'tenantadm' && environment.tenant ? { v1: TENANTADM_V1 } : MANAGEMENT[service];
    return versions && { access: managementAccess(service, rest), rest, routes: versions[version] ?? [] };
  }
  const versions = side === 'devices' ? DEVICES[service] : undefined;
  if (!versions) return undefined;
  return {
    access: service === 'authentication' ? 'anybody' : 'device',
    rest,
    routes: versions[version] ?? [],
  };
}

function answersTo(host: string | undefined, hostname: string | undefined): boolean {
  if (hostname === undefined) return true;
  const name = (host ?? '').replace(/:[0-9]+$/, '').toLowerCase();
  return name === hostname.toLowerCase() || name === 'localhost' || name === 'traefik';
}

/** Logging in needs no token; logging out does. */
function managementAccess(service: string, rest: string): 'anybody' | 'user' {
  const open = service === 'useradm' && /^(?:auth|oauth2|oidc)(?:\/|$)/.test(rest) && rest !== 'auth/logout';
  return open ? 'anybody' : 'user';
}

/** What a service makes of method and path. */
export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: readonly string[] }
  | { readonly kind: 'wrong method'; readonly allowed: readonly string[] }
  /** The same path without the slash at its end exists. */
  | { readonly kind: 'trailing slash' }
  | { readonly kind: 'unknown' };

export function matchRoute(gate: Gate, method: string, mode: Mode): Match {
  const here = routesAt(gate, gate.rest, mode);
  const exact = here.find(({ route }) => route.method === method);
  if (exact) return { kind: 'route', ...exact };
  if (here.length > 0) {
    const first = here[0]?.route.pattern;
    const same = here.filter(({ route }) => route.pattern === first);
    return { kind: 'wrong method', allowed: same.map(({ route }) => route.method) };
  }
  const slash = gate.rest.endsWith('/') && routesAt(gate, gate.rest.slice(0, -1), mode).length > 0;
  return slash ? { kind: 'trailing slash' } : { kind: 'unknown' };
}

/** Routes of this path, those with a fixed path before those with parameters. */
function routesAt(
  gate: Gate,
  rest: string,
  mode: Mode,
): { readonly route: Route; readonly params: readonly string[] }[] {
  const segments = rest.split('/');
  const found: { readonly route: Route; readonly params: readonly string[] }[] = [];
  for (const route of gate.routes) {
    if (route.mode !== undefined && route.mode !== mode) continue;
    const params = matchPattern(patternOf(route), segments);
    if (params) found.push({ route, params });
  }
  const fixed = found.filter(({ params }) => params.length === 0);
  return fixed.length > 0 ? fixed : found;
}

const patterns = new Map<Route, readonly string[]>();

function patternOf(route: Route): readonly string[] {
  const known = patterns.get(route);
  if (known) return known;
  const pattern = route.pattern.split('/');
  patterns.set(route, pattern);
  return pattern;
}

function matchPattern(
  pattern: readonly string[],
  segments: readonly string[],
): readonly string[] | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: string[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const wanted = pattern[index];
    const segment = segments[index] ?? '';
    if (wanted === ':') {
      if (segment === '') return undefined;
      params.push(decode(segment));
    } else if (wanted !== segment) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
