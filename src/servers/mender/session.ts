import type { Clock } from '../../model/clock.ts';
import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { Credentials, KeptSession, SessionOptions } from '../connected-server.ts';
import type { ServerSession } from '../device-server.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import { errorText, isMendersOwn, unexpected } from './answer.ts';
import { menderCall, type CallInput, type MenderCall } from './calls.ts';
import { isOldServer, OLD_VERSION } from './old-server.ts';
import { parseJson, readToken, wireUser, type TokenClaims } from './wire.ts';

/** Credentials, or the token of an earlier login that was kept. */
type Entry = Credentials | { readonly by: 'kept'; readonly token: Secret<string>; readonly account: string };

interface Holding extends ServerSession {
  readonly token: Secret<string>;
  readonly claims: TokenClaims;
  /** Of a server of 1.0 or 1.1, which has no other call that the station knows. */
  readonly old: boolean;
}

/**
 * A new login that is refused so soon is not a session that ran out: something revokes sessions or answers 401 to
 * everything, and each further login would push another of the user's ten sessions out. Milliseconds.
 */
const RENEW_AT_MOST_EVERY_MS = 60_000;

/** A person's session at a Mender server: one login, kept for all calls of the process, renewed at most once a minute. */
export class MenderSession {
  readonly #profile: ServerProfile;
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #options: SessionOptions;
  #holding: Holding | null = null;
  #ended = false;
  #renewal: { readonly refused: Holding; readonly done: Promise<Holding> } | null = null;
  #renewedAt: number | null = null;

  constructor(profile: ServerProfile, http: HttpClient, clock: Clock, options: SessionOptions) {
    this.#profile = profile;
    this.#http = http;
    this.#clock = clock;
    this.#options = options;
  }

  /** Who is logged in; null for nobody. */
  get current(): ServerSession | null {
    return this.#holding === null ? null : sessionOf(this.#holding);
  }

