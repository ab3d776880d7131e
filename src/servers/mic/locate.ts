import { isLoopback, type MicSettings, type ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { LocatedServer, Means, WantedServer } from '../index.ts';
import { apiKeyOf, DISCOVERY_SERVICES, discoverStack } from './discovery.ts';

/**
 * A stack is where a person says, or where the vendor's discovery finds its host. Its API key is the given one, else what
 * the stack itself tells.
 *
 * @throws StationError `station/server-invalid`, `server/no-such-stack`, `server/api-key-needed` and those of a call.
 */
export async function locateMic(
  { name, url, trust, mic: given = {}, apiKey }: WantedServer,
  means: Means,
  signal: AbortSignal,
): Promise<LocatedServer> {
  const mic: MicSettings = {
    host: null,
    discovery: [],
    thingType: null,
    domain: null,
    iotCa: null,
    ...given,
  };
  if ((mic.host === null) === (url === undefined))
    throw new StationError('station/server-invalid', {
      detail: 'give the host of the stack, or its base URL with the path (https://host/prod)',
    });
  const asked = url === undefined ? mic.discovery : [url];
  if (!asked.every(isProtected))
    throw new StationError('station/server-invalid', {
      detail: 'give URLs as https://host/path; http is for a server on this machine',
    });
  if (mic.host !== null) {
    const services = mic.discovery.length === 0 ? DISCOVERY_SERVICES : mic.discovery;
    const found = await discoverStack({ name, host: mic.host, services, trust }, means, signal);
    return { url: found.url, apiKey: apiKey ?? found.apiKey, mic };
  }
  const profile: ServerProfile = { name, kind: 'mic', url: url ?? '', trust };
  return { url: profile.url, apiKey: apiKey ?? (await apiKeyOf(profile, means, signal)), mic };
}

/** What is asked for a key, or where one is, must be the right one: TLS, or this machine itself. */
function isProtected(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}
