import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { tenantId, type Environment } from './environment.ts';
import { goTime, type Encodable } from './go-json.ts';
import { isExpired, textClaim, TokenSigner } from './jwt.ts';

/** What sets an account apart that is not a plain admin's. Enterprise and hosted servers have such; from documents. */
export interface AccountTraits {
  /** The code of the second factor that a login must bring. */
  readonly otp?: string;
  /** Signs in at an identity provider: a login here is answered with where that is. */
  readonly singleSignOn?: boolean;
  /** `reader` may look and change nothing: 403 for the rest. */
  readonly role?: 'admin' | 'reader';
}

/** A person or a program that may log in. */
export interface User extends AccountTraits {
  readonly id: string;
  email: string;
  password: PasswordHash;
  readonly createdAt: number;
  updatedAt: number;
  loginAt?: number;
}

interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

interface Session {
  readonly id: string;
  readonly userId: string;
  /** Only personal access tokens have a name. */
  readonly name?: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  usedAt?: number;
}

/** A session is evicted by the eleventh, a personal access token is not given. */
const MAX_SESSIONS = 10;
const MAX_ACCESS_TOKENS = 10;
const MAX_EXPIRES_IN = 31_536_000;

/** Cheap for a bench, and it takes the same time whether the user exists or not. */
const SCRYPT = { N: 64, r: 8, p: 1 };

function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16);
  return { salt, hash: scryptSync(password, salt, 32, SCRYPT) };
}

function matches(password: string, { salt, hash }: PasswordHash): boolean {
  return timingSafeEqual(scryptSync(password, salt, 32, SCRYPT), hash);
}

/** Who is behind a management token. */
export type Verified =
  | { readonly ok: true; readonly user: User; readonly tokenId: string; readonly tenant: string | undefined }
  | { readonly ok: false; readonly error: string; readonly challenge: boolean };

export type Created =
  { readonly ok: true; readonly user: User } | { readonly ok: false; readonly error: string };

export type Minted =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly status: 400 | 409 | 422; readonly error: string };

/** What a login came to. */
export type LoggedIn =
  | { readonly token: string; readonly expiresAt?: number }
  | 'second factor'
  | 'single sign-on'
  /** A wrong password and an unknown user alike. */
  | 'refused';

/** The user administration: users, their sessions and their personal access tokens. */
export class Users {
  private readonly environment: Environment;
  private readonly signer: TokenSigner;
  private readonly users = new Map<string, User>();
  private readonly sessions = new Map<string, Session>();
  private readonly nobody = hashPassword(randomBytes(16).toString('hex'));

  constructor(environment: Environment) {
    this.environment = environment;
    this.signer = new TokenSigner(
      environment.mode === '2026' ? { alg: 'RS256', kid: 0, typ: 'JWT' } : { alg: 'RS256', typ: 'JWT' },
    );
  }

