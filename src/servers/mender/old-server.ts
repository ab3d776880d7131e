import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { HttpClient } from '../http/client.ts';
import { errorText, isMendersOwn, unexpected } from './answer.ts';
import { menderCall } from './calls.ts';
import { readToken } from './wire.ts';

/**
 * Servers of 1.0 and 1.1, from documents: their routes are of version 0.1, a login without credentials gives the token
 * for the first user where there is none yet, and how boards are accepted there is not described.
 */
export const OLD_VERSION = '0.1';

/** Whether the login of 1.0 and 1.1 is there. Nothing is changed; a server of today has no such route. */
export async function isOldServer(http: HttpClient, signal: AbortSignal): Promise<boolean> {
  const answer = await http.call(menderCall('old login', { ids: [OLD_VERSION] }), signal);
  if (answer.status === 401) return isMendersOwn(answer);
  return answer.status === 200 && readToken(answer.body.toString()) !== null;
}

/** A server that waits for its first user. */
interface EmptyServer {
  readonly version: string;
  /** Good for making that user and nothing else. */
  readonly token: Secret<string>;
}

/** Null where the server has a user, or is too new to take the first one from outside. */
export async function findEmpty(http: HttpClient, signal: AbortSignal): Promise<EmptyServer | null> {
  for (const version of ['v1', OLD_VERSION]) {
    const answer = await http.call(menderCall('old login', { ids: [version] }), signal);
    const text = answer.body.toString().trim();
    if (answer.status === 200 && readToken(text) !== null) return { version, token: secret(text) };
  }
  return null;
}

/**
 * Makes the first user of an empty server.
 *
 * @throws StationError `server/has-users`, `server/first-user-refused`, `server/failed` and those of a call.
 */
export async function createFirstUser(
  profile: ServerProfile,
  http: HttpClient,
  user: { readonly email: string; readonly password: Secret<string> },
  signal: AbortSignal,
): Promise<void> {
  const server = profile.name;
  const empty = await findEmpty(http, signal);
  if (empty === null) throw new StationError('server/has-users', { server });
  const input = {
    ids: [empty.version],
    json: { email: user.email, password: user.password.reveal() },
    headers: { authorization: `Bearer ${empty.token.reveal()}` },
  };
  let answer = await http.call(menderCall('first user', input), signal);
  // The API description has the route misspelt: whoever built after it answers there alone.
  if (answer.status === 404) answer = await http.call(menderCall('first user, misspelt', input), signal);
  switch (answer.status) {
    case 201:
      return;
    case 401:
      // Somebody was faster.
      throw new StationError('server/has-users', { server });
    case 400:
    case 422:
      throw new StationError('server/first-user-refused', {
        server,
        detail: errorText(answer) || 'no reason given',
      });
    default:
      throw unexpected(profile, 'first user', answer);
  }
}
