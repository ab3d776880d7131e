import type { Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import type { MicRequest } from './calls.ts';

/** The credentials of a login, as the documents name them. */
export interface MicCredentials {
  readonly identityId: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** A stack's API gateway: the base path before each path, the API key with each call. */
export class MicGateway {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #apiKey: () => Secret<string> | null;

  constructor({ url }: ServerProfile, http: HttpClient, apiKey: () => Secret<string> | null) {
    this.#http = http;
    this.#base = new URL(url).pathname.replace(/\/+$/, '');
    this.#apiKey = apiKey;
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
