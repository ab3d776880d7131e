import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { ThingCertificate } from './authority.ts';

/** A user of the simulated stack. */
export interface MicUser {
  readonly userName: string;
  readonly password: string;
  readonly roleName: 'Read' | 'ReadWrite';
  readonly domainName: string;
  /** Whether the terms were accepted. */
  readonly consented: boolean;
}

/** A thing, with the certificate that was made for it. */
export interface MicThing {
  readonly thingName: string;
  readonly thingType: string;
  readonly domain: string;
  readonly label?: string | undefined;
  readonly externalId?: string | undefined;
  readonly createdBy: string;
  readonly certificate: ThingCertificate;
  /** Whether its certificate is taken. */
  active: boolean;
}

interface Session {
  readonly user: MicUser;
  readonly identityId: string;
  /** Milliseconds since the epoch. */
  readonly end: number;
}

const TOKEN_MS = 60 * 60_000;
const REFRESH_MS = 30 * 86_400_000;

/** Who is who at the simulated stack, and what things there are. */
export class MicState {
  readonly users = new Map<string, MicUser>();
  readonly things = new Map<string, MicThing>();
  readonly #sessions = new Map<string, Session>();
  readonly #refreshTokens = new Map<string, Session>();
  readonly #secret = randomBytes(32);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What a login and a refresh answer with. */
  logIn(user: MicUser): unknown {
    const identityId = `eu-west-1:${randomUUID()}`;
    const session: Session = { user, identityId, end: this.#now() + TOKEN_MS };
    const token = this.#token(session);
    const refreshToken = randomBytes(48).toString('base64url');
    this.#sessions.set(token, session);
    this.#refreshTokens.set(refreshToken, { ...session, end: this.#now() + REFRESH_MS });
    return {
      user: {
        userName: user.userName,
        roleName: user.roleName,
        firstName: 'Bench',
        lastName: 'Admin',
        email: `${user.userName}@bench.local`,
        domainName: user.domainName,
        domainPath: `/${user.domainName}`,
        data: {},
      },
      credentials: { identityId, token, refreshToken },
      permissions: { objects: rightsOf(user) },
    };
  }

  /** Whose refresh token this is, while it lives. */
  refreshing(refreshToken: string): MicUser | null {
    const session = this.#refreshTokens.get(refreshToken);
    return session === undefined || session.end <= this.#now() ? null : session.user;
  }

  /** Whose token this is. `expired`: it was one. */
  bearer(token: string): Session | 'expired' | null {
    const session = this.#sessions.get(token.replace(/^Bearer /, ''));
    if (session === undefined) return null;
    return session.end <= this.#now() ? 'expired' : session;
  }

  /** Ends every token; with `refresh`, the refresh tokens, too. */
  endTokens(refresh: boolean): void {
    for (const [token, session] of this.#sessions) this.#sessions.set(token, { ...session, end: 0 });
    if (refresh) this.#refreshTokens.clear();
  }

  may(user: MicUser, object: string, right: string): boolean {
    return rightsOf(user)[object]?.includes(right) === true;
  }

  /** A Cognito ID token by its shape; the stack alone verifies it. */
  #token({ user, identityId, end }: Session): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      sub: identityId,
      'cognito:username': user.userName,
      token_use: 'id',
      iat: Math.floor(this.#now() / 1000),
      exp: Math.floor(end / 1000),
      jti: randomUUID(),
    };
    const signed = `${part({ kid: 'bench', alg: 'RS256' })}.${part(claims)}`;
    return `${signed}.${createHmac('sha256', this.#secret).update(signed).digest('base64url')}`;
  }
}

function rightsOf({ roleName }: MicUser): Record<string, string[]> {
  const all = roleName === 'ReadWrite' ? ['CREATE', 'READ', 'UPDATE', 'DELETE'] : ['READ'];
  return { Things: all, ThingTypes: all, ThingBatches: all, Users: ['READ'] };
}
