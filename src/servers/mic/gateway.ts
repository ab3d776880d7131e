import type { Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { onlyThese, type CallShape } from '../http/allow-list.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import { MIC_CALLS, type MicRequest } from './calls.ts';

/** The credentials of a login, as the documents name them. */
export interface MicCredentials {
  readonly identityId: string;
  readonly token: string;
  readonly refreshToken: string;
}

/**
 * A stack's API gateway: the base path before each path, the API key with each call. It sends the calls of the table, and
 * the one of the stack's own description that was allowed beside them; its calls also throw StationError
 * `server/call-not-allowed`.
 */
export class MicGateway {
  readonly #profile: ServerProfile;
  readonly #any: HttpClient;
  readonly #base: string;
  readonly #apiKey: () => Secret<string> | null;
  #http: HttpClient;

  constructor(profile: ServerProfile, http: HttpClient, apiKey: () => Secret<string> | null) {
    this.#profile = profile;
    this.#any = http;
    this.#base = new URL(profile.url).pathname.replace(/\/+$/, '');
    this.#apiKey = apiKey;
    this.#http = this.#only([]);
  }

  /** Sends this call, too, from now on; one that was allowed before no more. `{}` in its path stands for one segment. */
  allow(shape: CallShape): void {
    this.#http = this.#only([shape]);
  }

  #only(more: readonly CallShape[]): HttpClient {
    const shapes = [...Object.values(MIC_CALLS), ...more].map(({ method, path }) => ({
      method,
      path: this.#base + path,
    }));
    return onlyThese(this.#any, this.#profile, shapes);
  }

  /** A call without a login. */
  open(request: MicRequest, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send(request, {}, signal);
  }

  /** A call as somebody: the raw token, and the identity that older stacks ask for beside it. */
  as(request: MicRequest, { token, identityId }: MicCredentials, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#send(request, { authorization: token, identityId }, signal);
  }

  #send(
    { method, path, json }: MicRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const key = this.#apiKey();
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    return this.#http.call(
      {
        method,
        path: this.#base + path,
        headers: {
          ...(key === null ? {} : { 'x-api-key': key.reveal() }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      },
      signal,
    );
  }
}
