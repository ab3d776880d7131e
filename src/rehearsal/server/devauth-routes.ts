import type { WantedStatus } from './admission.ts';
import { countDevices, listDevices, searchDevices } from './device-list.ts';
import type { StepName } from './faults.ts';
import {
  encode,
  isJsonObject,
  kindOf,
  member,
  parseJson,
  stringMember,
  TypeMismatch,
  type Json,
} from './go-json.ts';
import { identityOf, parseIdentity } from './identity-data.ts';
import { parsePublicKey } from './public-key.ts';
import { bodyText, ok, readBody, refuse, type Call, type Route, type UserCall } from './route.ts';
import { JSON_TYPE, type Deferred, type Reply, type WireRequest } from './wire.ts';

/** `POST auth_requests`: the body is judged first, then its signature, then the organization, then the device. */
function authRequest(call: Call): Reply {
  const body = readBody(call, { '2026': 'unmarshal', '2023': 'unmarshal' });
  if (!body.ok) return refuse(400, `failed to decode auth request: ${body.error}`);
  let fields;
  try {
    fields = readAuthRequest(body.value);
  } catch (error) {
    if (error instanceof TypeMismatch) return refuse(400, `failed to decode auth request: ${error.message}`);
    throw error;
  }
  if (fields.idData === '') return refuse(400, 'invalid auth request: id_data must be provided');
  if (fields.pubkey === '') return refuse(400, 'invalid auth request: pubkey must be provided');
  const parsedKey = parsePublicKey(fields.pubkey, call.environment.mode);
  if (!parsedKey.ok) return refuse(400, `invalid auth request: ${parsedKey.error}`);
  const parsedIdentity = parseIdentity(fields.idData);
  if (!parsedIdentity.ok) return refuse(400, `invalid auth request: ${parsedIdentity.error}`);
  const signature = call.request.headers['x-men-signature'];
  if (signature === undefined || signature === '') return refuse(400, 'missing request signature header');
  if (!parsedKey.key.verifies(signature, call.request.body))
    return refuse(401, 'signature verification failed');
  const { tenant } = call.environment;
  if (tenant && fields.tenantToken === '') return refuse(401, 'tenant token missing');
  if (tenant && fields.tenantToken !== tenant.token) {
    return refuse(401, 'tenant token verification failed: tenant token invalid');
  }
  return call.admission.knock(parsedIdentity.identity, parsedKey.key, call.workflows);
}

function readAuthRequest(value: Json): {
  readonly idData: string;
  readonly pubkey: string;
  readonly tenantToken: string;
} {
  if (value === null) return { idData: '', pubkey: '', tenantToken: '' };
  if (!isJsonObject(value)) {
    throw new TypeMismatch(`json: cannot unmarshal ${kindOf(value)} into Go value of type model.AuthReq`);
  }
  return {
    idData: stringMember(value, 'id_data', 'AuthReq'),
    pubkey: stringMember(value, 'pubkey', 'AuthReq'),
    tenantToken: stringMember(value, 'tenant_token', 'AuthReq'),
  };
}

/** `POST devices`. */
function preauthorize(call: UserCall): Reply {
  const body = readBody(call, { '2026': 'decoder', '2023': 'decoder' });
  const fail = (error: string): Reply => refuse(400, `failed to decode preauth request: ${error}`);
  if (!body.ok) return fail(body.error);
  if (body.value !== null && !isJsonObject(body.value)) {
    return fail(`json: cannot unmarshal ${kindOf(body.value)} into Go value of type devauth.preAuthReq`);
  }
  const fields = body.value ?? {};
  const identity = member(fields, 'identity_data') ?? null;
  if (identity !== null && !isJsonObject(identity)) {
    return fail(
      `json: cannot unmarshal ${kindOf(identity)} into Go struct field preAuthReq.identity_data of type map[string]interface {}`,
    );
  }
  let pubkey;
  try {
    pubkey = stringMember(fields, 'pubkey', 'preAuthReq');
  } catch (error) {
    if (error instanceof TypeMismatch) return fail(error.message);
    throw error;
  }
  const force = member(fields, 'force') ?? false;
  if (typeof force !== 'boolean' && call.environment.mode === '2026') {
    return fail(`json: cannot unmarshal ${kindOf(force)} into Go struct field preAuthReq.force of type bool`);
  }
  const blank = [
    ...(identity === null || Object.keys(identity).length === 0 ? ['identity_data: cannot be blank'] : []),
    ...(pubkey === '' ? ['pubkey: cannot be blank'] : []),
  ];
  if (blank.length > 0) return fail(`${blank.join('; ')}.`);
  const key = parsePublicKey(pubkey, call.environment.mode);
  if (!key.ok) return fail(key.error);
  const done = call.admission.preauthorize(identityOf(identity), key.key, force === true, call.workflows);
  if (!('conflict' in done)) return done;
  return {
    status: 409,
    headers: { 'content-type': JSON_TYPE },
    body: encode(call.store.view(done.conflict, 'null')),
  };
}

