import type { CallShape } from '../http/allow-list.ts';
import type { HttpCall } from '../http/client.ts';

const USERADM = '/api/management/v1/useradm';
const DEVAUTH = '/api/management/v2/devauth';
const INVENTORY_V1 = '/api/management/v1/inventory';
const INVENTORY = '/api/management/v2/inventory';

/**
 * What a call does, and so what it takes: `account` the login alone, `device` nothing but a board's signature; the destructive
 * ones are given to a job or a person one by one (`servers/destructive.ts`).
 */
type Takes =
  | 'account'
  | 'device'
  | 'read'
  | 'accept'
  | 'preauthorize'
  | 'inventory'
  | 'remove-auth-set'
  | 'decommission';

/** Every call that the station ever makes to a Mender server. What is not here is never sent. */
export const MENDER_CALLS = {
  login: { takes: 'account', method: 'POST', path: `${USERADM}/auth/login` },
  logout: { takes: 'account', method: 'POST', path: `${USERADM}/auth/logout` },
  user: { takes: 'account', method: 'GET', path: `${USERADM}/users/{}` },
  /** Of 1.0 and 1.1, by the version of their routes. The API description of the first user's route has it misspelt. */
  'old login': { takes: 'account', method: 'POST', path: '/api/management/{}/useradm/auth/login' },
  'first user': { takes: 'account', method: 'POST', path: '/api/management/{}/useradm/users/initial' },
  'first user, misspelt': {
    takes: 'account',
    method: 'POST',
    path: '/api/management/{}/useradm/users/inital',
  },
  'old auth request': {
    takes: 'device',
    method: 'POST',
    path: '/api/devices/0.1/authentication/auth_requests',
  },
  /** There since 2026: tells the versions apart. */
  plans: { takes: 'read', method: 'GET', path: `${USERADM}/plans` },
  organization: { takes: 'read', method: 'GET', path: '/api/management/v1/tenantadm/user/tenant' },
  'auth request': { takes: 'device', method: 'POST', path: '/api/devices/v1/authentication/auth_requests' },
  device: { takes: 'read', method: 'GET', path: `${DEVAUTH}/devices/{}` },
  devices: { takes: 'read', method: 'GET', path: `${DEVAUTH}/devices` },
  'device count': { takes: 'read', method: 'GET', path: `${DEVAUTH}/devices/count` },
  'device limit': { takes: 'read', method: 'GET', path: `${DEVAUTH}/limits/max_devices` },
  preauthorize: { takes: 'preauthorize', method: 'POST', path: `${DEVAUTH}/devices` },
  'set status': { takes: 'accept', method: 'PUT', path: `${DEVAUTH}/devices/{}/auth/{}/status` },
  'delete auth set': { takes: 'remove-auth-set', method: 'DELETE', path: `${DEVAUTH}/devices/{}/auth/{}` },
  decommission: { takes: 'decommission', method: 'DELETE', path: `${DEVAUTH}/devices/{}` },
  'revoke token': { takes: 'accept', method: 'DELETE', path: `${DEVAUTH}/tokens/{}` },
  'inventory device': { takes: 'read', method: 'GET', path: `${INVENTORY_V1}/devices/{}` },
  'set tags': { takes: 'inventory', method: 'PATCH', path: `${INVENTORY_V1}/devices/{}/tags` },
  'set group': { takes: 'inventory', method: 'PUT', path: `${INVENTORY_V1}/devices/{}/group` },
  'inventory search': { takes: 'read', method: 'POST', path: `${INVENTORY}/filters/search` },
} as const satisfies Readonly<Record<string, CallShape & { readonly takes: Takes }>>;

export type MenderCall = keyof typeof MENDER_CALLS;

/** What goes into a call. */
export interface CallInput {
  /** Ids for the path, in order. */
  readonly ids?: readonly string[];
  readonly query?: URLSearchParams;
  /** A JSON body; sent with `Content-Type: application/json` exactly, since some calls refuse a charset. */
  readonly json?: unknown;
  /** A JSON body whose bytes matter. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** See `HttpCall`. */
  readonly tellsRateLimit?: true;
}

/** The HTTP call for one of the table. */
export function menderCall(name: MenderCall, input: CallInput = {}): HttpCall {
  const { method, path } = MENDER_CALLS[name];
  const { ids, query, json, tellsRateLimit } = input;
  const body = input.bytes ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)));
  return {
    method,
    path: (path.includes('{}') ? filled(path, ids ?? []) : path) + asked(query),
    headers:
      body === undefined ? (input.headers ?? {}) : { 'content-type': 'application/json', ...input.headers },
    ...(body === undefined ? {} : { body }),
    ...(tellsRateLimit === true ? { tellsRateLimit } : {}),
  };
}

function filled(path: string, ids: readonly string[]): string {
  const left = ids.values();
  return path.replace(/\{\}/g, () => inPath(left.next().value ?? ''));
}

function asked(query: URLSearchParams | undefined): string {
  return query === undefined || query.size === 0 ? '' : `?${query.toString()}`;
}

/** An id as one segment of a path: also one of dots alone, which would lead elsewhere. */
function inPath(id: string): string {
  return encodeURIComponent(id).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
}