  /** The session for the key store; its form is the token. Null where nobody is logged in. */
  get kept(): KeptSession | null {
    if (this.#holding === null) return null;
    return { ...sessionOf(this.#holding), form: this.#holding.token };
  }

  /** Whether the server is one of 1.0 or 1.1. */
  get isOld(): boolean {
    return this.#holding?.old ?? false;
  }

  /** Whether the server is one of today, as far as its token tells; null when nobody is logged in. */
  get isOfToday(): boolean | null {
    return this.#holding?.claims.namesKey ?? null;
  }

  /**
   * Logs in, in place of whoever was. A token is tried out before it counts.
   *
   * @throws StationError `server/login-refused`, `server/token-refused`, `server/otp-needed`, `server/single-sign-on`, `server/not-mender`.
   */
  login(credentials: Credentials, signal: AbortSignal): Promise<ServerSession> {
    return this.#begin(credentials, signal);
  }

  /** Goes on with a kept session; its token is tried out. @throws StationError `server/login-refused`, `server/token-refused`. */
  resume({ by, account, form }: KeptSession, signal: AbortSignal): Promise<ServerSession> {
    return this.#begin(by === 'token' ? { by, token: form } : { by: 'kept', token: form, account }, signal);
  }

  async #begin(entry: Entry, signal: AbortSignal): Promise<ServerSession> {
    const holding = await this.#enter(entry, signal);
    const before = this.#holding;
    this.#holding = holding;
    this.#ended = false;
    this.#renewedAt = null;
    this.#options.onChange?.('login', holding.account);
    // One session for a station: of ten, each further one would throw somebody's out. Calls on their way with the old
    // token are refused and made again with the new one.
    if (before !== null && before.token.reveal() !== holding.token.reveal())
      await this.#close(before, signal);
    return sessionOf(holding);
  }

  /** Ends a session at the server that another one has taken the place of; where that fails it ends by itself. */
  async #close(holding: Holding, signal: AbortSignal): Promise<void> {
    if (holding.by === 'token' || holding.old) return;
    try {
      await this.#send('logout', holding.token, {}, signal);
    } catch (error) {
      if (!(error instanceof StationError)) throw error;
    }
  }

  /** Ends the session here, and at the server where it began with a password. A server that is away keeps it until it expires. */
  async logout(signal: AbortSignal): Promise<void> {
    const holding = this.#holding;
    this.#holding = null;
    this.#ended = false;
    if (holding === null) return;
    this.#options.onChange?.('logout', holding.account);
    // Logging out with a personal access token would delete the token itself.
    if (holding.by === 'token' || holding.old) return;
    const answer = await this.#send('logout', holding.token, {}, signal);
    if (answer.status !== 202 && answer.status !== 401) throw unexpected(this.#profile, 'logout', answer);
  }

  /**
   * Makes a call with the session's token. A 401 means "get a new token" and nothing else, whatever its text: the login
   * is renewed once and the call, which did nothing, is made again.
   *
   * @throws StationError `server/not-logged-in`, `server/session-ended`, `server/forbidden`.
   */
  async call(name: MenderCall, input: CallInput, signal: AbortSignal): Promise<HttpAnswer> {
    const holding = this.#here();
    if (holding.old) throw new StationError('server/old', { server: this.#profile.name });
    const answer = await this.#send(name, holding.token, input, signal);
    if (answer.status !== 401) return this.#permitted(answer, holding);
    const renewed = await this.#renewed(holding);
    const second = await this.#send(name, renewed.token, input, signal);
    if (second.status === 401) throw this.#end(renewed);
    return this.#permitted(second, renewed);
  }

  #here(): Holding {
    if (this.#holding !== null) return this.#holding;
    const code = this.#ended ? 'server/session-ended' : 'server/not-logged-in';
    throw new StationError(code, { server: this.#profile.name });
  }

  #permitted(answer: HttpAnswer, holding: Holding): HttpAnswer {
    if (answer.status !== 403) return answer;
    throw new StationError('server/forbidden', {
      server: this.#profile.name,
      user: holding.account,
      detail: errorText(answer) || 'no reason given',
    });
  }

  /** Calls that were refused together share one renewal. */
  async #renewed(refused: Holding): Promise<Holding> {
    if (this.#holding !== refused) return this.#here();
    if (this.#renewal?.refused !== refused) {
      this.#renewal = { refused, done: this.#renew(refused) };
    }
    return await this.#renewal.done;
  }

  async #renew(refused: Holding): Promise<Holding> {
    const now = this.#clock.monotonic();
    if (this.#renewedAt !== null && now - this.#renewedAt < RENEW_AT_MOST_EVERY_MS) throw this.#end(refused);
    const credentials = (await this.#options.renew?.()) ?? null;
    if (credentials === null) throw this.#end(refused);
    try {
      // Several calls wait for this, so no single one's signal ends it; its own deadline does.
      const { signal } = new AbortController();
      const holding = await this.#enter(credentials, signal);
      // Who has logged out or in meanwhile is not logged in as the former account again.
      if (this.#holding !== refused) {
        await this.#close(holding, signal);
        return this.#here();
      }
      this.#holding = holding;
      this.#renewedAt = now;
      this.#options.onChange?.('login', holding.account);
      this.#options.onRenewed?.();
      return holding;
    } catch (error) {
      if (error instanceof StationError && REFUSALS.has(error.code)) throw this.#end(refused, error);
      // The server is away, not the session: the next call may try again.
      this.#renewal = null;
      throw error;
    }
  }

  #end(holding: Holding, cause?: unknown): StationError {
    if (this.#holding === holding) {
      this.#holding = null;
      this.#ended = true;
      const over = holding.claims.expires !== null && holding.claims.expires * 1000 <= this.#clock.now();
      this.#options.onChange?.(over ? 'expired' : 'refused', holding.account);
    }
    return new StationError('server/session-ended', { server: this.#profile.name }, { cause });
  }

  async #enter(credentials: Entry, signal: AbortSignal): Promise<Holding> {
    if (credentials.by === 'password') return await this.#withPassword(credentials, signal);
    const server = this.#profile.name;
    const text = credentials.token.reveal().trim();
    const claims = readToken(text);
    const refused =
      credentials.by === 'kept'
        ? new StationError('server/login-refused', { server, user: credentials.account })
        : new StationError('server/token-refused', { server });
    if (claims?.subject == null) throw refused;
    const token = secret(text);
    const answer = await this.#send('user', token, { ids: [claims.subject] }, signal);
    if (answer.status === 401) throw refused;
    const nowhere = answer.status === 404 && !isMendersOwn(answer);
    const old = nowhere && credentials.by === 'kept' && (await isOldServer(this.#http, signal));
    if (answer.status >= 500 || (nowhere && !old)) throw unexpected(this.#profile, 'user', answer);
    // Accounts with few rights may not look at users; the token is good all the same.
    const seen = wireUser.safeParse(parseJson(answer.body.toString()));
    const account =
      credentials.by === 'kept' ? credentials.account : seen.success ? seen.data.email : claims.subject;
    return hold(token, claims, account, credentials.by === 'kept' ? 'password' : 'token', old);
  }

  async #withPassword(
    credentials: Extract<Credentials, { by: 'password' }>,
    signal: AbortSignal,
  ): Promise<Holding> {
    const server = this.#profile.name;
    const { user, password, otp } = credentials;
    const basic = Buffer.from(`${user}:${password.reveal()}`).toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    // The code of a second factor travels in the body. Servers without it ignore the member.
    const json = otp === undefined ? {} : { token2fa: otp };
    let answer = await this.#http.call(menderCall('login', { json, headers }), signal);
    const old = answer.status === 404 && !isMendersOwn(answer) && (await isOldServer(this.#http, signal));
    if (old) answer = await this.#http.call(menderCall('old login', { ids: [OLD_VERSION], headers }), signal);
    if (answer.status === 401) {
      // The one place where a text decides: nothing else tells a missing code from a wrong password.
      throw errorText(answer).toLowerCase().includes('2fa')
        ? new StationError('server/otp-needed', { server })
        : new StationError('server/login-refused', { server, user });
    }
    if (answer.status !== 200) throw unexpected(this.#profile, 'login', answer);
    const text = answer.body.toString().trim();
    const claims = readToken(text);
    if (claims !== null) return hold(secret(text), claims, user, 'password', old);
    // Instead of a token, JSON that names an identity provider.
    if (answer.headers.get('content-type')?.startsWith('application/json') === true)
      throw new StationError('server/single-sign-on', { server, user });
    throw new StationError('server/not-mender', { server, detail: 'its answer to a login is no token' });
  }

  #send(name: MenderCall, token: Secret<string>, input: CallInput, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = { ...input.headers, authorization: `Bearer ${token.reveal()}` };
    return this.#http.call(menderCall(name, { ...input, headers }), signal);
  }
}

/** What a renewal may be refused with: the session is over then, and the server is there. */
const REFUSALS: ReadonlySet<string> = new Set([
  'server/login-refused',
  'server/token-refused',
  'server/otp-needed',
  'server/single-sign-on',
]);

function sessionOf({ account, expiresAt, by, lastsMs }: Holding): ServerSession {
  return { account, expiresAt, by, ...(lastsMs === undefined ? {} : { lastsMs }) };
}

function hold(
  token: Secret<string>,
  claims: TokenClaims,
  account: string,
  by: Holding['by'],
  old: boolean,
): Holding {
  const expiresAt = claims.expires === null ? null : new Date(claims.expires * 1000).toISOString();
  const { issued, expires } = claims;
  const lasts = issued === null || expires === null ? {} : { lastsMs: (expires - issued) * 1000 };
  return { token, claims, account, expiresAt, by, old, ...lasts };
}
