import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { Proxy } from './proxy.ts';
import { systemContext } from './trust.ts';

/** The proxy was reached, and does not let through to the server. */
export class ProxyRefused extends Error {
  readonly proxy: string;
  readonly status: number;

  constructor(proxy: string, status: number) {
    super(`the proxy answered ${status}`);
    this.proxy = proxy;
    this.status = status;
  }
}

/** There was no connection to the proxy itself. */
export class ProxyUnreachable extends Error {
  readonly proxy: string;

  constructor(proxy: string, cause: Error) {
    super(cause.message, { cause });
    this.proxy = proxy;
  }
}

/**
 * A connection through a proxy to a server, as bytes: TLS with the server is spoken through it from end to end, so the
 * proxy sees its name and nothing else, and the server's certificate is verified as without one.
 *
 * @throws ProxyRefused, ProxyUnreachable.
 */
export async function openTunnel(
  proxy: Proxy,
  target: { readonly host: string; readonly port: string },
  timeoutMs: number,
): Promise<Socket> {
  const { protocol, hostname, port } = new URL(proxy.origin);
  const overTls = protocol === 'https:';
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port || '443'}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const options: https.RequestOptions = {
    method: 'CONNECT',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (overTls ? 443 : 80) : Number(port),
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === null ? {} : { 'proxy-authorization': proxy.authorization.reveal() }),
    },
    agent: false,
    ...(overTls ? { secureContext: systemContext() } : {}),
  };
  const request = (overTls ? https : http).request(options);
  const timer = setTimeout(
    () => request.destroy(new Error(`it did not answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  request.once('connect', (response, socket: Socket, head: Buffer) => {
    const status = response.statusCode ?? 0;
    // A server speaks second in TLS: bytes that come before ours are not its.
    if (status >= 200 && status < 300 && head.length === 0) {
      resolve(socket);
      return;
    }
    socket.destroy();
    reject(new ProxyRefused(proxy.origin, status));
  });
  request.on('error', (error: Error) => reject(new ProxyUnreachable(proxy.origin, error)));
  request.end();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** The same connector, over a tunnel through the proxy. */
export function through(
  proxy: Proxy,
  timeoutMs: number,
  connect: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) => {
    openTunnel(proxy, { host: options.hostname.replace(/^\[|\]$/g, ''), port: options.port }, timeoutMs).then(
      (httpSocket) => connect({ ...options, httpSocket }, callback),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };
}
