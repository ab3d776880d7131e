import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/model/clock.ts';
import { systemClock } from '../../../src/model/clock.ts';
import type { ServerProfile, Trust } from '../../../src/model/server-profile.ts';

/** A listening server, what was asked of it, and its end. */
export interface Peer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: http.IncomingMessage[];
}

/** Starts a real server on loopback; `port` 0 takes any. */
export async function listen(
  handle: http.RequestListener,
  tls: { key: string; cert: string } | null = null,
  port = 0,
): Promise<Peer> {
  const requests: http.IncomingMessage[] = [];
  const serve: http.RequestListener = (request, response) => {
    requests.push(request);
    handle(request, response);
  };
  const server = tls === null ? http.createServer(serve) : https.createServer(tls, serve);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const at = (server.address() as AddressInfo).port;
  return {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${at}`,
    port: at,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers every call with this. */
export function always(
  status: number,
  body = '',
  headers: Record<string, string> = {},
): http.RequestListener {
  return (_, response) => response.writeHead(status, headers).end(body);
}

/** A self-signed certificate and its key, made by openssl. */
export function certificate(host: string): { key: string; cert: string; ca: string } {
  const dir = mkdtempSync(join(tmpdir(), 'station-tls-'));
  try {
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
    const san = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    args.push(
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      `/CN=${host}/O=Bench`,
      '-addext',
      `subjectAltName=${san}`,
    );
    const { status, stderr } = spawnSync('openssl', [...args, '-days', '2']);
    if (status !== 0) throw new Error(stderr.toString());
    const pem = readFileSync(cert, 'utf8');
    return { key: readFileSync(key, 'utf8'), cert: pem, ca: pem };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export function profileOf(url: string, trust: Trust = { by: 'system' }): ServerProfile {
  return { name: 'bench', kind: 'mender', url, trust };
}

/** A clock whose sleeps take no time and are written down. */
export function restlessClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    ...systemClock,
    slept,
    sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      return Promise.resolve();
    },
  };
}
