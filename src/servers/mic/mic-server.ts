import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { systemClock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { ConnectedServer, ConnectionOptions } from '../connected-server.ts';
import type { CredentialIssuer, IssuedCredentials, IssuerEndpoint } from '../device-server.ts';
import { createHttpClient, HTTP_LIMITS } from '../http/client.ts';
import { anotherKind } from '../http/failure.ts';
import { NO_PROXIES } from '../http/proxy.ts';
import { untilAborted } from '../until-aborted.ts';
import { micRequest } from './calls.ts';
import { examineAccount } from './examine.ts';
import { MicGateway } from './gateway.ts';
import { tryMqtt } from './mqtt.ts';
import { MicSession } from './session.ts';
import { certificateDownload, isSwagger, newCertificate } from './swagger.ts';
import { MicThings } from './things.ts';
import { decode, json, unexpected, wireManifest } from './wire.ts';

const MQTT_PORT = 8883;
const MQTT_DEADLINE_MS = 15_000;
/** A certificate that was just made may take a moment to be taken. Pauses between tries, in milliseconds. */
const PROOF_PAUSES_MS = [500, 1500, 4000];

/** A stack of the Managed IoT Cloud with a person's session at it. Nothing is sent before the first call. */
export function createMicServer(profile: ServerProfile, options: ConnectionOptions = {}): ConnectedServer {
  const clock = options.clock ?? systemClock;
  const http = createHttpClient(profile, clock, { ...HTTP_LIMITS, ...options.limits }, options.proxies);
  const gateway = new MicGateway(profile, http, () => options.apiKey?.() ?? null);
  const session = new MicSession(profile, gateway, clock, options);
  const things = new MicThings(profile, session, clock);
  const closing = new AbortController();
  /** The stack's own words on itself: they change with its releases alone. */
  const swagger = once(closing.signal, async (signal: AbortSignal): Promise<unknown> => {
    const answer = await gateway.open(micRequest('swagger'), signal);
    if (answer.status === 403) throw new StationError('server/api-key-refused', { server: profile.name });
    // A stack without a description offers nothing beyond what is known of all.
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw unexpected(profile, 'swagger', answer);
    const value = json(answer);
    if (!isSwagger(value)) throw anotherKind(profile, 'its answer to "swagger" has another form');
    const download = certificateDownload(value);
    if (download !== null)
      gateway.allow({ method: download.method, path: download.path.replace('{name}', '{}') });
    return value;
  });

  const endpoint = once(closing.signal, async (signal: AbortSignal): Promise<IssuerEndpoint> => {
    const answer = await gateway.open(micRequest('manifest'), signal);
    if (answer.status === 403) throw new StationError('server/api-key-refused', { server: profile.name });
    if (answer.status !== 200) throw unexpected(profile, 'manifest', answer);
    const { IotEndpointATS, IotEndpoint } = decode(profile, 'manifest', wireManifest, answer);
    const text = IotEndpointATS ?? IotEndpoint ?? '';
    const at = URL.canParse(`mqtts://${text}`) ? new URL(`mqtts://${text}`) : null;
    if (at === null || at.hostname === '') throw anotherKind(profile, 'its manifest names no MQTT endpoint');
    return {
      host: at.hostname,
      port: at.port === '' ? MQTT_PORT : Number(at.port),
      ca: profile.mic?.iotCa ?? amazonRoots(),
    };
  });

  const issuer: CredentialIssuer = {
    keyOrigin: 'server',
    find: (identity, signal) => things.find(identity, signal),
    async requireReady(signal) {
      things.download(await swagger(signal));
    },
    async create(identity, signal) {
      // A thing whose certificate cannot be had would be of no use.
      things.download(await swagger(signal));
      return await things.create(identity, signal);
    },
    credentials: async (device, signal) =>
      things.credentials(device, things.download(await swagger(signal)), signal),
    endpoint,

    async prove(credentials, signal) {
      const at = await endpoint(signal);
      const context = contextOf(credentials, at);
      for (let round = 0; ; round += 1) {
        const answer = await tryMqtt({
          profile,
          endpoint: at,
          clientId: credentials.thing,
          context,
          deadlineMs: options.limits?.callMs ?? MQTT_DEADLINE_MS,
          proxies: options.proxies ?? NO_PROXIES,
          signal,
        });
        if (answer.accepted) return;
        const pause = PROOF_PAUSES_MS[round];
        if (pause === undefined)
          throw new StationError('server/certificate-refused', {
            server: profile.name,
            endpoint: `${at.host}:${at.port}`,
            thing: credentials.thing,
            detail: answer.detail,
          });
        await clock.sleep(pause, signal);
      }
    },

    async whyNoNewKey(signal) {
      const named = newCertificate(await swagger(signal));
      return named === null
        ? 'a new key for a unit; its own description (swagger) has no operation that issues a new certificate for a thing'
        : `a new key for a unit in a way that this station knows; its own description (swagger) names ${named}, which is to be used in the App Board`;
    },
  };

  const refuse = (what: string) => (): Promise<never> =>
    Promise.reject(new StationError('server/not-offered', { server: profile.name, what }));
  const noSets = refuse('auth sets; it makes certificates and keys itself');

  return {
    profile,
    issuer,
    get session() {
      return session.current;
    },
    get kept() {
      return session.kept;
    },
    login: (credentials, signal) => session.login(credentials, signal),
    resume: (kept, signal) => session.resume(kept, signal),
    logout: () => {
      session.logout();
      return Promise.resolve();
    },
    examine: async (signal) =>
      examineAccount({
        user: await session.readUser(signal),
        permissions: session.permissions,
        swagger: await swagger(signal),
        endpoint: await endpoint(signal),
        thingType: profile.mic?.thingType ?? null,
        thingTypes: () => things.thingTypes(signal),
      }),
    authRequest: () => {
      throw new StationError('server/not-offered', {
        server: profile.name,
        what: 'auth requests; it makes certificates and keys itself',
      });
    },
    submit: noSets,
    find: noSets,
    findAfterKnock: noSets,
    device: noSets,
    accept: noSets,
    preauthorize: refuse('preauthorization; it makes certificates and keys itself'),
    reject: noSets,
    revokeTokens: noSets,
    removeAuthSet: noSets,
    decommission: refuse('the removal of things; that is done in the App Board'),
    limit: async (signal) => {
      await session.readUser(signal);
      return { limit: null, accepted: 0 };
    },
    [Symbol.asyncDispose]: () => {
      closing.abort();
      return http[Symbol.asyncDispose]();
    },
  };
}

/**
 * Reads what stays for the life of this object; what failed is read again. Several may wait for one reading, so no single
 * one's signal ends it, but `closing`.
 */
function once<T>(
  closing: AbortSignal,
  read: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  let known: Promise<T> | null = null;
  return async (signal) => {
    signal.throwIfAborted();
    known ??= read(closing).catch((error: unknown) => {
      known = null;
      throw error;
    });
    return await untilAborted(known, signal);
  };
}

function contextOf(credentials: IssuedCredentials, { ca }: IssuerEndpoint): SecureContext {
  return createSecureContext({
    ca,
    cert: credentials.certificatePem,
    key: Buffer.from(credentials.privateKeyPem.reveal()),
  });
}

/** Amazon's own roots, under which AWS IoT's ATS endpoints are: of the authorities that come with this program. */
function amazonRoots(): string {
  return rootCertificates
    .filter((pem) => /^(O=Amazon$|O=Starfield Technologies, Inc\.$)/m.test(new X509Certificate(pem).subject))
    .map((pem) => `${pem}\n`)
    .join('');
}
