import * as z from 'zod';
import type { IotAuthority } from './authority.ts';
import type { MicState, MicThing, MicUser } from './state.ts';
import { swaggerOf, DOWNLOAD_PATH } from './swagger.ts';
import { writeZip } from './zip.ts';

/** A call by its name, for faults and for counting. */
export type MicStep =
  | 'discovery'
  | 'manifest'
  | 'swagger'
  | 'login'
  | 'refresh'
  | 'user'
  | 'thing-types'
  | 'get-thing'
  | 'create-thing'
  | 'download'
  | 'none';

export interface MicAnswer {
  readonly status: number;
  readonly json: unknown;
}

export interface MicRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** What the simulated stack is like. */
export interface MicParts {
  readonly state: MicState;
  readonly authority: IotAuthority;
  readonly apiKey: string;
  /** The only host that the discovery knows. */
  readonly host: string;
  readonly thingTypes: readonly string[];
  /** Whether errors are wrapped in `message`, as seen on REST, or have their members at the top. */
  readonly errors: 'wrapped' | 'flat';
  /** Whether the stack offers the download of certificates at all. */
  readonly download: boolean;
  /** Origin of the API and of the MQTT side, once they listen. */
  readonly origin: () => string;
  readonly mqtt: () => string;
}

const STAGE = 'prod';
const loginBody = z.object({ userName: z.string().optional(), password: z.string().optional() });
const refreshBody = z.object({ refreshToken: z.string().optional() });
const thingBody = z.object({
  thingName: z.string().optional(),
  thingType: z.string().optional(),
  domain: z.string().optional(),
  label: z.string().optional(),
  externalId: z.string().optional(),
  protocol: z.enum(['mqtt', 'iotgw']).optional(),
});

/** Which call a request is. */
export function stepOf({ method, url }: MicRequest): MicStep {
  const path = url.pathname;
  if (path === '/discovery/manifest/') return 'discovery';
  const route = `${method} ${path.replace(`/${STAGE}`, '')}`;
  const known = ROUTES[route];
  if (known !== undefined) return known;
  if (method !== 'GET') return 'none';
  if (/^\/prod\/users\/[^/]+$/.test(path)) return 'user';
  return downloadOf(path) === null ? 'none' : 'download';
}

const ROUTES: Readonly<Record<string, MicStep>> = {
  'GET /metadata/manifest': 'manifest',
  'GET /metadata/swagger': 'swagger',
  'POST /auth/login': 'login',
  'POST /auth/refresh': 'refresh',
  'GET /thingtypes': 'thing-types',
  'GET /things': 'get-thing',
  'POST /things': 'create-thing',
};

/** Thing names as AWS IoT takes them; networked things have no `__`. */
const THING_NAME = /^(?!.*__)[a-zA-Z0-9:_-]{1,128}$/;

/** The simulated stack without sockets. */
export class MicRoutes {
  readonly #parts: MicParts;

  constructor(parts: MicParts) {
    this.#parts = parts;
  }

  async answer(step: MicStep, request: MicRequest): Promise<MicAnswer> {
    const { apiKey, host, origin, mqtt, download } = this.#parts;
    if (step === 'discovery') {
      const known = request.url.searchParams.get('hostname') === host;
      return ok(
        known
          ? { ApiGatewayRootUrl: origin(), StackName: STAGE, Region: 'eu-west-1', ConsentRequired: 'false' }
          : {},
      );
    }
    // The documents say that all calls need the key; SDK and CLI read the manifest without it, to learn it.
    if (step === 'manifest')
      return ok({
        ApiKey: apiKey,
        IotEndpoint: mqtt(),
        IotEndpointATS: mqtt(),
        Region: 'eu-west-1',
        IdentityPool: 'eu-west-1:bench',
        UserPool: 'eu-west-1_bench',
      });
    if (request.headers['x-api-key'] !== apiKey) return { status: 403, json: { message: 'Forbidden' } };
    if (step === 'swagger') return ok(swaggerOf(download));
    // A gateway without such a route (AWS API Gateway's own words for it).
    if (step === 'none') return { status: 403, json: { message: 'Missing Authentication Token' } };
    if (step === 'login') return this.#login(request);
    if (step === 'refresh') return this.#refresh(request);
    const { authorization = '', identityid } = request.headers;
    const bearer = this.#parts.state.bearer(authorization);
    if (bearer === null) return { status: 401, json: { message: 'Unauthorized' } };
    if (bearer === 'expired') return { status: 401, json: { message: 'The incoming token has expired' } };
    if (identityid !== undefined && identityid !== bearer.identityId)
      return { status: 403, json: { message: 'Forbidden' } };
    return this.#asUser(step, request, bearer.user);
  }

