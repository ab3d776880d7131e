import { once } from 'node:events';
import { startMenderServer, type MenderServer, type ServerOptions } from './listener.ts';

/**
 * Runs a server until `signal` is aborted, then closes it and resolves. `listening` is told once the port is open.
 * Prints nothing. Rejects when the port can't be had.
 */
export async function serveUntilAborted(
  options: ServerOptions,
  {
    signal,
    listening,
  }: { readonly signal: AbortSignal; readonly listening?: (server: MenderServer) => void },
): Promise<void> {
  await using server = await startMenderServer(options);
  listening?.(server);
  if (!signal.aborted) await once(signal, 'abort');
}
