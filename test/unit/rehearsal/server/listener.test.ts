import http from 'node:http';
import https from 'node:https';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_ADMIN,
  serveUntilAborted,
  startMenderServer,
  type MenderServer,
} from '../../../../src/rehearsal/server/index.ts';
import { DEVAUTH, MODES, newKey, USERADM } from './bench.ts';

interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

interface Call extends https.RequestOptions {
  readonly body?: string | Buffer;
}

function call(
  server: Pick<MenderServer, 'url'>,
  method: string,
  path: string,
  { body, ...options }: Call = {},
): Promise<Got> {
  const client = server.url.startsWith('https') ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(
      `${server.url}${path}`,
      { method, agent: false, ...options },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function login(server: Pick<MenderServer, 'url'>, options: Call = {}): Promise<string> {
  const { email, password } = DEFAULT_ADMIN;
  const got = await call(server, 'POST', `${USERADM}/auth/login`, {
    auth: `${email}:${password}`,
    ...options,
  });
  expect(got.status).toBe(200);
  return got.body.toString();
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe.each(MODES)('behind a socket, %s', (mode) => {
  it('login and a management call', async () => {
    await using server = await startMenderServer({ mode });
    const token = await login(server);
    const got = await call(server, 'GET', `${DEVAUTH}/devices/count`, { headers: bearer(token) });
    expect(JSON.parse(got.body.toString())).toEqual({ count: 0 });
    expect(server.requests.count({ status: 200 })).toBe(2);
  });

  it('gives links in several lines', async () => {
    await using server = await startMenderServer({ mode });
    const token = await login(server);
    const body = JSON.stringify({ identity_data: { sn: '1' }, pubkey: newKey().pem });
    const headers = { ...bearer(token), 'content-type': 'application/json' };
    expect((await call(server, 'POST', `${DEVAUTH}/devices`, { headers, body })).status).toBe(201);
    const got = await call(server, 'GET', `${DEVAUTH}/devices?page=2&per_page=1`, { headers });
    expect(got.rawHeaders.filter((name) => name.toLowerCase() === 'link')).toHaveLength(2);
  });

  it('compresses long answers when asked to', async () => {
    await using server = await startMenderServer({ mode });
    const token = await login(server);
    const headers = { ...bearer(token), 'content-type': 'application/json', 'accept-encoding': 'gzip' };
    for (const sn of ['1', '2', '3', '4']) {
      const body = JSON.stringify({ identity_data: { sn }, pubkey: newKey().pem });
      await call(server, 'POST', `${DEVAUTH}/devices`, { headers, body });
    }
    const long = await call(server, 'GET', `${DEVAUTH}/devices`, { headers });
    expect(long.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(long.body).toString())).toHaveLength(4);
    const short = await call(server, 'GET', `${DEVAUTH}/devices/count`, { headers });
    expect(short.headers['content-encoding']).toBeUndefined();
  });

  it('a body over 1 MiB: refused in 2026 (or reset while it is sent), taken in 2023', async () => {
    await using server = await startMenderServer({ mode });
    const sent = {
      headers: { 'content-type': 'application/json' },
      body: Buffer.alloc(4 * 1024 * 1024, '{'),
    };
    const seen = await call(server, 'POST', '/api/devices/v1/authentication/auth_requests', sent).then(
      (got) => got.status,
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );
    expect(mode === '2026' ? [413, 'ECONNRESET', 'EPIPE'] : [400]).toContain(seen);
    expect(server.requests.entries.at(-1)?.status).toBe(mode === '2026' ? 413 : 400);
  });

  it('a chunked body over 1 MiB', async () => {
    await using server = await startMenderServer({ mode });
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const body = Buffer.alloc(1024 * 1024 + 100, ' ');
    await call(server, 'POST', '/api/devices/v1/authentication/auth_requests', { headers, body }).catch(
      () => undefined,
    );
    expect(server.requests.entries.at(-1)).toMatchObject({ step: 'auth-request', status: 400 });
  });

  it('drops, and hangs until it is closed', async () => {
    const server = await startMenderServer({ mode });
    server.faults.add({ on: 'login', times: 1, act: { kind: 'drop', when: 'after' } });
    await expect(login(server)).rejects.toMatchObject({ code: 'ECONNRESET' });
    server.faults.add({ on: 'login', times: 1, act: { kind: 'hang' } });
    server.faults.add({ on: 'login', skip: 1, act: { kind: 'latency', ms: 3_600_000 } });
    const waiting = [login(server), login(server)];
    const ended = Promise.allSettled(waiting);
    while (server.requests.total < 2) await new Promise(setImmediate);
    await server.close();
    expect((await ended).map((end) => end.status)).toEqual(['rejected', 'rejected']);
    await server.close();
  });

  it('a port in use', async () => {
    await using server = await startMenderServer({ mode });
    await expect(startMenderServer({ mode, port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('runs until aborted', async () => {
    const stop = new AbortController();
    let url = '';
    const listening = (server: MenderServer): void => {
      url = server.url;
      stop.abort();
    };
    await serveUntilAborted({ mode }, { signal: stop.signal, listening });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await expect(call({ url }, 'GET', '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('https', () => {
  it('is trusted with its authority, as localhost, 127.0.0.1 and 10.0.2.2', async () => {
    await using server = await startMenderServer({ tls: true });
    expect(server.url).toMatch(/^https:/);
    const ca = server.ca ?? '';
    expect(await login(server, { ca })).toHaveLength(659);
    expect(
      await login({ url: server.url.replace('127.0.0.1', 'localhost') }, { ca, family: 4 }),
    ).toHaveLength(659);
    const names: string[] = [];
    const look: https.RequestOptions['checkServerIdentity'] = (_host, certificate) => {
      names.push(certificate.subjectaltname ?? '');
      return undefined;
    };
    await login(server, { ca, checkServerIdentity: look });
    expect(names[0]).toContain('IP Address:10.0.2.2');
  });

  it('is not trusted without it', async () => {
    await using server = await startMenderServer({ tls: true });
    await expect(login(server)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(server.requests.total).toBe(0);
  });

  it.each([
    ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['unknown-authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['expired', 'CERT_HAS_EXPIRED'],
  ] as const)('with the flaw %s a client refuses: %s', async (flaw, code) => {
    await using server = await startMenderServer({ tls: { flaw } });
    await expect(login(server, { ca: server.ca ?? '' })).rejects.toMatchObject({ code });
    expect(server.requests.total).toBe(0);
  });
});
