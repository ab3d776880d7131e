/** `busctl`. */
import type { ByteString } from '../bytes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';

const authentication = [
  'io.mender.AuthenticationManager',
  '/io/mender/AuthenticationManager',
  'io.mender.Authentication1',
];

/** `busctl call` of the client's authentication methods. */
export const busctl: Program = async (run) => {
  const words = run.args.filter((word) => !/^--(?:system|no-pager|timeout=.*|quiet)$/u.test(word));
  const [verb, service = '', path, contract, method] = words as readonly (ByteString | undefined)[];
  if (
    verb !== 'call' ||
    (service === authentication[0] && (path !== authentication[1] || contract !== authentication[2]))
  )
    throw new NotSimulated(`busctl ${run.args.join(' ')}`);
  const daemon = service === authentication[0] ? run.machine.clientDaemon : undefined;
  if (!daemon) {
    run.err(`Call failed: The name ${service} was not provided by any .service files\n`);
    return 1;
  }
  if (method === 'FetchJwtToken') {
    daemon.fetch();
    await run.out('b true\n');
    return 0;
  }
  if (method === 'GetJwtToken') {
    const token = daemon.token();
    await run.out(`ss ${JSON.stringify(token?.jwt ?? '')} ${JSON.stringify(token?.url ?? '')}\n`);
    return 0;
  }
  run.err(`Call failed: Unknown method '${method ?? ''}' or interface '${contract ?? ''}'.\n`);
  return 1;
};
