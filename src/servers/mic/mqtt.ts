import { isIP, type Socket } from 'node:net';
import { connect, type SecureContext } from 'node:tls';
import { StationError } from '../../model/station-error.ts';
import type { ServerProfile } from '../../model/server-profile.ts';
import { asServerError, CallTimedOut } from '../http/failure.ts';
import { proxyFor, type Proxy, type ProxySettings } from '../http/proxy.ts';
import { openTunnel } from '../http/tunnel.ts';
import { untilAborted } from '../until-aborted.ts';

/** Seconds; nothing is kept alive here, but zero would mean "for ever". */
const KEEP_ALIVE_S = 30;
const DISCONNECT = Buffer.from([0xe0, 0x00]);
const CONNACK = 0x20;

/** What CONNACK's return codes say (MQTT 3.1.1, section 3.2.2.3). */
const RETURN_CODES: readonly string[] = [
  'accepted',
  'another protocol version is wanted',
  'the client id is refused',
  'the server is unavailable',
  'bad user name or password',
  'not authorized',
];

export type MqttAnswer = { readonly accepted: true } | { readonly accepted: false; readonly detail: string };

/** The CONNECT packet of a clean session without user name, password or will (MQTT 3.1.1, section 3.1). */
export function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId, 'utf8');
  const variable = Buffer.from([0, 4, ...Buffer.from('MQTT'), 4, 0x02, 0, KEEP_ALIVE_S]);
  const length = Buffer.from([id.length >> 8, id.length & 0xff]);
  const body = Buffer.concat([variable, length, id]);
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body]);
}

function remainingLength(length: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = length; ;) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) return bytes;
  }
}

/** Reads a CONNACK; null while it is not whole. */
export function readConnack(bytes: Buffer): MqttAnswer | null {
  if (bytes.length < 4) return null;
  const [type, length, , code = 255] = bytes;
  if (type !== CONNACK || length !== 2)
    return { accepted: false, detail: 'what answers does not speak MQTT' };
  if (code === 0) return { accepted: true };
  return { accepted: false, detail: RETURN_CODES[code] ?? `return code ${code}` };
}

export interface MqttEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface MqttTrial {
  readonly profile: ServerProfile;
  readonly endpoint: MqttEndpoint;
  readonly clientId: string;
  /** With certificate, key and the authorities of the endpoint. */
  readonly context: SecureContext;
  /** Milliseconds from the first byte to the CONNACK. */
  readonly deadlineMs: number;
  readonly proxies: ProxySettings;
  readonly signal: AbortSignal;
}

/**
 * Connects by MQTT 3.1.1 over mutual TLS, as the device itself will, waits for the CONNACK and disconnects. A refusal is an
 * answer, however it comes: AWS IoT closes the connection of a certificate that it does not take.
 *
 * @throws StationError `server/unreachable`, `server/timeout`; `server/certificate` for an endpoint that is not trusted.
 */
export async function tryMqtt(trial: MqttTrial): Promise<MqttAnswer> {
  const { profile, endpoint, clientId, context, deadlineMs, proxies, signal } = trial;
  const { host, port } = endpoint;
  signal.throwIfAborted();
  const through = proxyFor(new URL(`https://${host}:${port}`), proxies);
  const tunnelled = through === null ? null : await tunnel(trial, through);
  const { promise, resolve, reject } = Promise.withResolvers<MqttAnswer>();
  const socket = connect({
    ...(tunnelled === null ? { host, port } : { socket: tunnelled }),
    secureContext: context,
    minVersion: 'TLSv1.2',
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const timer = setTimeout(() => reject(asServerError(profile, new CallTimedOut(deadlineMs))), deadlineMs);
  let isSecure = false;
  let heard = Buffer.alloc(0);
  socket.once('secureConnect', () => {
    isSecure = true;
    socket.write(connectPacket(clientId));
  });
  socket.on('data', (data: Buffer) => {
    heard = Buffer.concat([heard, data]);
    const answer = readConnack(heard);
    if (answer !== null) resolve(answer);
  });
  socket.on('error', (error: Error) => {
    // With TLS 1.3 the other side judges our certificate after the handshake; an alert is its judgement in any version.
    if (isSecure || isAlert(error)) resolve({ accepted: false, detail: 'it ended the connection' });
    else reject(endpointError(profile, endpoint, error));
  });
  socket.on('close', () => {
    if (isSecure) resolve({ accepted: false, detail: 'it ended the connection' });
    else reject(endpointError(profile, endpoint, new Error('the connection was cut')));
  });
  let isAccepted = false;
  try {
    const answer = await promise;
    isAccepted = answer.accepted;
    return answer;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    // Only who was accepted takes its leave; an end would wait for a connection that may never come about.
    if (isAccepted) socket.end(DISCONNECT, () => socket.destroy());
    else socket.destroy();
  }
}

/** The connection through the proxy. Who gives up meanwhile goes at once, and it is ended when it comes about. */
async function tunnel({ profile, endpoint, deadlineMs, signal }: MqttTrial, proxy: Proxy): Promise<Socket> {
  const { host, port } = endpoint;
  const opening = openTunnel(proxy, { host, port: String(port) }, deadlineMs);
  try {
    return await untilAborted(opening, signal);
  } catch (error) {
    if (!signal.aborted) throw endpointError(profile, endpoint, error);
    void opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    throw signal.reason;
  }
}

function endpointError(profile: ServerProfile, { host, port }: MqttEndpoint, error: unknown): StationError {
  // Its own name in the error: the endpoint is another host than the server's.
  return asServerError({ ...profile, name: `${profile.name} (MQTT at ${host}:${port})` }, error);
}

function isAlert(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /_ALERT_/.test(error.code);
}
