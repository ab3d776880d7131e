import { StationError } from '../../model/station-error.ts';
import type { LocatedServer, WantedServer } from '../index.ts';

/** A Mender server is where a person says. @throws StationError `station/server-invalid`. */
export function locateMender({ url, mic, apiKey }: WantedServer): Promise<LocatedServer> {
  const problem =
    url === undefined
      ? 'url: give it as https://host or https://host:port'
      : mic !== undefined || apiKey !== null
        ? 'a host, an API key and thing types are those of the kind mic'
        : null;
  if (url === undefined || problem !== null)
    return Promise.reject(new StationError('station/server-invalid', { detail: problem ?? '' }));
  return Promise.resolve({ url, apiKey: null });
}
