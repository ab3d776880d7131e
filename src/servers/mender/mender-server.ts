import { systemClock, type Clock } from '../../model/clock.ts';
import type { Secret } from '../../model/secret.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { DeviceServer, ServerSession } from '../device-server.ts';
import { createHttpClient, HTTP_LIMITS, type HttpLimits } from '../http/client.ts';
import { acceptAuthSet } from './accept.ts';
import { MenderApi } from './api.ts';
import { authRequestBody, submitAuthRequest } from './auth-request.ts';
import { findDevice, findKnocker } from './find.ts';
import { MenderSession, type MenderCredentials, type SessionOptions } from './session.ts';
import { takeLease } from './lease.ts';
import { preauthorizeBeside, rejectAuthSet } from './supersede.ts';
import { Turns, untilAborted } from './turns.ts';
import { asDevice } from './wire.ts';

/** A Mender server with a person's session at it. One for each server profile in a process. */
export interface MenderServer extends DeviceServer {
  /** Who is logged in; null for nobody. Auth requests need nobody; all else does. */
  readonly session: ServerSession | null;
  /** The session's token, for the key store. */
  readonly token: Secret<string> | null;
  /** The management calls, for what goes beyond the common interface of device servers. */
  readonly api: MenderApi;
  /**
   * @throws StationError `server/login-refused`, `server/otp-needed`, `server/single-sign-on`, `server/not-mender` and
   * those of a call.
   */
  login(credentials: MenderCredentials, signal: AbortSignal): Promise<ServerSession>;
  /** Forgets the session; one that began with a password is ended at the server, too. */
  logout(signal: AbortSignal): Promise<void>;
}

export interface MenderServerOptions extends SessionOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<HttpLimits>;
}

/** Nothing is sent before the first call. Disposing it closes its connections and leaves the session at the server. */
export function createMenderServer(profile: ServerProfile, options: MenderServerOptions = {}): MenderServer {
  const clock = options.clock ?? systemClock;
  const http = createHttpClient(profile, clock, { ...HTTP_LIMITS, ...options.limits });
  const session = new MenderSession(profile, http, clock, options);
  const api = new MenderApi(profile, session);
  const turns = new Turns();
  /** What has to come to its end although its caller has gone. */
  const unattended = new Set<Promise<unknown>>();
  const closing = new AbortController();

  /** Lets the caller go at once when aborted, and finishes the work all the same. */
  async function finished<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const running = work(closing.signal);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    unattended.add(settled);
    void settled.then(() => unattended.delete(settled));
    return await untilAborted(running, signal);
  }

  return {
    profile,
    api,
    get session() {
      return session.current;
    },
    get token() {
      return session.token;
    },
    login: (credentials, signal) => session.login(credentials, signal),
    logout: (signal) => session.logout(signal),
    authRequest: authRequestBody,
    submit: (request, signature, signal) =>
      submitAuthRequest(profile, http, clock, request, signature, signal),

    async find(identity, deviceId, signal) {
      const found = await findDevice(api, identity, deviceId, signal);
      return found === null ? null : asDevice(found);
    },

    async findAfterKnock(identity, key, signal) {
      const found = await finished(signal, (own) => findKnocker(api, clock, identity, key, own));
      return found === null ? null : asDevice(found);
    },

    async device(deviceId, signal) {
      const found = await api.device(deviceId, signal);
      return found === null ? null : asDevice(found);
    },

    accept: (deviceId, authSetId, signal) =>
      turns.take(deviceId, signal, async () =>
        asDevice(await acceptAuthSet(profile, api, clock, deviceId, authSetId, signal)),
      ),

    preauthorize: (identity, key, deviceId, signal) =>
      turns.take(deviceId, signal, async () => {
        const device = await preauthorizeBeside(api, clock, identity, key, deviceId, signal);
        return device === null ? null : asDevice(device);
      }),

    reject: (deviceId, authSetId, signal) =>
      turns.take(deviceId, signal, async () => {
        const device = await rejectAuthSet(api, clock, deviceId, authSetId, signal);
        return device === null ? null : asDevice(device);
      }),

    revokeTokens: (authSetId, signal) => api.revokeToken(authSetId, signal),

    lease: (deviceId, holder, ms, signal) => takeLease(profile, api, clock, deviceId, holder, ms, signal),

    decommission: (deviceId, signal) => api.decommission(deviceId, signal),

    removeAuthSet: (deviceId, authSetId, signal) =>
      turns.take(deviceId, signal, async () => {
        // Servers of today delete a set under any device's id: look whose it is.
        const device = await api.device(deviceId, signal);
        if (device?.auth_sets.some(({ id }) => id === authSetId) !== true) return;
        await api.deleteAuthSet(deviceId, authSetId, signal);
      }),

    async limit(signal) {
      const [limit, accepted] = await Promise.all([api.limit(signal), api.count('accepted', signal)]);
      return { limit, accepted };
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(unattended);
      closing.abort();
      await http[Symbol.asyncDispose]();
    },
  };
}
