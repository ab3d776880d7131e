import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import type { Clock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import { whenAborted } from './aborting.ts';
import { connectorFor } from './connector.ts';
import { AnswerTooLarge, Exchange } from './exchange.ts';
import { anotherKind, asServerError, CallTimedOut } from './failure.ts';
import { NO_PROXIES, type ProxySettings } from './proxy.ts';

/** One call. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, from the server's root. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Set where a rate limit (429) is an answer like any other: the caller paces many calls at once. */
  readonly tellsRateLimit?: true;
}

/** What a server answered, whatever its status; the body whole and of bounded size. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; a header that came in several lines is joined by `, `, as HTTP defines. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Ours, or the server's where it chose another. */
  readonly requestId: string;
}

/** Calls to one server. Dispose it to close its connections. */
export interface HttpClient extends AsyncDisposable {
  /** How often the server asked to slow down since this client was made. */
  readonly slowedDown: number;
  /**
   * Makes a call and reads its answer. A rate limit (429) is waited out as the server asks, within bounds: such a call
   * did nothing. A GET whose connection broke is made once more. Anything else is left to the caller, who knows what
   * may be repeated.
   *
   * @throws StationError `server/unreachable`, `server/timeout`, `server/certificate`, `server/pin-mismatch`,
   * `server/rate-limited`, `server/not-mender` or `server/not-mic` (a redirect); the signal's reason when aborted.
   */
  call(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer>;
}

export interface HttpLimits {
  /** Milliseconds to a usable connection, TLS included. */
  readonly connectMs: number;
  /** Milliseconds for a call from its start to the end of its answer, without waits that the server asked for. */
  readonly callMs: number;
  /** Milliseconds that are waited in all for a server that asks to slow down. */
  readonly rateLimitMs: number;
  /** Bytes of an answer's body. */
  readonly answerBytes: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectMs: 10_000,
  callMs: 30_000,
  rateLimitMs: 60_000,
  answerBytes: 8 * 1024 * 1024,
};

/** As many as a batch has calls under way; opened as they are needed. A server counts connections, too. */
const CONNECTIONS = 32;

export function createHttpClient(
  profile: ServerProfile,
  clock: Clock,
  limits: HttpLimits = HTTP_LIMITS,
  proxies: ProxySettings = NO_PROXIES,
): HttpClient {
  const origin = new URL(profile.url).origin;
  const pool = new Pool(origin, {
    connect: connectorFor(profile, limits.connectMs, proxies),
    connections: CONNECTIONS,
    // The call's own deadline governs; a second one that ends earlier would only confuse.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function once(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const exchange = new Exchange(limits.answerBytes);
    const timer = setTimeout(() => exchange.end(new CallTimedOut(limits.callMs)), limits.callMs);
    const abort = (): void => exchange.end(signal.reason);
    const unlisten = whenAborted(signal, abort);
    const requestId = randomUUID();
    try {
      const { method, path, headers, body = null } = call;
      pool.dispatch(
        { method, path, headers: { ...headers, 'x-men-requestid': requestId, accept: '*/*' }, body },
        exchange,
      );
      const answer = await exchange.answer;
      return { ...answer, requestId: answer.headers.get('x-men-requestid') ?? requestId };
    } catch (error) {
      // What the caller's signal said comes before what the socket made of it.
      if (signal.aborted) throw signal.reason;
      if (error instanceof AnswerTooLarge) throw anotherKind(profile, error.message);
      throw asServerError(profile, error);
    } finally {
      clearTimeout(timer);
      unlisten();
    }
  }

  async function repeated(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await once(call, signal);
    } catch (error) {
      const again =
        call.method === 'GET' && error instanceof StationError && error.code === 'server/unreachable';
      if (!again) throw error;
      return await once(call, signal);
    }
  }

  let slowedDown = 0;
  return {
    get slowedDown() {
      return slowedDown;
    },
    async call(call, signal) {
      let waited = 0;
      for (;;) {
        const answer = await repeated(call, signal);
        if (answer.status >= 300 && answer.status < 400)
          throw anotherKind(profile, `it redirects to ${answer.headers.get('location') ?? 'nowhere'}`);
        if (answer.status !== 429) return answer;
        slowedDown += 1;
        if (call.tellsRateLimit === true) return answer;
        const wait = retryAfterMs(answer, clock.now());
        waited += wait;
        if (waited > limits.rateLimitMs)
          throw new StationError('server/rate-limited', {
            server: profile.name,
            seconds: Math.ceil(wait / 1000),
          });
        await clock.sleep(wait, signal);
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

/**
 * How long a 429 asks to wait: seconds, or an HTTP date; a second where the server does not say. A date is by the server's
 * clock, which the answer tells (RFC 9110, 10.2.3 and 6.6.1); `now`, by ours, is for an answer that tells none.
 * Milliseconds.
 */
export function retryAfterMs(answer: HttpAnswer, now: number): number {
  const text = answer.headers.get('retry-after') ?? '1';
  const told = Date.parse(answer.headers.get('date') ?? '');
  const wait = /^\d+$/.test(text)
    ? Number(text) * 1000
    : Date.parse(text) - (Number.isNaN(told) ? now : told);
  return Number.isFinite(wait) ? Math.max(wait, 100) : 1000;
}
