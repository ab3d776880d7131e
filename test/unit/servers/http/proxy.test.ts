import { X509Certificate } from 'node:crypto';
import http from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Trust } from '../../../../src/model/server-profile.ts';
import { showCertificate, verifyCertificate } from '../../../../src/servers/http/certificate.ts';
import { createHttpClient, HTTP_LIMITS } from '../../../../src/servers/http/client.ts';
import { NO_PROXIES, proxyFor, takeProxies } from '../../../../src/servers/http/proxy.ts';
import { spkiSha256 } from '../../../../src/servers/http/trust.ts';
import { always, certificate, listen, profileOf, restlessClock, type Peer } from '../peers.ts';

const never = new AbortController().signal;
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
const code = (wanted: string, details: object = {}) =>
  expect.objectContaining({ code: wanted, details: expect.objectContaining(details) as object }) as Error;

interface TestProxy {
  readonly url: string;
  /** What it was asked to connect to, with the login that it was given. */
  readonly asked: { readonly host: string; readonly authorization: string | undefined }[];
}

/** A proxy that reaches `peer` under whatever name it is asked for, or refuses with a status, or says nothing. */
async function proxyTo(peer: Peer, refusal: number | 'silent' | null = null): Promise<TestProxy> {
  const asked: TestProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', (request, socket) => {
    asked.push({ host: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    if (refusal === 'silent') return;
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(peer.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const HOST = 'mender.factory.example';
let own: ReturnType<typeof certificate>;
let other: ReturnType<typeof certificate>;
beforeAll(() => {
  own = certificate(HOST);
  other = certificate(HOST);
});
async function server(tls = own): Promise<Peer> {
  const peer = await listen(always(200, 'hello'), tls);
  open.push(peer);
  return peer;
}
const pin = (pem: string): Trust => ({ by: 'pin', spkiSha256: spkiSha256(new X509Certificate(pem)) });
function get(trust: Trust, proxies = NO_PROXIES, limits = {}) {
  const profile = profileOf(`https://${HOST}`, trust);
  const client = createHttpClient(profile, restlessClock(), { ...HTTP_LIMITS, ...limits }, proxies);
  open.push(client);
  return client.call({ method: 'GET', path: '/' }, never);
}

describe('a call through a proxy', () => {
  test('reaches the server, and its certificate is verified as without one', async () => {
    const peer = await server();
    const proxy = await proxyTo(peer);
    const proxies = takeProxies({ HTTPS_PROXY: proxy.url });
    await expect(get({ by: 'ca', pem: own.ca }, proxies)).resolves.toMatchObject({ status: 200 });
    await expect(get(pin(own.cert), proxies)).resolves.toMatchObject({ status: 200 });
    await expect(get({ by: 'ca', pem: other.ca }, proxies)).rejects.toThrow(code('server/certificate'));
    await expect(get(pin(other.cert), proxies)).rejects.toThrow(code('server/pin-mismatch'));
    await expect(get({ by: 'system' }, proxies)).rejects.toThrow(code('server/certificate'));
    // What no certificate was taken for saw no request either.
    expect(peer.requests).toHaveLength(2);
    expect(proxy.asked.map(({ host }) => host)).toEqual(Array(5).fill(`${HOST}:443`));
  });

  test('gives the proxy its login, and shows it to nobody', async () => {
    const proxy = await proxyTo(await server());
    const env: Record<string, string | undefined> = {
      https_proxy: proxy.url.replace('//', '//us%40er:p%3Aw@'),
    };
    const proxies = takeProxies(env);
    expect(env).toEqual({});
    expect(JSON.stringify(proxies)).not.toMatch(/p%3Aw|p:w|dXNAZXI6cDp3/);
    await get(pin(own.cert), proxies);
    const sent = `Basic ${Buffer.from('us@er:p:w').toString('base64')}`;
    expect(proxy.asked).toEqual([{ host: `${HOST}:443`, authorization: sent }]);
  });

  test('that the proxy refuses says so, and not that the server is away', async () => {
    const peer = await server();
    const refusing = async (status: number) =>
      takeProxies({ HTTPS_PROXY: (await proxyTo(peer, status)).url });
    await expect(get(pin(own.cert), await refusing(407))).rejects.toThrow(
      code('server/proxy-refused', { detail: expect.stringContaining('407') as string }),
    );
    await expect(get(pin(own.cert), await refusing(403))).rejects.toThrow(code('server/proxy-refused'));
    expect(peer.requests).toHaveLength(0);
  });

  test('whose proxy is not there says so', async () => {
    const gone = await listen(always(200));
    await gone[Symbol.asyncDispose]();
    await expect(get(pin(own.cert), takeProxies({ HTTPS_PROXY: gone.url }))).rejects.toThrow(
      code('server/proxy-unreachable', { proxy: gone.url }),
    );
  });

  test('whose proxy says nothing ends in time', async () => {
    const { url } = await proxyTo(await server(), 'silent');
    await expect(get(pin(own.cert), takeProxies({ HTTPS_PROXY: url }), { connectMs: 50 })).rejects.toThrow(
      code('server/proxy-unreachable'),
    );
  });

  test('has the certificate looked at through it, too', async () => {
    const proxies = takeProxies({ HTTPS_PROXY: (await proxyTo(await server())).url });
    const shown = await showCertificate(`https://${HOST}`, never, proxies);
    expect(shown).toMatchObject({ subject: `CN=${HOST}, O=Bench`, trustedBySystem: false });
    await verifyCertificate(profileOf(`https://${HOST}`, pin(own.cert)), never, proxies);
    await expect(
      verifyCertificate(profileOf(`https://${HOST}`, pin(other.cert)), never, proxies),
    ).rejects.toThrow(code('server/pin-mismatch'));
  });

  test('that can be none is not made around it', async () => {
    const peer = await server();
    await expect(get(pin(own.cert), takeProxies({ HTTPS_PROXY: 'socks5://127.0.0.1:1' }))).rejects.toThrow(
      code('server/proxy-unusable', { variable: 'HTTPS_PROXY' }),
    );
    expect(peer.requests).toHaveLength(0);
  });
});

describe('the environment', () => {
  const origin = (env: Record<string, string>, url = 'https://mender.factory.example'): string | null =>
    proxyFor(new URL(url), takeProxies(env))?.origin ?? null;

  test('names the proxy in either case, the lower first, and that for http where there is no other', () => {
    expect(origin({})).toBeNull();
    expect(origin({ HTTPS_PROXY: '' })).toBeNull();
    expect(origin({ HTTPS_PROXY: 'proxy:3128' })).toBe('http://proxy:3128');
    expect(origin({ HTTPS_PROXY: 'http://a:1', https_proxy: 'https://b:2' })).toBe('https://b:2');
    expect(origin({ HTTP_PROXY: 'http://a:1' })).toBe('http://a:1');
  });

  test.each([
    ['*', true],
    ['factory.example', true],
    ['.factory.example', true],
    ['*.factory.example', true],
    ['actory.example', false],
    ['MENDER.factory.example', true],
    ['mender.factory.example:443', true],
    ['mender.factory.example:8443', false],
    ['other, factory.example', true],
    ['other factory.example', true],
    ['', false],
    [',', false],
    ['.', false],
  ])('excepts by NO_PROXY=%s: %s', (except, direct) => {
    expect(origin({ HTTPS_PROXY: 'http://a:1', NO_PROXY: except })).toBe(direct ? null : 'http://a:1');
  });

  test.each([
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['10.1.2.3', 'https://10.1.2.3:8443', true],
    ['10.1.2.3:443', 'https://10.1.2.3:8443', false],
    ['2.3', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['[fd00::1]:1', 'https://[fd00::1]', false],
  ])('excepts addresses by NO_PROXY=%s: %s %s', (except, url, direct) => {
    expect(origin({ HTTPS_PROXY: 'http://a:1', no_proxy: except }, url)).toBe(direct ? null : 'http://a:1');
  });

  test.each(['https://localhost:1', 'https://127.0.0.1', 'https://[::1]', 'http://127.9.9.9:1'])(
    'sends nothing for this machine through a proxy: %s',
    (url) => {
      expect(origin({ HTTPS_PROXY: 'http://a:1' }, url)).toBeNull();
      expect(origin({ HTTPS_PROXY: 'socks5://a:1' }, url)).toBeNull();
    },
  );
});
