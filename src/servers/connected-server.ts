import type { DoctorLine } from '../contract.ts';
import type { Clock } from '../model/clock.ts';
import type { Secret } from '../model/secret.ts';
import type { DeviceServer, ServerSession } from './device-server.ts';
import type { HttpLimits } from './http/client.ts';
import type { ProxySettings } from './http/proxy.ts';

/** How a person shows who they are. Which of the ways a server takes is its own matter. */
export type Credentials =
  | {
      readonly by: 'password';
      readonly user: string;
      readonly password: Secret<string>;
      /** The code of a second factor, where the account has one. */
      readonly otp?: string;
    }
  /** A token that was made for programs: it outlives logging out, and is the way round second factors and single sign-on. */
  | { readonly by: 'token'; readonly token: Secret<string> };

/** A session in the form in which it is kept for the next process. */
export interface KeptSession extends ServerSession {
  /** What the server's kind needs to go on with it. Nobody else reads it. */
  readonly form: Secret<string>;
}

/** What answers at a server's URL. */
export interface Reached {
  readonly line: DoctorLine;
  /** Whether it waits for its first user. */
  readonly empty: boolean;
}

/** A device server with a person's session at it, whatever its kind. One for each server profile in a process. */
export interface ConnectedServer extends DeviceServer {
  /** Who is logged in; null for nobody. */
  readonly session: ServerSession | null;
  /** The session for the key store; null where nobody is logged in. */
  readonly kept: KeptSession | null;
  /**
   * Logs in, in place of whoever was.
   *
   * @throws StationError `server/login-refused`, `server/token-refused`, `server/otp-needed`, `server/single-sign-on` and
   * those of a call.
   */
  login(credentials: Credentials, signal: AbortSignal): Promise<ServerSession>;
  /**
   * Goes on with a session that an earlier process kept, after trying it out.
   *
   * @throws StationError `server/login-refused`, `server/token-refused` where it has ended, and those of a call.
   */
  resume(kept: KeptSession, signal: AbortSignal): Promise<ServerSession>;
  /** Forgets the session, and ends it at the server where that is to be done there. */
  logout(signal: AbortSignal): Promise<void>;
  /** What answers at the server's URL, found without a login. Absent where that tells nothing. @throws StationError those of a call. */
  reach?(signal: AbortSignal): Promise<Reached>;
  /**
   * Makes the first user of a server that has none; nobody is logged in by it. Absent where no server of this kind takes one.
   *
   * @throws StationError `server/has-users`, `server/first-user-refused` and those of a call.
   */
  createFirstUser?(
    user: { readonly email: string; readonly password: Secret<string> },
    signal: AbortSignal,
  ): Promise<void>;
  /** The organization's token that boards send; null where the server shows none to this account. Absent where there is none. */
  organizationToken?(signal: AbortSignal): Promise<Secret<string> | null>;
  /** What the account may do, found by what is harmless. @throws StationError those of a call. */
  examine(signal: AbortSignal): Promise<readonly DoctorLine[]>;
}

/** What became of a session. */
export type SessionChange = 'login' | 'logout' | 'expired' | 'refused';

export interface SessionOptions {
  /** Asked once when the server refuses the session. Null: there are none, and the session has ended. */
  readonly renew?: () => Promise<Credentials | null>;
  /** Told what became of the session, for the record. */
  readonly onChange?: (what: SessionChange, account: string | null) => void;
  /** Told when the session goes on in a new form: what was kept of it is worth nothing now. */
  readonly onRenewed?: () => void;
}

export interface ConnectionOptions extends SessionOptions {
  readonly clock?: Clock;
  /** The key that a gateway before the server wants with every call, where it wants one; null where there is none. */
  readonly apiKey?: () => Secret<string> | null;
  readonly limits?: Partial<HttpLimits>;
  /** None where this is left out. */
  readonly proxies?: ProxySettings;
}
