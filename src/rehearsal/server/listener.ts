import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { makeCertificate, type CertificateFlaw } from './certificate.ts';
import { createMenderCore, type CoreOptions, type MenderCore } from './core.ts';
import { MAX_BODY_BYTES } from './route.ts';
import type { Outcome, WireRequest, WireResponse } from './wire.ts';

export interface ServerOptions extends CoreOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /**
   * `true`: https with a certificate for `localhost`, 127.0.0.1 and 10.0.2.2 of an own authority, whose certificate is
   * `MenderServer.ca`. `flaw` makes it one that a client must refuse.
   */
  readonly tls?:
    | boolean
    | { readonly key: string; readonly cert: string; readonly ca?: string }
    | { readonly flaw: CertificateFlaw };
}

/** A running server. */
export interface MenderServer extends Omit<MenderCore, 'handle'>, AsyncDisposable {
  /** Base of every path, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** PEM of the authority to trust, with https. */
  readonly ca: string | undefined;
  /** The server without sockets. */
  readonly core: MenderCore;
  /** Accepted devices at most, in the mode's own terms (unlimited: -1 in 2026, 0 in 2023). */
  setLimit(limit: number): void;
  /** Stops listening, cuts every connection and resolves when the port is free. Safe to call twice. */
  close(): Promise<void>;
}

/** The 2023 server takes bodies of any size; a bench has an end. Bytes. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** How much of a body that is too large is still read, so that the answer reaches the client. Bytes. */
const DRAINED_BYTES = 256 * 1024;
const GZIP_FROM_BYTES = 1024;

/** Starts a Mender-compatible server. Rejects when the port can't be had. */
export async function startMenderServer(options: ServerOptions = {}): Promise<MenderServer> {
  const { port = 0, host = '127.0.0.1', tls = false, ...coreOptions } = options;
  const core = createMenderCore(coreOptions);
  const certificate = await certificateFor(tls);
  const timers = new Set<NodeJS.Timeout>();
  const serve = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    receive(core, request, response, timers);
  };
  const server = certificate
    ? https.createServer({ key: certificate.key, cert: certificate.cert }, serve)
    : http.createServer(serve);
  server.keepAliveTimeout = 60_000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = addressOf(server.address());
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
    });
    return closing;
  };
  return {
    url: `${certificate ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    ca: certificate?.ca,
    core,
    environment: core.environment,
    faults: core.faults,
    requests: core.requests,
    inspect: () => core.inspect(),
    createUser: (email, password, traits) => core.createUser(email, password, traits),
    revokeSessions: (which) => core.revokeSessions(which),
    finishDecommissions: () => core.finishDecommissions(),
    setLimit: (limit) => {
      core.environment.limit = limit;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a TCP port');
  return address;
}

async function certificateFor(
  tls: NonNullable<ServerOptions['tls']>,
): Promise<{ readonly key: string; readonly cert: string; readonly ca: string | undefined } | undefined> {
  if (tls === false) return undefined;
  if (tls === true) return makeCertificate();
  if ('flaw' in tls) return makeCertificate(tls.flaw);
  return { key: tls.key, cert: tls.cert, ca: tls.ca };
}

/** Reads a request and has it answered; a body that is over the limit is not kept. */
function receive(
  core: MenderCore,
  incoming: http.IncomingMessage,
  response: http.ServerResponse,
  timers: Set<NodeJS.Timeout>,
): void {
  const chunks: Buffer[] = [];
  const announced = Number(incoming.headers['content-length'] ?? 0);
  const most = core.environment.mode === '2026' ? MAX_BODY_BYTES : MAX_BUFFERED_BYTES;
  let length = 0;
  let answered = false;
  const finish = (): void => {
    if (answered) return;
    answered = true;
    const tooLarge = Math.max(length, announced) > most;
    if (tooLarge) response.shouldKeepAlive = false;
    const request: WireRequest = {
      method: incoming.method ?? 'GET',
      target: incoming.url ?? '/',
      headers: flatten(incoming.headers),
      body: tooLarge ? Buffer.alloc(0) : Buffer.concat(chunks, length),
      ...(tooLarge ? { bodyLength: Math.max(length, announced) } : {}),
    };
    settle(core.handle(request), incoming, response, timers, core.environment.clock);
  };
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (answered) {
      if (length > most + DRAINED_BYTES) incoming.destroy();
      return;
    }
    chunks.push(chunk);
    if (length > most) finish();
  });
  incoming.on('end', finish);
  incoming.on('error', () => incoming.destroy());
  response.on('error', () => incoming.destroy());
  if (announced > most) finish();
}

function flatten(headers: http.IncomingHttpHeaders): Readonly<Record<string, string | undefined>> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers))
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

function settle(
  outcome: Outcome,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  timers: Set<NodeJS.Timeout>,
  now: () => number,
): void {
  switch (outcome.kind) {
    case 'answer':
      send(outcome.response, request, response, now);
      return;
    case 'wait': {
      const timer = setTimeout(() => {
        timers.delete(timer);
        settle(outcome.next(), request, response, timers, now);
      }, outcome.ms);
      timers.add(timer);
      return;
    }
    case 'drop':
      request.socket.destroy();
      return;
    case 'hang':
      return;
  }
}

function send(
  answer: WireResponse,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  now: () => number,
): void {
  const headers: http.OutgoingHttpHeaders = { date: new Date(now()).toUTCString() };
  for (const [name, value] of Object.entries(answer.headers))
    headers[name] = typeof value === 'string' ? value : [...value];
  let body = Buffer.from(answer.body);
  if (
    body.length >= GZIP_FROM_BYTES &&
    /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')
  ) {
    body = gzipSync(body);
    headers['content-encoding'] = 'gzip';
    headers['vary'] = 'Accept-Encoding';
  }
  if (answer.status !== 204) headers['content-length'] = body.length;
  response.writeHead(answer.status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}
