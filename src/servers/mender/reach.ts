import { isIP } from 'node:net';
import type { DoctorLine } from '../../contract.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { Reached } from '../connected-server.ts';
import type { HttpClient } from '../http/client.ts';
import { isMendersOwn } from './answer.ts';
import { menderCall } from './calls.ts';
import { findEmpty, isOldServer } from './old-server.ts';

/**
 * What answers at a server's URL, found without a login and without changing anything.
 *
 * @throws StationError where nothing answers, or something that redirects.
 */
export async function reachMender(
  { name, url }: ServerProfile,
  http: HttpClient,
  signal: AbortSignal,
): Promise<Reached> {
  const answer = await http.call(menderCall('device count'), signal);
  // Whoever asks without a login is refused by Mender itself, in its own form.
  if (answer.status === 401 && isMendersOwn(answer)) return found('ok', 'a Mender server');
  if (await isOldServer(http, signal)) {
    const empty = (await findEmpty(http, signal)) !== null;
    return empty
      ? found(
          'note',
          'a Mender server of 1.0 or 1.1 without any user',
          `Make its first user (station server first-user ${name} --user EMAIL).`,
          true,
        )
      : found(
          'note',
          'a Mender server of 1.0 or 1.1: boards are accepted in its own UI',
          'Accept the boards there, or have the server updated.',
        );
  }
  const { hostname } = new URL(url);
  const byAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  if (answer.status === 404)
    return found(
      'bad',
      byAddress
        ? 'a 404 that is not Mender’s: a gateway answers to its own host name and not to an address'
        : 'a 404 that is not Mender’s: a gateway answers to its own host name only',
      'Store the server under the host name that it was set up with.',
    );
  return found('bad', `something that is no Mender server (it answers ${answer.status})`, 'Check the URL.');
}

function found(
  state: DoctorLine['state'],
  text: string,
  remedy: string | null = null,
  empty = false,
): Reached {
  return { line: { check: 'answers', state, text, remedy }, empty };
}
