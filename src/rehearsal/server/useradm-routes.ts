import { isJsonObject, member, stringMember, TypeMismatch, type Json } from './go-json.ts';
import { ok, readBody, refuse, type Call, type Route, type UserCall } from './route.ts';
import { userView } from './users.ts';
import type { Reply } from './wire.ts';

const READER = { '2026': 'decoder', '2023': 'unmarshal' } as const;

/** `Authorization: Basic base64(email:password)`; undefined for anything else. */
function basicCredentials(
  header: string | undefined,
): { readonly email: string; readonly password: string } | undefined {
  const encoded = /^basic (\S+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0)
    return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { email: text.slice(0, colon), password: text.slice(colon + 1) };
}

function login(call: Call): Reply {
  const credentials = basicCredentials(call.request.headers['authorization']);
  if (!credentials) return refuse(401, 'invalid or missing auth header');
  let noExpiry = false;
  let otp: string | undefined;
  if (call.request.body.length > 0) {
    const body = readBody(call, READER);
    if (!body.ok) return refuse(400, body.error);
    if (isJsonObject(body.value)) {
      noExpiry = member(body.value, 'no_expiry') === true;
      const code = member(body.value, 'token2fa');
      if (typeof code === 'string') otp = code;
    } else if (body.value !== null)
      return refuse(400, 'json: cannot unmarshal into Go value of type useradm.LoginOptions');
  }
  const session = call.users.login(credentials.email, credentials.password, noExpiry, otp);
  switch (session) {
    case 'refused':
      return refuse(401, 'unauthorized');
    // From documents: clients look for "2fa" in the text, and for JSON in the place of a token.
    case 'second factor':
      return refuse(401, '2fa needed');
    case 'single sign-on':
      return ok({ id: 'a1b2c3d4', kind: 'sso/saml' }, { 'content-type': 'application/json' });
  }
  const headers: { [name: string]: string | readonly string[] } = { 'content-type': 'application/jwt' };
  if (call.environment.mode === '2023') {
    const expires =
      session.expiresAt === undefined ? '' : ` Expires=${new Date(session.expiresAt).toUTCString()};`;
    headers['set-cookie'] = [`JWT=${session.token}; Path=/;${expires} Secure; SameSite=Strict`];
  }
  return { status: 200, headers, body: session.token };
}

function createAccessToken(call: UserCall): Reply {
  const unreadable = refuse(400, 'cannot parse request body as json');
  const body = readBody(call, READER);
  if (!body.ok || !isJsonObject(body.value)) return unreadable;
  const expiresIn = member(body.value, 'expires_in') ?? 0;
  if (typeof expiresIn !== 'number') return unreadable;
  try {
    const minted = call.users.createAccessToken(
      call.user,
      stringMember(body.value, 'name', 'TokenRequest'),
      expiresIn,
    );
    if (!minted.ok) return refuse(minted.status, minted.error);
    return { status: 200, headers: { 'content-type': 'application/jwt' }, body: minted.token };
  } catch (error) {
    if (error instanceof TypeMismatch) return unreadable;
    throw error;
  }
}

function createUser(call: UserCall): Reply {
  const fields = readFields(call, ['email', 'password']);
  if (typeof fields === 'string') return refuse(400, fields);
  const created = call.users.create(fields['email'] ?? '', fields['password'] ?? '', { viaApi: true });
  if (!created.ok) return refuse(422, created.error);
  const place = `users/${created.user.id}`;
  const location = call.environment.mode === '2026' ? `/api/management/v1/useradm/${place}` : place;
  return { status: 201, headers: { location } };
}

function updateUser(call: UserCall, id: string): Reply {
  const user = call.users.get(id);
  if (!user) return refuse(404, 'user not found');
  const fields = readFields(call, ['email', 'password', 'current_password']);
  if (typeof fields === 'string') return refuse(400, fields);
  const { email, password, current_password: current } = fields;
  if (email === undefined && password === undefined) return refuse(400, 'no update information provided');
  const change = {
    ...(email === undefined ? {} : { email }),
    ...(password === undefined ? {} : { password }),
    ...(current === undefined ? {} : { current }),
  };
  const problem = call.users.update(user, change, call.tokenId);
  return problem === undefined ? { status: 204 } : refuse(422, problem);
}

