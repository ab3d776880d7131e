import { StationError } from '../../model/station-error.ts';
import type { DeviceServer } from '../../servers/device-server.ts';

/**
 * A server that is not asked: a job with it stages and proves the new key, sends nothing and waits. What it would send is
 * made as for the real one.
 */
export function offlineServer(real: DeviceServer): DeviceServer {
  const away = (): Promise<never> =>
    Promise.reject(
      new StationError('server/unreachable', {
        server: real.profile.name,
        detail: 'it is not asked before the request is approved',
      }),
    );
  return {
    profile: real.profile,
    authRequest: (identity, key, options) => real.authRequest(identity, key, options),
    submit: away,
    find: away,
    findAfterKnock: away,
    device: away,
    accept: away,
    preauthorize: away,
    reject: away,
    revokeTokens: away,
    removeAuthSet: away,
    decommission: away,
    limit: away,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
