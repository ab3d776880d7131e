import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { makeCertificate, type ServerCertificate } from '../server/certificate.ts';
import { IotAuthority } from './authority.ts';
import { startBroker } from './broker.ts';
import { MicRoutes, stepOf, type MicParts, type MicStep } from './routes.ts';
import { MicState, type MicUser } from './state.ts';

export type { MicStep } from './routes.ts';

/** Something that the simulated stack does wrong. */
export interface MicFault {
  readonly on: MicStep;
  /** `before`: cuts the connection and does nothing; `after`: does it, and cuts; else answers so. */
  readonly act: 'before' | 'after' | { readonly status: number; readonly json: unknown };
  /** How often; for ever where left out. */
  readonly times?: number;
}

export interface MicServerOptions {
  /** Default 0: any free one. Of the API; MQTT has one of its own. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The API over https, with a certificate of `ca`. MQTT always is over TLS. */
  readonly tls?: boolean;
  readonly users?: readonly MicUser[];
  readonly thingTypes?: readonly string[];
  readonly errors?: MicParts['errors'];
  readonly download?: boolean;
  readonly faults?: readonly MicFault[];
  readonly now?: () => number;
  /** Made for this stack where they are left out: keys take their time. */
  readonly certificates?: MicCertificates;
}

/** What a stack shows, and that by which it signs for its things. */
export interface MicCertificates {
  readonly server: ServerCertificate;
  readonly iot: IotAuthority;
}

export async function makeMicCertificates(): Promise<MicCertificates> {
  const [server, iot] = await Promise.all([makeCertificate(), IotAuthority.make()]);
  return { server, iot };
}

/** A running stack. */
export interface MicServer extends AsyncDisposable {
  /** The API's base URL, with the stage's path. */
  readonly url: string;
  /** A discovery service that knows this stack as `stackHost`. */
  readonly discoveryUrl: string;
  readonly stackHost: string;
  readonly apiKey: string;
  /** PEM of the authority of the MQTT endpoint, and of the API with https. */
  readonly ca: string;
  readonly state: MicState;
  readonly faults: MicFault[];
  /** How often a call was made. */
  count(step: MicStep): number;
  /** The client ids that were answered with a CONNACK, in order. */
  readonly connected: readonly string[];
  close(): Promise<void>;
}

/** The account of the rehearsal. */
export const MIC_ADMIN: MicUser = {
  userName: 'admin',
  password: 'rehearsal-bench',
  roleName: 'ReadWrite',
  domainName: 'bench',
  consented: true,
};
const STACK_HOST = 'bench.mic.telenorconnexion.com';
const MOST_BODY_BYTES = 1024 * 1024;

/**
 * Starts a stack like those of the Managed IoT Cloud: discovery, API and MQTT over mutual TLS on loopback. Strict where the
 * documents and clients show the shape; what they leave open is ASSUMED: HTTP statuses for the keys of errors, the keys of
 * a thing that is not there and of one that is there already, the path of the certificate download, and that a
 * certificate can be had again.
 */
export async function startMicServer(options: MicServerOptions = {}): Promise<MicServer> {
  const { port = 0, host = '127.0.0.1', tls = false, now = Date.now } = options;
  const { server: certificate, iot: authority } = options.certificates ?? (await makeMicCertificates());
  const state = new MicState(now);
  for (const user of options.users ?? [MIC_ADMIN]) state.users.set(user.userName, user);
  const apiKey = randomBytes(20).toString('hex');
  const faults: MicFault[] = [...(options.faults ?? [])];
  const counts = new Map<MicStep, number>();
  const broker = await startBroker({
    key: certificate.key,
    cert: certificate.cert,
    clientCa: authority.pem,
    host,
    state,
  });
  let origin = '';
  const routes = new MicRoutes({
    state,
    authority,
    apiKey,
    host: STACK_HOST,
    thingTypes: options.thingTypes ?? ['gateway'],
    errors: options.errors ?? 'wrapped',
    download: options.download ?? true,
    origin: () => origin,
    mqtt: () => `localhost:${broker.port}`,
  });

  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const asked = {
      method: request.method ?? 'GET',
      url: new URL(request.url ?? '/', 'http://stack.invalid'),
      headers: flat(request.headers),
      body: await bodyOf(request),
    };
    const step = stepOf(asked);
    counts.set(step, (counts.get(step) ?? 0) + 1);
    const act = takeFault(faults, step);
    if (act === 'before') {
      request.socket.destroy();
      return;
    }
    const answer = act !== null && act !== 'after' ? act : await routes.answer(step, asked);
    if (act === 'after') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.json));
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    serve(request, response).catch(() => request.socket.destroy());
  };
  const server = tls
    ? https.createServer({ key: certificate.key, cert: certificate.cert }, listener)
    : http.createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  origin = `${tls ? 'https' : 'http'}://${host}:${(server.address() as AddressInfo).port}`;
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closing ??= Promise.all([
      broker.close(),
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    ]);
    await closing;
  };
  return {
    url: `${origin}/prod`,
    discoveryUrl: `${origin}/discovery/manifest/`,
    stackHost: STACK_HOST,
    apiKey,
    ca: certificate.ca,
    state,
    faults,
    count: (step) => counts.get(step) ?? 0,
    connected: broker.accepted,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Takes the first fault of a call; one that is spent is gone. */
function takeFault(faults: MicFault[], step: MicStep): MicFault['act'] | null {
  const at = faults.findIndex(({ on }) => on === step);
  const fault = faults[at];
  if (fault === undefined) return null;
  if (fault.times !== undefined) {
    if (fault.times > 1) faults[at] = { ...fault, times: fault.times - 1 };
    else faults.splice(at, 1);
  }
  return fault.act;
}

function flat(headers: http.IncomingHttpHeaders): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