function readFields(call: Call, names: readonly string[]): { readonly [name: string]: string } | string {
  const body = readBody(call, READER);
  if (!body.ok) return body.error;
  const value: Json = body.value;
  if (!isJsonObject(value)) return 'json: cannot unmarshal into Go value of type model.User';
  try {
    const fields: { [name: string]: string } = {};
    for (const name of names) {
      const text = stringMember(value, name, 'User');
      if (text !== '') fields[name] = text;
    }
    return fields;
  } catch (error) {
    if (error instanceof TypeMismatch) return error.message;
    throw error;
  }
}

const PLAN = {
  name: 'Mender_Open_Source',
  display_name: 'Mender',
  features: {
    rbac: false,
    audit_logs: false,
    dynamic_groups: false,
    terminal: false,
    file_transfer: false,
    configuration: true,
    monitoring: false,
    reporting: false,
  },
};

const meId = (call: UserCall): string => call.user.id;
const paramId = (call: UserCall): string => call.params[0] ?? '';

/** Routes of `/api/management/v1/useradm`. */
export const USERADM_V1: readonly Route[] = [
  { method: 'POST', pattern: 'auth/login', step: 'login', access: 'anybody', handle: login },
  {
    method: 'POST',
    pattern: 'auth/logout',
    step: 'logout',
    access: 'user',
    handle: (call) => {
      call.users.logout(call.tokenId);
      return { status: 202 };
    },
  },
  {
    method: 'GET',
    pattern: 'users',
    step: 'list-users',
    access: 'user',
    handle: (call) => ok(call.users.list().map(userView)),
  },
  { method: 'POST', pattern: 'users', step: 'create-user', access: 'user', handle: createUser },
  {
    method: 'GET',
    pattern: 'users/me',
    step: 'get-user',
    access: 'user',
    handle: (call) => ok(userView(call.user)),
  },
  {
    method: 'PUT',
    pattern: 'users/me',
    step: 'update-user',
    access: 'user',
    handle: (call) => updateUser(call, meId(call)),
  },
  {
    method: 'GET',
    pattern: 'users/:',
    step: 'get-user',
    access: 'user',
    handle: (call) => {
      const user = call.users.get(paramId(call));
      return user ? ok(userView(user)) : refuse(404, 'user not found');
    },
  },
  {
    method: 'PUT',
    pattern: 'users/:',
    step: 'update-user',
    access: 'user',
    handle: (call) => updateUser(call, paramId(call)),
  },
  {
    method: 'DELETE',
    pattern: 'users/:',
    step: 'delete-user',
    access: 'user',
    handle: (call) => {
      call.users.remove(paramId(call));
      return { status: 204 };
    },
  },
  { method: 'GET', pattern: 'settings', step: 'settings', access: 'user', handle: () => ok({}) },
  { method: 'GET', pattern: 'settings/me', step: 'settings', access: 'user', handle: () => ok({}) },
  {
    method: 'GET',
    pattern: 'settings/tokens',
    step: 'list-tokens',
    access: 'user',
    handle: (call) => ok(call.users.listAccessTokens(call.user)),
  },
  {
    method: 'POST',
    pattern: 'settings/tokens',
    step: 'create-token',
    access: 'user',
    handle: createAccessToken,
  },
  {
    method: 'DELETE',
    pattern: 'settings/tokens/:',
    step: 'delete-token',
    access: 'user',
    handle: (call) => {
      call.users.deleteAccessToken(call.user, paramId(call));
      return { status: 204 };
    },
  },
  { method: 'GET', pattern: 'plans', step: 'plan', access: 'user', mode: '2026', handle: () => ok([PLAN]) },
  {
    method: 'GET',
    pattern: 'plan_binding',
    step: 'plan',
    access: 'user',
    mode: '2026',
    handle: () => ok({ plan: PLAN }),
  },
];

/** Routes of `/api/management/v2/useradm`. */
export const USERADM_V2: readonly Route[] = [
  {
    method: 'PUT',
    pattern: 'users/me',
    step: 'update-user',
    access: 'user',
    mode: '2026',
    handle: (call) => updateUser(call, meId(call)),
  },
];
