import { StationError } from '../model/station-error.ts';
import type { DeviceServer } from './device-server.ts';

/** Calls that end something on the server for good. */
export type DestructiveCall = 'remove-auth-set' | 'decommission';

/**
 * The same server for somebody who may make these destructive calls and no others: the rest is refused before anything is
 * sent. Its session, and the turns that calls on one device take, are those of `server`.
 *
 * Its `removeAuthSet` and `decommission` also throw StationError `server/call-not-allowed`.
 */
export function limitedTo(server: DeviceServer, may: readonly DestructiveCall[]): DeviceServer {
  const refused = (call: DestructiveCall) => () =>
    Promise.reject(
      new StationError('server/call-not-allowed', {
        server: server.profile.name,
        detail: `this job was not given the right to ${DOES[call]}`,
      }),
    );
  const limits: Partial<DeviceServer> = {
    ...(may.includes('remove-auth-set') ? {} : { removeAuthSet: refused('remove-auth-set') }),
    ...(may.includes('decommission') ? {} : { decommission: refused('decommission') }),
  };
  return new Proxy(server, {
    get: (target, name): unknown =>
      Object.hasOwn(limits, name)
        ? limits[name as keyof DeviceServer]
        : (Reflect.get(target, name, target) as unknown),
  });
}

const DOES = { 'remove-auth-set': 'remove auth sets', decommission: 'decommission devices' } as const;
