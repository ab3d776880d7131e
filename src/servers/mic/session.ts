import * as z from 'zod';
import type { Clock } from '../../model/clock.ts';
import { secret, type Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { StationError } from '../../model/station-error.ts';
import type { Credentials, KeptSession, SessionOptions } from '../connected-server.ts';
import type { ServerSession } from '../device-server.ts';
import type { HttpAnswer } from '../http/client.ts';
import { micRequest, type MicRequest } from './calls.ts';
import type { MicCredentials, MicGateway } from './gateway.ts';
import {
  decode,
  endOf,
  permissionsOf,
  readError,
  unexpected,
  wireLogin,
  wireRefresh,
  wireUserAnswer,
  type Permissions,
  type WireUser,
} from './wire.ts';

interface Holding {
  readonly user: WireUser;
  readonly permissions: Permissions | null;
  readonly credentials: MicCredentials;
  /** When its token was had, monotonic milliseconds. */
  readonly since: number;
}

/** Before its end a token is renewed this early, so that none ends in the middle of a call. Milliseconds. */
const RENEW_EARLY_MS = 300_000;
/** A refusal of a token that is so young is not for its age. Milliseconds. */
const YOUNG_MS = 60_000;

/** Keys by which a stack refuses a right, whatever the token. */
const NO_RIGHT: ReadonlySet<string> = new Set(['NOT_AUTHORIZED', 'NOT_AUTHORIZED_DOMAIN']);

const keptForm = z.object({
  user: z.object({
    userName: z.string(),
    roleName: z.string().optional(),
    domainName: z.string().optional(),
  }),
  permissions: z.record(z.string(), z.array(z.string())).nullable(),
  credentials: z.object({ identityId: z.string(), token: z.string(), refreshToken: z.string() }),
});

/**
 * A person's session at a stack. Its token lives an hour and is renewed by the refresh token: some minutes before its end,
 * and once when a call is refused, which is then made again. A stack has no logout: one is the forgetting of what is here.
 */
export class MicSession {
  readonly #profile: ServerProfile;
  readonly #gateway: MicGateway;
  readonly #clock: Clock;
  readonly #options: SessionOptions;
  #holding: Holding | null = null;
  #ended = false;
  #renewal: { readonly of: Holding; readonly done: Promise<Holding> } | null = null;

  constructor(profile: ServerProfile, gateway: MicGateway, clock: Clock, options: SessionOptions) {
    this.#profile = profile;
    this.#gateway = gateway;
    this.#clock = clock;
    this.#options = options;
  }

  get current(): ServerSession | null {
    return this.#holding === null ? null : sessionOf(this.#holding);
  }

  get kept(): KeptSession | null {
    if (this.#holding === null) return null;
    const { user, permissions, credentials } = this.#holding;
    const form: z.infer<typeof keptForm> = {
      user,
      permissions: permissions === null ? null : copied(permissions),
      credentials,
    };
    return { ...sessionOf(this.#holding), form: secret(JSON.stringify(form)) };
  }

  /** Whose session it is; null for nobody's. */
  get user(): WireUser | null {
    return this.#holding?.user ?? null;
  }

  /** What the account may do, as the login told; null where it did not, or in a form that is not known. */
  get permissions(): Permissions | null {
    return this.#holding?.permissions ?? null;
  }

  /**
   * @throws StationError `server/login-refused`, `server/consent-required`, `server/api-key-refused`, `server/not-offered`
   * for a token, and those of a call.
   */
  async login(credentials: Credentials, signal: AbortSignal): Promise<ServerSession> {
    return this.#begin(await this.#enter(credentials, signal));
  }

  /** Goes on with a kept session; that it is alive is tried out by reading its user. */
  async resume(kept: KeptSession, signal: AbortSignal): Promise<ServerSession> {
    const refused = new StationError('server/login-refused', {
      server: this.#profile.name,
      user: kept.account,
    });
    const read = keptForm.safeParse(parsed(kept.form));
    if (!read.success) throw refused;
    let holding: Holding = { ...read.data, since: Number.NEGATIVE_INFINITY };
    if (this.#endsSoon(holding)) holding = (await this.#refreshed(holding, signal)) ?? raise(refused);
    let answer = await this.#gateway.as(userRequest(holding), holding.credentials, signal);
    if (isRefusal(answer)) {
      holding = (await this.#refreshed(holding, signal)) ?? raise(refused);
      answer = await this.#gateway.as(userRequest(holding), holding.credentials, signal);
    }
    if (isRefusal(answer)) throw refused;
    if (answer.status !== 200) throw unexpected(this.#profile, 'user', answer);
    const session = this.#begin(holding);
    if (holding.credentials.token !== read.data.credentials.token) this.#options.onRenewed?.();
    return session;
  }

  /** Forgets the session. There is no call for it: the token ends by itself, the refresh token when it is not used. */
  logout(): void {
    const holding = this.#holding;
    this.#holding = null;
    this.#ended = false;
    if (holding !== null) this.#options.onChange?.('logout', holding.user.userName);
  }

  /**
   * Makes a call as the user. 401 and 403 alike may mean that the token has ended: it is renewed once and the call, which
   * did nothing, is made again.
   *
   * @throws StationError `server/not-logged-in`, `server/session-ended`, `server/forbidden`.
   */
  async call(request: MicRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let holding = this.#here();
    if (this.#endsSoon(holding)) holding = await this.#renewed(holding);
    const answer = await this.#gateway.as(request, holding.credentials, signal);
    if (!isRefusal(answer)) return answer;
    const isYoung = this.#clock.monotonic() - holding.since < YOUNG_MS;
    if (NO_RIGHT.has(readError(answer).key ?? '') || (isYoung && answer.status === 403))
      throw this.#forbidden(holding, answer);
    holding = await this.#renewed(holding);
    const second = await this.#gateway.as(request, holding.credentials, signal);
    if (second.status === 401) throw this.#end(holding);
    if (second.status === 403) throw this.#forbidden(holding, second);
    return second;
  }

  /** The user's own record, fresh. */
  async readUser(signal: AbortSignal): Promise<WireUser> {
    const answer = await this.call(userRequest(this.#here()), signal);
    if (answer.status !== 200) throw unexpected(this.#profile, 'user', answer);
    return decode(this.#profile, 'user', wireUserAnswer, answer);
  }

  #here(): Holding {
    if (this.#holding !== null) return this.#holding;
    const code = this.#ended ? 'server/session-ended' : 'server/not-logged-in';
    throw new StationError(code, { server: this.#profile.name });
  }

  #begin(holding: Holding): ServerSession {
    this.#holding = holding;
    this.#ended = false;
    this.#options.onChange?.('login', holding.user.userName);
    return sessionOf(holding);
  }

  async #enter(credentials: Credentials, signal: AbortSignal): Promise<Holding> {
    const server = this.#profile.name;
    if (credentials.by === 'token')
      throw new StationError('server/not-offered', { server, what: 'a login with a personal access token' });
    const { user, password } = credentials;
    const answer = await this.#gateway.open(
      micRequest('login', { json: { userName: user, password: password.reveal() } }),
      signal,
    );
    if (answer.status === 200) {
      const login = decode(this.#profile, 'login', wireLogin, answer);
      answer.body.fill(0);
      return { ...login, permissions: permissionsOf(login.permissions), since: this.#clock.monotonic() };
    }
    const { key } = readError(answer);
    if (key === 'USER_CONSENT_REQUIRED') throw new StationError('server/consent-required', { server, user });
    // Without a key it is the gateway that refuses, and of a login it judges the API key alone.
    if (key === null && isRefusal(answer)) throw new StationError('server/api-key-refused', { server });
    if (key === 'INVALID_LOGIN' || key === 'USER_NOT_FOUND' || isRefusal(answer))
      throw new StationError('server/login-refused', { server, user });
    throw unexpected(this.#profile, 'login', answer);
  }

  #endsSoon({ credentials }: Holding): boolean {
    const end = endOf(credentials.token);
    return end !== null && end * 1000 - this.#clock.now() < RENEW_EARLY_MS;
  }

  /** Calls that need it together share one renewal. */
  async #renewed(of: Holding): Promise<Holding> {
    if (this.#holding !== of) return this.#here();
    if (this.#renewal?.of !== of) this.#renewal = { of, done: this.#renew(of) };
    return await this.#renewal.done;
  }

  async #renew(of: Holding): Promise<Holding> {
    // Several calls wait for this, so no single one's signal ends it; its own deadline does.
    const { signal } = new AbortController();
    try {
      const refreshed = await this.#refreshed(of, signal);
      const holding = refreshed ?? (await this.#again(signal));
      // Who has logged out or in meanwhile is not logged in as the former account again.
      if (this.#holding !== of) return this.#here();
      if (holding === null) throw this.#end(of);
      this.#holding = holding;
      if (refreshed === null) this.#options.onChange?.('login', holding.user.userName);
      this.#options.onRenewed?.();
      return holding;
    } catch (error) {
      if (error instanceof StationError && REFUSALS.has(error.code)) throw this.#end(of, error);
      // The server is away, not the session: the next call may try again.
      this.#renewal = null;
      throw error;
    }
  }

  /** By the refresh token; null where the stack refuses it. What an answer leaves out stays as it was. */
  async #refreshed(of: Holding, signal: AbortSignal): Promise<Holding | null> {
    const { refreshToken } = of.credentials;
    const answer = await this.#gateway.open(micRequest('refresh', { json: { refreshToken } }), signal);
    // Without a key it is the gateway that refuses, and here it judges the API key alone: the session may be alive.
    if (isRefusal(answer) && readError(answer).key === null)
      throw new StationError('server/api-key-refused', { server: this.#profile.name });
    if (answer.status >= 400 && answer.status < 500) return null;
    if (answer.status !== 200) throw unexpected(this.#profile, 'refresh', answer);
    const fresh = decode(this.#profile, 'refresh', wireRefresh, answer);
    answer.body.fill(0);
    return {
      user: fresh.user ?? of.user,
      permissions: permissionsOf(fresh.permissions) ?? of.permissions,
      credentials: {
        identityId: fresh.credentials.identityId ?? of.credentials.identityId,
        token: fresh.credentials.token,
        refreshToken: fresh.credentials.refreshToken ?? refreshToken,
      },
      since: this.#clock.monotonic(),
    };
  }

  /** A new login, where its credentials are at hand. */
  async #again(signal: AbortSignal): Promise<Holding | null> {
    const credentials = (await this.#options.renew?.()) ?? null;
    return credentials === null ? null : await this.#enter(credentials, signal);
  }

  #forbidden({ user }: Holding, answer: HttpAnswer): StationError {
    return new StationError('server/forbidden', {
      server: this.#profile.name,
      user: user.userName,
      detail: readError(answer).text,
    });
  }

  #end(holding: Holding, cause?: unknown): StationError {
    if (this.#holding === holding) {
      this.#holding = null;
      this.#ended = true;
      this.#options.onChange?.('expired', holding.user.userName);
    }
    return new StationError('server/session-ended', { server: this.#profile.name }, { cause });
  }
}

/** What a renewal by the user's own credentials may be refused with. */
const REFUSALS: ReadonlySet<string> = new Set(['server/login-refused', 'server/consent-required']);

function sessionOf({ user }: Holding): ServerSession {
  // It renews itself: what ends is a refresh token of thirty days or what the stack has chosen, which nobody tells.
  return { account: user.userName, expiresAt: null, by: 'password', refreshed: true };
}

function userRequest({ user }: Holding): MicRequest {
  return micRequest('user', { id: user.userName, query: { attributes: 'userName,roleName,domainName' } });
}

function isRefusal({ status }: HttpAnswer): boolean {
  return status === 401 || status === 403;
}

function copied(permissions: Permissions): Record<string, string[]> {
  return Object.fromEntries(Object.entries(permissions).map(([object, rights]) => [object, [...rights]]));
}

function parsed(form: Secret<string>): unknown {
  try {
    return JSON.parse(form.reveal());
  } catch {
    return undefined;
  }
}

function raise(error: StationError): never {
  throw error;
}