  async #asUser(step: MicStep, request: MicRequest, user: MicUser): Promise<MicAnswer> {
    const { state, thingTypes } = this.#parts;
    switch (step) {
      case 'user': {
        const name = decodeURIComponent(request.url.pathname.split('/').at(-1) ?? '');
        const found = state.users.get(name);
        if (found === undefined) return this.#error(404, 'USER_NOT_FOUND');
        return ok({ userName: name, roleName: found.roleName, domainName: found.domainName });
      }
      case 'thing-types':
        return ok(thingTypes.map((id) => ({ id, label: id, domain: user.domainName })));
      case 'get-thing': {
        const thing = state.things.get(request.url.searchParams.get('thingName') ?? '');
        if (thing === undefined) return this.#error(404, 'THING_NOT_FOUND');
        return ok(shown(thing));
      }
      case 'create-thing':
        return this.#create(request, user);
      default: {
        const thing = state.things.get(downloadOf(request.url.pathname) ?? '');
        if (!this.#parts.download) return { status: 403, json: { message: 'Missing Authentication Token' } };
        if (thing === undefined) return this.#error(404, 'THING_NOT_FOUND');
        return ok(zipOf(thing).toString('base64'));
      }
    }
  }

  #login(request: MicRequest): MicAnswer {
    const { state } = this.#parts;
    const body = loginBody.safeParse(bodyOf(request));
    const { userName, password } = body.success ? body.data : {};
    if (userName === undefined) return this.#error(400, 'PROPERTY_REQUIRED', 'userName');
    if (password === undefined) return this.#error(400, 'PROPERTY_REQUIRED', 'password');
    const user = state.users.get(userName);
    if (user?.password !== password) return this.#error(401, 'INVALID_LOGIN');
    if (!user.consented) return this.#error(403, 'USER_CONSENT_REQUIRED');
    return ok(state.logIn(user));
  }

  #refresh(request: MicRequest): MicAnswer {
    const { state } = this.#parts;
    const body = refreshBody.safeParse(bodyOf(request));
    const token = body.success ? body.data.refreshToken : undefined;
    if (token === undefined) return this.#error(400, 'PROPERTY_REQUIRED', 'refreshToken');
    const user = state.refreshing(token);
    return user === null ? this.#error(401, 'INVALID_LOGIN') : ok(state.logIn(user));
  }

  async #create(request: MicRequest, user: MicUser): Promise<MicAnswer> {
    const { state, authority, thingTypes } = this.#parts;
    if (!state.may(user, 'Things', 'CREATE')) return this.#error(403, 'NOT_AUTHORIZED');
    const body = thingBody.safeParse(bodyOf(request));
    if (!body.success) return this.#error(400, 'INVALID_ARGUMENTS');
    const { thingType, domain, label, externalId } = body.data;
    if (thingType === undefined) return this.#error(400, 'PROPERTY_REQUIRED', 'thingType');
    if (domain === undefined) return this.#error(400, 'PROPERTY_REQUIRED', 'domain');
    if (domain !== user.domainName) return this.#error(403, 'NOT_AUTHORIZED_DOMAIN');
    const thingName = body.data.thingName ?? String(state.things.size + 1).padStart(8, '0');
    if (!thingTypes.includes(thingType) || !THING_NAME.test(thingName))
      return this.#error(400, 'INVALID_ARGUMENTS');
    if (state.things.has(thingName)) return this.#error(400, 'THING_NAME_EXISTS', 'thingName');
    const certificate = await authority.issue();
    // Two calls at once: the certificate of the one that came second is nobody's.
    if (state.things.has(thingName)) return this.#error(400, 'THING_NAME_EXISTS', 'thingName');
    const thing: MicThing = {
      thingName,
      thingType,
      domain,
      label,
      externalId,
      createdBy: user.userName,
      certificate,
      active: true,
    };
    state.things.set(thingName, thing);
    return ok(shown(thing));
  }

  #error(status: number, messageKey: string, property?: string): MicAnswer {
    const error = {
      message: `The request failed (${messageKey}).`,
      messageKey,
      ...(property === undefined ? {} : { property }),
    };
    return { status, json: this.#parts.errors === 'wrapped' ? { message: error } : error };
  }
}

function ok(json: unknown): MicAnswer {
  return { status: 200, json };
}

function shown({ thingName, thingType, domain, label, externalId, createdBy }: MicThing): unknown {
  return { thingName, thingType, domain, label, externalId, createdBy, shadow: { state: { reported: {} } } };
}

/** As two public clients unpack it: a folder of the thing's name with three files. */
function zipOf({ thingName, certificate }: MicThing): Buffer {
  return writeZip({
    [`${thingName}/cert.pem`]: certificate.certificate,
    [`${thingName}/privkey.pem`]: certificate.privateKey,
    [`${thingName}/pubkey.pem`]: certificate.publicKey,
  });
}

function downloadOf(path: string): string | null {
  const [before = '', after = ''] = DOWNLOAD_PATH.split('{thingName}');
  const prefix = `/${STAGE}${before}`;
  if (!path.startsWith(prefix) || !path.endsWith(after)) return null;
  return decodeURIComponent(path.slice(prefix.length, path.length - after.length));
}

function bodyOf({ body }: MicRequest): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
