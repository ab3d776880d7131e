import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile, Trust } from '../../model/server-profile.ts';
import { asStationError, StationError } from '../../model/station-error.ts';
import { createHttpClient, HTTP_LIMITS } from '../http/client.ts';
import type { Means } from '../index.ts';
import { MicGateway } from './gateway.ts';
import { micRequest, queryText } from './calls.ts';
import { decode, unexpected, wireDiscovery, wireManifest } from './wire.ts';

/** The vendor's discovery services: the one of today's documents, then the one of its older SDK. */
export const DISCOVERY_SERVICES: readonly string[] = [
  'https://wrd4rfaqo1.execute-api.eu-west-1.amazonaws.com/Prod/manifest/',
  'https://1u31fuekv5.execute-api.eu-west-1.amazonaws.com/prod/manifest/',
];

/** Where a stack was found, and the key that its gateway wants with every call. */
export interface FoundStack {
  /** Base URL with the stage's path. */
  readonly url: string;
  readonly apiKey: Secret<string>;
}

/**
 * Finds a stack by its host: asks the vendor's services where its API is, and the API itself for its key. Needs no login.
 * A service that cannot be reached is passed over while another one answers; a host that is not known is told with 200
 * and `{}`.
 *
 * @throws StationError `server/no-such-stack`, `server/not-mic` and those of a call.
 */
export async function discoverStack(
  {
    name,
    host,
    services,
    trust,
  }: {
    readonly name: string;
    readonly host: string;
    readonly services: readonly string[];
    /** For the stack's own API. */
    readonly trust: Trust;
  },
  means: Means,
  signal: AbortSignal,
): Promise<FoundStack> {
  let failure: StationError | null = null;
  let isUnknown = false;
  for (const service of services) {
    try {
      const url = await askService(name, service, host, trust, means, signal);
      if (url !== null)
        return { url, apiKey: await apiKeyOf({ name, kind: 'mic', url, trust }, means, signal) };
      isUnknown = true;
    } catch (thrown) {
      signal.throwIfAborted();
      failure = asStationError(thrown);
    }
  }
  if (isUnknown || failure === null) throw new StationError('server/no-such-stack', { host });
  throw failure;
}

async function askService(
  name: string,
  service: string,
  host: string,
  trust: Trust,
  { clock, proxies }: Means,
  signal: AbortSignal,
): Promise<string | null> {
  const { origin, pathname } = new URL(service);
  const profile: ServerProfile = {
    name,
    kind: 'mic',
    url: origin,
    // A pin is of the stack's own key, and the service has another.
    trust: trust.by === 'pin' || !service.startsWith('https:') ? { by: 'system' } : trust,
  };
  await using http = createHttpClient(profile, clock, HTTP_LIMITS, proxies);
  const answer = await http.call(
    { method: 'GET', path: `${pathname}${queryText({ hostname: host })}` },
    signal,
  );
  if (answer.status !== 200) throw unexpected(profile, 'discovery', answer);
  const { ApiGatewayRootUrl: root, StackName: stage } = decode(profile, 'discovery', wireDiscovery, answer);
  if (root === undefined || stage === undefined) return null;
  return `${root.replace(/\/+$/, '')}/${stage}`;
}

/**
 * The API key that a stack tells whoever asks.
 *
 * @throws StationError `server/api-key-needed` where it does not, and those of a call.
 */
export async function apiKeyOf(
  profile: ServerProfile,
  { clock, proxies }: Means,
  signal: AbortSignal,
): Promise<Secret<string>> {
  await using http = createHttpClient(profile, clock, HTTP_LIMITS, proxies);
  const gateway = new MicGateway(profile, http, () => null);
  const answer = await gateway.open(micRequest('manifest'), signal);
  if (answer.status === 401 || answer.status === 403)
    throw new StationError('server/api-key-needed', { server: profile.name });
  if (answer.status !== 200) throw unexpected(profile, 'manifest', answer);
  const { ApiKey: key } = decode(profile, 'manifest', wireManifest, answer);
  if (key === undefined || key === '')
    throw new StationError('server/api-key-needed', { server: profile.name });
  return secret(key);
}