function wantedStatus(value: Json): WantedStatus | undefined {
  const status = isJsonObject(value) ? member(value, 'status') : undefined;
  return status === 'accepted' || status === 'rejected' || status === 'pending' ? status : undefined;
}

/** `PUT devices/{id}/auth/{aid}/status`. */
function putStatus(call: UserCall): Deferred {
  const body = readBody(call, { '2026': 'decoder', '2023': 'payload' });
  if (!body.ok) return refuse(400, `failed to decode status data: ${body.error}`);
  const wanted = wantedStatus(body.value);
  if (!wanted) return refuse(400, 'incorrect device status');
  const [deviceId = '', setId = ''] = call.params;
  const done = call.admission.putStatus(deviceId, setId, wanted, call.workflows);
  if (!('finish' in done)) return done;
  const { acceptGapMs } = call.environment;
  return acceptGapMs > 0 ? { waitMs: acceptGapMs, then: done.finish } : done.finish();
}

function statusStep(request: WireRequest): StepName {
  const parsed = parseJson(bodyText(request), 'decoder');
  const wanted = parsed.ok ? wantedStatus(parsed.value) : undefined;
  if (wanted === 'rejected') return 'reject';
  return wanted === 'pending' ? 'reset' : 'accept';
}

/** Routes of `/api/management/v2/devauth`. */
export const DEVAUTH_V2: readonly Route[] = [
  { method: 'GET', pattern: 'devices', step: 'list-devices', access: 'user', handle: listDevices },
  { method: 'POST', pattern: 'devices', step: 'preauthorize', access: 'user', handle: preauthorize },
  {
    method: 'POST',
    pattern: 'devices/search',
    step: 'search-devices',
    access: 'user',
    handle: searchDevices,
  },
  { method: 'GET', pattern: 'devices/count', step: 'count-devices', access: 'user', handle: countDevices },
  {
    method: 'GET',
    pattern: 'devices/:',
    step: 'get-device',
    access: 'user',
    handle: (call) => {
      const device = call.store.device(call.params[0] ?? '');
      return device ? ok(call.store.view(device, 'sets')) : refuse(404, 'device not found');
    },
  },
  {
    method: 'DELETE',
    pattern: 'devices/:',
    step: 'decommission',
    access: 'user',
    handle: (call) => call.admission.decommission(call.params[0] ?? '', call.workflows),
  },
  {
    method: 'DELETE',
    pattern: 'devices/:/auth/:',
    step: 'delete-set',
    access: 'user',
    handle: (call) => call.admission.deleteSet(call.params[0] ?? '', call.params[1] ?? '', call.workflows),
  },
  {
    method: 'GET',
    pattern: 'devices/:/auth/:/status',
    step: 'get-set-status',
    access: 'user',
    // The device's id is not looked at.
    handle: (call) => {
      const set = call.store.set(call.params[1] ?? '');
      return set ? ok({ status: set.status }) : refuse(404, 'authorization set not found');
    },
  },
  { method: 'PUT', pattern: 'devices/:/auth/:/status', step: statusStep, access: 'user', handle: putStatus },
  {
    method: 'DELETE',
    pattern: 'tokens/:',
    step: 'revoke-token',
    access: 'user',
    handle: (call) => ({ status: call.tokens.revoke(call.params[0] ?? '') ? 204 : 404 }),
  },
  {
    method: 'GET',
    pattern: 'limits/:',
    step: 'get-limit',
    access: 'user',
    handle: (call) => {
      const name = call.params[0] ?? '';
      return name === 'max_devices'
        ? ok({ limit: call.environment.limit })
        : refuse(400, `unsupported limit ${name}`);
    },
  },
];

/** Routes of `/api/devices/v1/authentication`. */
export const AUTHENTICATION_V1: readonly Route[] = [
  { method: 'POST', pattern: 'auth_requests', step: 'auth-request', access: 'anybody', handle: authRequest },
];
