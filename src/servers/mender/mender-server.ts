import { systemClock } from '../../model/clock.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import type { ConnectedServer, ConnectionOptions } from '../connected-server.ts';
import { onlyThese } from '../http/allow-list.ts';
import { createHttpClient, HTTP_LIMITS } from '../http/client.ts';
import { untilAborted } from '../until-aborted.ts';
import { acceptAuthSet } from './accept.ts';
import { MenderApi } from './api.ts';
import { authRequestBody, submitAuthRequest } from './auth-request.ts';
import { MENDER_CALLS } from './calls.ts';
import { findDevice, findKnocker } from './find.ts';
import { examineAccount } from './examine.ts';
import { menderInventory } from './inventory.ts';
import { createFirstUser } from './old-server.ts';
import { menderPreauthorization } from './preauthorization.ts';
import { reachMender } from './reach.ts';
import { MenderSession } from './session.ts';
import { takeLease } from './lease.ts';
import { preauthorizeBeside, rejectAuthSet } from './supersede.ts';
import { Turns } from './turns.ts';
import { asDevice } from './wire.ts';

/** A Mender server with a person's session at it. Auth requests need nobody logged in; all else does. */
export interface MenderServer extends ConnectedServer {
  /** The management calls, for what goes beyond the common interface of device servers. */
  readonly api: MenderApi;
}

/** Nothing is sent before the first call. Disposing it closes its connections and leaves the session at the server. */
export function createMenderServer(profile: ServerProfile, options: ConnectionOptions = {}): MenderServer {
  const clock = options.clock ?? systemClock;
  const http = onlyThese(
    createHttpClient(profile, clock, { ...HTTP_LIMITS, ...options.limits }, options.proxies),
    profile,
    Object.values(MENDER_CALLS),
  );
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

  async function limit(signal: AbortSignal): ReturnType<MenderServer['limit']> {
    const [most, accepted] = await Promise.all([api.limit(signal), api.count('accepted', signal)]);
    return { limit: most, accepted };
  }

  return {
    profile,
    api,
    get session() {
      return session.current;
    },
    get kept() {
      return session.kept;
    },
    login: (credentials, signal) => session.login(credentials, signal),
    resume: (kept, signal) => session.resume(kept, signal),
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

    inventory: menderInventory(profile, api),

    preauthorization: menderPreauthorization(api, clock, turns),

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

    limit,

    examine: (signal) => examineAccount({ session, api, http, clock }, signal),
    reach: (signal) => reachMender(profile, http, signal),
    createFirstUser: (user, signal) => createFirstUser(profile, http, user, signal),
    organizationToken: (signal) => (session.isOld ? Promise.resolve(null) : api.organizationToken(signal)),

    async [Symbol.asyncDispose]() {
      await Promise.all(unattended);
      closing.abort();
      await http[Symbol.asyncDispose]();
    },
  };
}