  /** Makes a user as `useradm create-user` does, or with `viaApi` as `POST users` does. */
  create(
    email: string,
    password: string,
    options: { readonly id?: string; readonly viaApi?: boolean; readonly traits?: AccountTraits } = {},
  ): Created {
    const address = email.toLowerCase();
    if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address))
      return { ok: false, error: 'email: must be a valid email address.' };
    const weak = this.passwordFlaw(address, password, options.viaApi === true);
    if (weak !== undefined) return { ok: false, error: weak };
    if (this.byEmail(address)) return { ok: false, error: 'user with a given email already exists' };
    const now = this.environment.clock();
    const user: User = {
      ...options.traits,
      id: options.id ?? this.environment.newId('user'),
      email: address,
      password: hashPassword(password),
      createdAt: now,
      updatedAt: now,
    };
    this.users.set(user.id, user);
    return { ok: true, user };
  }

  private passwordFlaw(email: string, password: string, viaApi: boolean): string | undefined {
    if (password.length < 8) return 'password: must be minimum 8 characters long';
    const similar = password.toLowerCase() === email || password.toLowerCase() === email.split('@')[0];
    if (viaApi && this.environment.mode === '2026' && similar) return 'password is too similar to the email';
    return undefined;
  }

  private byEmail(email: string): User | undefined {
    return [...this.users.values()].find((user) => user.email === email);
  }

  list(): readonly User[] {
    return [...this.users.values()];
  }

  get(id: string): User | undefined {
    return this.users.get(id);
  }

  /** Removes a user with all tokens; no error when there is none. */
  remove(id: string): void {
    this.users.delete(id);
    this.revoke((session) => session.userId === id);
  }

  /**
   * Changes a password (and e-mail). Every token of the user but `keepToken` dies. Returns what is wrong, if anything.
   */
  update(
    user: User,
    change: { readonly email?: string; readonly password?: string; readonly current?: string },
    keepToken: string,
  ): string | undefined {
    if (change.password !== undefined) {
      const weak = this.passwordFlaw(user.email, change.password, true);
      if (weak !== undefined) return weak;
      if (!matches(change.current ?? '', user.password)) return 'current password mismatch';
      user.password = hashPassword(change.password);
      this.revoke((session) => session.userId === user.id && session.id !== keepToken);
    }
    if (change.email !== undefined) user.email = change.email.toLowerCase();
    user.updatedAt = this.environment.clock();
    return undefined;
  }

  /** Logs in; `otp` is the code that came with it, if one did. */
  login(email: string, password: string, noExpiry: boolean, otp?: string): LoggedIn {
    const user = this.byEmail(email.toLowerCase());
    // Such an account has no password here.
    if (user?.singleSignOn === true) return 'single sign-on';
    const right = matches(password, user?.password ?? this.nobody);
    if (!user || !right) return 'refused';
    if (user.otp !== undefined && user.otp !== otp) return 'second factor';
    const now = this.environment.clock();
    user.loginAt = now;
    const own = [...this.sessions.values()].filter(
      (session) => session.userId === user.id && session.name === undefined,
    );
    for (const oldest of own.slice(0, Math.max(0, own.length - MAX_SESSIONS + 1)))
      this.sessions.delete(oldest.id);
    const expiresAt = noExpiry ? undefined : now + this.environment.sessionSeconds * 1000;
    const token = this.mint(user, expiresAt, undefined, now);
    return { token, ...(expiresAt === undefined ? {} : { expiresAt }) };
  }

  /** Makes a personal access token; `expiresIn` in seconds, 0: never. */
  createAccessToken(user: User, name: string, expiresIn: number): Minted {
    if (expiresIn > MAX_EXPIRES_IN) {
      return { ok: false, status: 400, error: `expires_in: must be no greater than ${MAX_EXPIRES_IN}.` };
    }
    if (expiresIn < 0) return { ok: false, status: 400, error: 'expires_in: must be no less than 0.' };
    if (name === '') return { ok: false, status: 400, error: 'name: cannot be blank.' };
    const own = this.accessTokens(user.id);
    if (own.length >= MAX_ACCESS_TOKENS) {
      return {
        ok: false,
        status: 422,
        error: 'maximum number of personal acess tokens reached for this user',
      };
    }
    if (own.some((session) => session.name === name)) {
      return { ok: false, status: 409, error: 'Personal Access Token with a given name already exists' };
    }
    const now = this.environment.clock();
    return {
      ok: true,
      token: this.mint(user, expiresIn === 0 ? undefined : now + expiresIn * 1000, name, now),
    };
  }

  private accessTokens(userId: string): Session[] {
    return [...this.sessions.values()].filter(
      (session) => session.userId === userId && session.name !== undefined,
    );
  }

  /** A user's personal access tokens as answered: never used ones first, then by last use. */
  listAccessTokens(user: User): Encodable {
    return this.accessTokens(user.id)
      .sort((a, b) => (a.usedAt ?? 0) - (b.usedAt ?? 0) || a.createdAt - b.createdAt)
      .map((token) => ({
        id: token.id,
        name: token.name,
        last_used: token.usedAt === undefined ? undefined : goTime(token.usedAt),
        expiration_date: token.expiresAt === undefined ? undefined : goTime(token.expiresAt),
        created_ts: goTime(token.createdAt),
      }));
  }

  /** Deletes a personal access token of this user; an unknown id is no error. */
  deleteAccessToken(user: User, id: string): void {
    const session = this.sessions.get(id);
    if (session?.userId === user.id && session.name !== undefined) this.sessions.delete(id);
  }

  /** Ends one session or token. */
  logout(tokenId: string): void {
    this.sessions.delete(tokenId);
  }

  /** Ends all sessions and, with `accessTokens`, the personal access tokens too. Returns how many. */
  revokeAll(options: { readonly accessTokens?: boolean } = {}): number {
    return this.revoke((session) => session.name === undefined || options.accessTokens === true);
  }

  private revoke(which: (session: Session) => boolean): number {
    const doomed = [...this.sessions.values()].filter(which);
    for (const session of doomed) this.sessions.delete(session.id);
    return doomed.length;
  }

  private mint(user: User, expiresAt: number | undefined, name: string | undefined, now: number): string {
    const session: Session = {
      id: this.environment.newId('session'),
      userId: user.id,
      createdAt: now,
      ...(name === undefined ? {} : { name }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    this.sessions.set(session.id, session);
    const issued = Math.floor(now / 1000);
    const { tenant } = this.environment;
    return this.signer.sign({
      jti: session.id,
      sub: user.id,
      exp: expiresAt === undefined ? undefined : issued + Math.round((expiresAt - now) / 1000),
      iat: issued,
      'mender.tenant': tenant ? tenantId(tenant) : undefined,
      'mender.user': true,
      'mender.plan': tenant ? (tenant.plan ?? 'enterprise') : undefined,
      'mender.trial': tenant ? false : undefined,
      iss: 'mender.useradm',
      scp: 'mender.*',
      nbf: issued,
    });
  }

  /** What `auth/verify` says of a call's credentials: the `Authorization` header, else the `JWT` cookie. */
  verify(authorization: string | undefined, cookie: string | undefined): Verified {
    const modern = this.environment.mode === '2026';
    const refuse = (error: string, challenge = false): Verified => ({
      ok: false,
      error,
      challenge: challenge && modern,
    });
    const header = authorization ?? cookieToken(cookie);
    if (header === undefined) {
      return refuse(
        modern ? 'Authorization not present in header' : 'authorization not present in header',
        true,
      );
    }
    const [scheme, token, ...more] = header.split(' ');
    if (token === undefined || token === '' || more.length > 0)
      return refuse('malformed Authorization header', true);
    if (scheme?.toLowerCase() !== 'bearer') {
      return refuse(
        modern ? `unknown Authorization method ${scheme ?? ''}` : 'malformed Authorization header',
        true,
      );
    }
    const read = this.signer.read(token);
    if (!read.ok) {
      return modern && read.why === 'unreadable'
        ? refuse(`identity: ${read.reason}`, true)
        : refuse('invalid jwt');
    }
    const now = this.environment.clock();
    if (isExpired(read.claims, now)) return refuse('invalid jwt');
    const session = this.sessions.get(textClaim(read.claims, 'jti') ?? '');
    const user = session && this.users.get(session.userId);
    if (!session || !user) return refuse('unauthorized');
    if (session.name !== undefined) session.usedAt = now;
    return { ok: true, user, tokenId: session.id, tenant: textClaim(read.claims, 'mender.tenant') };
  }
}

function cookieToken(cookie: string | undefined): string | undefined {
  const found = /(?:^|;\s*)JWT=([^;]*)/.exec(cookie ?? '')?.[1];
  return found === undefined ? undefined : `Bearer ${found}`;
}

/** A user as answered. */
export function userView(user: User): Encodable {
  return {
    id: user.id,
    email: user.email,
    created_ts: goTime(user.createdAt),
    updated_ts: goTime(user.updatedAt),
    login_ts: user.loginAt === undefined ? undefined : goTime(user.loginAt),
  };
}
