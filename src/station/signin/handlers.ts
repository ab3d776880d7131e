import type * as z from 'zod';
import type { SERVER_CALLS, ServerCallResults } from '../../contract/servers.ts';
import type { Clock } from '../../model/clock.ts';
import type { DoctorLine } from '../../contract.ts';
import { secret } from '../../model/secret.ts';
import type { ProxySettings } from '../../servers/http/proxy.ts';
import type { RecordAccess } from '../record-access.ts';
import { batchNamed } from '../batches/named.ts';
import type { Servers } from '../servers.ts';
import { checkShift } from './shift-check.ts';

export interface SigninParts {
  readonly servers: Servers;
  readonly record: RecordAccess;
  readonly clock: Clock;
  readonly proxies: ProxySettings;
  /** Lines on this machine's disk and clock. */
  readonly machine: () => Promise<readonly DoctorLine[]>;
}

type SigninHandlers = {
  readonly [N in keyof typeof SERVER_CALLS]: (
    params: z.output<(typeof SERVER_CALLS)[N]>,
    signal: AbortSignal | undefined,
  ) => ServerCallResults[N] | Promise<ServerCallResults[N]>;
};

/** The calls about trust, first users, organizations and shifts; the parts are asked for at each call. */
export function signinHandlers(parts: () => SigninParts): SigninHandlers {
  return {
    'server.shown-certificate': ({ name }, signal) => parts().servers.shownCertificate(name, signal),
    'server.pin': ({ name, spkiSha256 }) => parts().servers.pin(name, spkiSha256),
    'server.first-user': ({ name, user, password, keep }, signal) =>
      parts().servers.firstUser(name, { email: user, password: secret(password), keep }, signal),
    'server.read-tenant-token': ({ name }, signal) => parts().servers.readTenantToken(name, signal),
    'shift.check': ({ server, ...wish }, signal = new AbortController().signal) => {
      const { servers, record, clock, proxies, machine } = parts();
      return checkShift(
        wish,
        {
          clock,
          proxies,
          machine,
          profile: servers.profile(server),
          open: (opening) => servers.connected(server, opening),
          readOnly: record.readOnly,
          batchUnits: (batch) => {
            const { kind, rows, units, counts } = batchNamed(record, batch);
            // Devices that are preauthorized already are counted by the server.
            return kind === 'keys' ? counts.pending : rows - units;
          },
        },
        signal,
      );
    },
  };
}
