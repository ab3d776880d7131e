import type { Clock } from '../../model/clock.ts';
import { canonicalIdentity, type Identity } from '../../model/identity.ts';
import type { PublicKey } from '../../model/key.ts';
import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { AuthAnswer, AuthRequestOptions } from '../device-server.ts';
import type { HttpClient } from '../http/client.ts';
import { isUncertain } from './accept.ts';
import { errorText, isMendersOwn, unexpected } from './answer.ts';
import { menderCall } from './calls.ts';
import { isOldServer } from './old-server.ts';
import { readToken } from './wire.ts';

/** The body of an auth request: the identity as a text inside JSON, the key as SPKI PEM. */
export function authRequestBody(
  identity: Identity,
  key: PublicKey,
  { tenantToken, tier }: AuthRequestOptions,
): Secret<Uint8Array> {
  const body = {
    id_data: canonicalIdentity(identity),
    pubkey: key.pem,
    ...(tenantToken === null ? {} : { tenant_token: tenantToken.reveal() }),
    ...(tier === 'standard' ? {} : { tier }),
  };
  return secret<Uint8Array>(Buffer.from(JSON.stringify(body)));
}

/** Pauses in milliseconds before a request without an outcome is sent again. */
const PAUSES_MS = [250, 1000, 3000];

/**
 * Sends a signed auth request. The server keeps no nonce and makes one device and one auth set of any number of equal
 * requests, so one without an outcome (a cut connection, or a 5xx: it may have got half way) is sent again as it is.
 * One that timed out is not: the caller has waited long enough, and looks.
 *
 * @throws StationError `server/key-unacceptable`, `server/failed`, `server/not-mender` and those of a call.
 */
export async function submitAuthRequest(
  profile: ServerProfile,
  http: HttpClient,
  clock: Clock,
  request: Secret<Uint8Array>,
  signature: Secret<Uint8Array>,
  signal: AbortSignal,
): Promise<AuthAnswer> {
  for (let round = 0; ; round += 1) {
    try {
      return await submitOnce(profile, http, request, signature, signal);
    } catch (error) {
      const pause = PAUSES_MS[round];
      if (!(error instanceof StationError) || pause === undefined) throw error;
      if (!isUncertain(error) || error.code === 'server/timeout') throw error;
      await clock.sleep(pause, signal);
    }
  }
}

async function submitOnce(
  profile: ServerProfile,
  http: HttpClient,
  request: Secret<Uint8Array>,
  signature: Secret<Uint8Array>,
  signal: AbortSignal,
): Promise<AuthAnswer> {
  const server = profile.name;
  const input = {
    bytes: request.reveal(),
    // Padded standard base64: the server takes no other spelling.
    headers: { 'x-men-signature': Buffer.from(signature.reveal()).toString('base64') },
  };
  let answer = await http.call(menderCall('auth request', input), signal);
  if (answer.status === 404 && !isMendersOwn(answer) && (await isOldServer(http, signal)))
    answer = await http.call(menderCall('old auth request', input), signal);
  switch (answer.status) {
    case 200: {
      // Its content type is no help: servers of 2023 call the bare token JSON.
      const claims = readToken(answer.body.toString());
      answer.body.fill(0);
      if (claims === null)
        throw new StationError('server/not-mender', {
          server,
          detail: 'its answer to an auth request is no token',
        });
      return { authorized: true, deviceId: claims.subject, authSetId: claims.id };
    }
    case 401:
      return { authorized: false, detail: errorText(answer) || 'no reason given' };
    case 400:
      // The request is well-formed: what is left for the server to dislike is the key.
      throw new StationError('server/key-unacceptable', {
        server,
        detail: errorText(answer) || 'no reason given',
      });
    default:
      throw unexpected(profile, 'auth request', answer);
  }
}
