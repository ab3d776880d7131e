import type { Device } from '../../model/device.ts';
import { isIdentity, type Identity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import type { RekeyApproval } from '../../requests/documents.ts';
import type { AuthAnswer, DeviceServer } from '../../servers/device-server.ts';

/**
 * A server as a unit sees it, whose admin has approved the unit's new key: what the approval says of the device, and what
 * the server answers to the unit's own requests. Nothing of it needs a login, and nothing that does is done.
 *
 * @param changesOver Whether the unit's first token is still to come: it has the server reject the old key there and then.
 *   Else what the approval says of the old key may be long past.
 */
export function approvedServer(
  real: DeviceServer,
  approval: RekeyApproval,
  identity: Identity,
  changesOver: boolean,
): DeviceServer {
  let device: Device = {
    id: approval.deviceId,
    identity,
    status: approval.authSets.some(({ status }) => status === 'accepted') ? 'accepted' : 'preauthorized',
    decommissioning: false,
    authSets: approval.authSets,
  };
  const refused = (what: string) => (): Promise<never> =>
    Promise.reject(new StationError('request/admin-only', { what }));
  return {
    profile: real.profile,
    leavesTidying: true,
    ...(changesOver ? {} : { remembersSets: true as const }),
    authRequest: (whose, key, options) => real.authRequest(whose, key, options),
    submit: async (request, signature, signal) => {
      const answer = await real.submit(request, signature, signal);
      if (answer.authorized) device = afterToken(device, answer);
      return answer;
    },
    find: (whose) => Promise.resolve(isIdentity(whose, identity) ? device : null),
    findAfterKnock: () => Promise.resolve(device),
    device: (deviceId) => Promise.resolve(deviceId === device.id ? device : null),
    limit: () => Promise.resolve({ limit: null, accepted: 0 }),
    accept: refused('accept a key'),
    preauthorize: refused('preauthorize a key'),
    reject: refused('reject a key'),
    revokeTokens: refused('end tokens'),
    removeAuthSet: refused('remove an auth set'),
    decommission: refused('decommission a device'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A token is given for an accepted set alone, and of a device one set at most is accepted: so the others are not. */
function afterToken(device: Device, answer: Extract<AuthAnswer, { authorized: true }>): Device {
  const accepted = answer.authSetId ?? device.authSets.find(({ status }) => status === 'preauthorized')?.id;
  if (accepted === undefined) return device;
  return {
    ...device,
    status: 'accepted',
    authSets: device.authSets.map((set) =>
      set.id === accepted
        ? { ...set, status: 'accepted' }
        : set.status === 'accepted'
          ? { ...set, status: 'rejected' }
          : set,
    ),
  };
}
