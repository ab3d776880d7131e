import { createHash } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { MicState } from './state.ts';

export interface Broker {
  readonly port: number;
  /** The client ids that were answered with a CONNACK, in order. */
  readonly accepted: readonly string[];
  close(): Promise<void>;
}

const CONNECT = 0x10;
/** Long enough for any client id of a thing. Bytes. */
const LONGEST_CONNECT = 256;

/**
 * The MQTT side: TLS with a certificate of its own authority asked for, and a CONNACK for a client whose certificate it
 * has issued, is active, and is that of the thing by whose name the client calls itself. Whom it refuses it disconnects,
 * as AWS IoT does. Beyond the CONNACK it understands nothing.
 */
export async function startBroker(options: {
  readonly key: string;
  readonly cert: string;
  readonly clientCa: string;
  readonly host: string;
  readonly state: MicState;
}): Promise<Broker> {
  const { key, cert, clientCa, host, state } = options;
  const accepted: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(
    { key, cert, ca: clientCa, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (socket) => listenTo(socket, state, accepted),
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Who shows no such certificate has its handshake ended; that is all there is to it.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listenTo(socket: TLSSocket, state: MicState, accepted: string[]): void {
  let heard = Buffer.alloc(0);
  let isConnected = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    // After the CONNACK comes a DISCONNECT, or nothing that this side understands.
    if (isConnected) {
      socket.end();
      return;
    }
    heard = Buffer.concat([heard, data]);
    const connect = readConnect(heard);
    if (connect === 'more') return;
    if (connect === 'malformed') {
      socket.destroy();
      return;
    }
    if (connect.level !== 4) {
      socket.end(connack(1));
      return;
    }
    const thing = state.things.get(connect.clientId);
    const shown = createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex');
    if (thing?.active !== true || thing.certificate.sha256 !== shown) {
      socket.destroy();
      return;
    }
    isConnected = true;
    accepted.push(connect.clientId);
    socket.write(connack(0));
  });
}

function connack(code: number): Buffer {
  return Buffer.from([0x20, 0x02, 0x00, code]);
}

/** Reads a CONNECT by MQTT 3.1.1, section 3.1: no will, no user name, and no flag that is reserved. */
function readConnect(
  bytes: Buffer,
): { readonly level: number; readonly clientId: string } | 'more' | 'malformed' {
  if (bytes.length > LONGEST_CONNECT) return 'malformed';
  if (bytes.length < 2) return 'more';
  if (bytes[0] !== CONNECT) return 'malformed';
  const first = bytes[1] ?? 0;
  const isLong = (first & 0x80) !== 0;
  const length = isLong ? (first & 0x7f) + 128 * ((bytes[2] ?? 0) & 0x7f) : first;
  const body = bytes.subarray(isLong ? 3 : 2);
  if (body.length < length) return 'more';
  if (body.length > length || length < 12 || body.readUInt16BE(0) !== 4) return 'malformed';
  if (body.toString('latin1', 2, 6) !== 'MQTT' || body[7] !== 0x02) return 'malformed';
  const idLength = body.readUInt16BE(10);
  if (idLength === 0 || 12 + idLength !== length) return 'malformed';
  return { level: body[6] ?? 0, clientId: body.toString('utf8', 12) };
}
