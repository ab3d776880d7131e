/** A request as the core sees it: what an HTTP parser has left, and nothing of a socket. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as sent, e.g. `/api/management/v2/devauth/devices?page=2`. */
  readonly target: string;
  /** Names in lower case, values as sent; repeated lines joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The size announced or received, when the body itself was not read because it is over the limit. Bytes. */
  readonly bodyLength?: number;
}

/** An answer. A header with several values is sent as several lines. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/**
 * What becomes of a request. The core never waits: it says how long to wait and what to do then, so that the same code
 * runs behind a socket and in virtual time.
 */
export type Outcome =
  | { readonly kind: 'answer'; readonly response: WireResponse }
  /** Wait `ms` milliseconds, then ask `next`. */
  | { readonly kind: 'wait'; readonly ms: number; readonly next: () => Outcome }
  /** The connection is cut without an answer. */
  | { readonly kind: 'drop' }
  /** No answer is ever given; the connection stays open. */
  | { readonly kind: 'hang' };

export const JSON_TYPE = 'application/json; charset=utf-8';

/** An answer before the request id, the error envelope and the mode's default headers are put on. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** Becomes `{"error":"...","request_id":"..."}`. */
  readonly error?: string;
  /** Set where the framework answers before the request id is known: neither header nor member. */
  readonly anonymous?: boolean;
  /** Set where the 2023 framework answers: the error body carries no request id (the header does). */
  readonly framework?: boolean;
}

/** A handler's reply, at once or after a pause in which other requests are served. */
export type Deferred = Reply | { readonly waitMs: number; readonly then: () => Reply };

/** The version of the server that is played: the code of August 2026 or that of September 2023. */
export type Mode = '2026' | '2023';
