import { createHash, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Trust } from '../../../../src/model/server-profile.ts';
import { showCertificate, verifyCertificate } from '../../../../src/servers/http/certificate.ts';
import { createHttpClient, HTTP_LIMITS, type HttpClient } from '../../../../src/servers/http/client.ts';
import { normalPin } from '../../../../src/servers/http/trust.ts';
import { makeCertificate } from '../../../../src/rehearsal/server/certificate.ts';
import { always, certificate, listen, profileOf, restlessClock } from '../peers.ts';

const never = new AbortController().signal;
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});
function own<T extends AsyncDisposable>(one: T): T {
  open.push(one);
  return one;
}
function clientFor(url: string, trust?: Trust, limits = {}, clock = restlessClock()): HttpClient {
  return own(createHttpClient(profileOf(url, trust), clock, { ...HTTP_LIMITS, ...limits }));
}
const get = { method: 'GET', path: '/x?y=1' } as const;
const post = { method: 'POST', path: '/x', body: Buffer.from('{}') } as const;
const code = (wanted: string, details: object = {}) =>
  expect.objectContaining({ code: wanted, details: expect.objectContaining(details) as object }) as Error;

describe('a call', () => {
  test('gives status, headers, body and a request id that the server saw', async () => {
    const peer = own(
      await listen((request, response) => {
        response.setHeader('Link', ['</a>; rel="first"', '</b>; rel="next"']);
        response.setHeader('x-men-requestid', String(request.headers['x-men-requestid']));
        response.writeHead(404).end('grüezi');
      }),
    );
    const answer = await clientFor(peer.url).call(get, never);
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).toBe('grüezi');
    expect(answer.headers.get('link')).toBe('</a>; rel="first", </b>; rel="next"');
    expect(peer.requests[0]).toMatchObject({ method: 'GET', url: '/x?y=1' });
    expect(answer.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(peer.requests[0]?.headers['x-men-requestid']).toBe(answer.requestId);
  });

  test('follows no redirect', async () => {
    const peer = own(await listen(always(301, '', { location: 'https://elsewhere/' })));
    await expect(clientFor(peer.url).call(get, never)).rejects.toThrow(
      code('server/not-mender', { detail: 'it redirects to https://elsewhere/' }),
    );
    expect(peer.requests).toHaveLength(1);
  });

  test('reuses its connections', async () => {
    const peer = own(await listen(always(200)));
    const client = clientFor(peer.url);
    for (let call = 0; call < 10; call += 1) await client.call(get, never);
    // The second call may begin before the first one's connection is free again.
    expect(new Set(peer.requests.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  });

  test('reads no answer without end', async () => {
    const peer = own(await listen(always(200, 'x'.repeat(2000))));
    await expect(clientFor(peer.url, undefined, { answerBytes: 1000 }).call(get, never)).rejects.toThrow(
      code('server/not-mender'),
    );
  });

  test('waits as long as a rate limit asks, then makes the same call again', async () => {
    const answers = [3, 2];
    const peer = own(
      await listen((_, response) => {
        const wait = answers.shift();
        if (wait === undefined) response.writeHead(204).end();
        else response.writeHead(429, { 'retry-after': String(wait) }).end();
      }),
    );
    const clock = restlessClock();
    expect((await clientFor(peer.url, undefined, {}, clock).call(post, never)).status).toBe(204);
    expect(clock.slept).toEqual([3000, 2000]);
    expect(peer.requests).toHaveLength(3);
  });

  test.each([
    ['by the server’s clock', 'Sat, 28 Nov 2026 12:00:00 GMT', 7000],
    ['by ours where the server does not tell its', null, 5000],
  ])('waits until the date that a rate limit names, %s', async (_, date, ms) => {
    const retryAt = 'Sat, 28 Nov 2026 12:00:07 GMT';
    let answered = 0;
    const peer = own(
      await listen((_request, response) => {
        answered += 1;
        response.sendDate = false;
        if (answered > 1) response.writeHead(204).end();
        else response.writeHead(429, { 'retry-after': retryAt, ...(date === null ? {} : { date }) }).end();
      }),
    );
    const clock = { ...restlessClock(), now: () => Date.parse(retryAt) - 5000 };
    await clientFor(peer.url, undefined, {}, clock).call(post, never);
    expect(clock.slept).toEqual([ms]);
  });

  test('waits no longer than is sensible', async () => {
    const peer = own(await listen(always(429, '', { 'retry-after': '3600' })));
    const clock = restlessClock();
    await expect(clientFor(peer.url, undefined, {}, clock).call(get, never)).rejects.toThrow(
      code('server/rate-limited', { seconds: 3600 }),
    );
    expect(clock.slept).toEqual([]);
  });

  test('ends at its deadline, whether the head or the rest of the answer is missing', async () => {
    const silent = own(await listen(() => undefined));
    const halting = own(await listen((_, response) => response.writeHead(200).write('half')));
    for (const { url } of [silent, halting])
      await expect(clientFor(url, undefined, { callMs: 100 }).call(get, never)).rejects.toThrow(
        code('server/timeout', { seconds: 0.1 }),
      );
  });

  test('ends at once with the reason when aborted, before and during', async () => {
    const abort = new AbortController();
    const peer = own(await listen(() => abort.abort(new Error('enough'))));
    const client = clientFor(peer.url);
    await expect(client.call(get, abort.signal)).rejects.toThrow('enough');
    await expect(client.call(get, abort.signal)).rejects.toThrow('enough');
    expect(peer.requests).toHaveLength(1);
  });

  test('a GET over a cut connection is made once more; a call that writes is not', async () => {
    let cuts = 1;
    const peer = own(
      await listen((request, response) => {
        if (cuts-- > 0) request.socket.destroy();
        else response.end('ok');
      }),
    );
    expect((await clientFor(peer.url).call(get, never)).body.toString()).toBe('ok');
    cuts = 1;
    await expect(clientFor(peer.url).call(post, never)).rejects.toThrow(code('server/unreachable'));
    expect(peer.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
  });

  test('says when nobody listens', async () => {
    const peer = await listen(always(200));
    await peer[Symbol.asyncDispose]();
    await expect(clientFor(peer.url).call(get, never)).rejects.toThrow(
      code('server/unreachable', { detail: 'nothing listens there (connection refused)' }),
    );
  });
});

describe('trust', () => {
  const here = certificate('127.0.0.1');
  const elsewhere = certificate('elsewhere.invalid');
  let expired: typeof here;
  beforeAll(async () => {
    expired = await makeCertificate('expired');
  });
  const pinOf = ({ cert }: { cert: string }): string =>
    createHash('sha256')
      .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64');

  test('by the system refuses a certificate that nobody vouches for', async () => {
    const peer = own(await listen(always(200), here));
    await expect(clientFor(peer.url).call(get, never)).rejects.toThrow(
      code('server/certificate', { detail: 'it is self-signed' }),
    );
    expect(peer.requests).toHaveLength(0);
  });

  test('by the system refuses a certificate of a CA that is not known here', async () => {
    const { key, cert } = await makeCertificate();
    const peer = own(await listen(always(200), { key, cert }));
    await expect(clientFor(peer.url).call(get, never)).rejects.toThrow(
      code('server/certificate', { detail: 'its CA is not known here' }),
    );
    expect(peer.requests).toHaveLength(0);
  });

  test('by a CA takes what that CA vouches for', async () => {
    const peer = own(await listen(always(200), here));
    expect((await clientFor(peer.url, { by: 'ca', pem: here.cert }).call(get, never)).status).toBe(200);
    await expect(clientFor(peer.url, { by: 'ca', pem: elsewhere.cert }).call(get, never)).rejects.toThrow(
      code('server/certificate'),
    );
    await expect(clientFor(peer.url, { by: 'ca', pem: 'nonsense' }).call(get, never)).rejects.toThrow(
      code('server/certificate'),
    );
  });

  test.each([
    ['for another host', () => elsewhere, 'it is for another host name'],
    ['that has expired', () => expired, 'it has expired'],
  ])('by a CA refuses one %s', async (_, shown, detail) => {
    const { ca, ...tls } = shown();
    const peer = own(await listen(always(200), tls));
    await expect(clientFor(peer.url, { by: 'ca', pem: ca }).call(get, never)).rejects.toThrow(
      code('server/certificate', { detail }),
    );
    expect(peer.requests).toHaveLength(0);
  });

  test.each([
    ['self-signed', () => here],
    ['for another host', () => elsewhere],
    ['expired', () => expired],
  ])('by a pin takes the pinned key, %s or not', async (_, shown) => {
    const peer = own(await listen(always(200), shown()));
    const trust: Trust = { by: 'pin', spkiSha256: pinOf(shown()) };
    expect((await clientFor(peer.url, trust).call(get, never)).status).toBe(200);
  });

  test('by a pin sends nothing to another key', async () => {
    const peer = own(await listen(always(200), here));
    const trust: Trust = { by: 'pin', spkiSha256: pinOf(elsewhere) };
    await expect(clientFor(peer.url, trust).call(post, never)).rejects.toThrow(
      code('server/pin-mismatch', { seen: normalPin(pinOf(here)), pinned: normalPin(pinOf(elsewhere)) }),
    );
    expect(peer.requests).toHaveLength(0);
  });

  test('by a pin holds on every connection: a server that changes its key is refused by the same client', async () => {
    const first = await listen(always(200), here);
    const client = clientFor(first.url, { by: 'pin', spkiSha256: pinOf(here) });
    expect((await client.call(get, never)).status).toBe(200);
    await first[Symbol.asyncDispose]();
    const second = own(await listen(always(200), elsewhere, first.port));
    await expect(client.call(post, never)).rejects.toThrow(code('server/pin-mismatch'));
    expect(second.requests).toHaveLength(0);
  });

  test('by a pin that is no hash trusts nothing', async () => {
    const peer = own(await listen(always(200), here));
    await expect(clientFor(peer.url, { by: 'pin', spkiSha256: '' }).call(get, never)).rejects.toThrow(
      code('server/pin-mismatch'),
    );
  });

  test.each<Trust>([
    { by: 'pin', spkiSha256: pinOf(here) },
    { by: 'ca', pem: here.cert },
  ])('by $by is not had without TLS', async (trust) => {
    const peer = own(await listen(always(200)));
    await expect(clientFor(peer.url, trust).call(get, never)).rejects.toThrow(code('server/certificate'));
    expect(peer.requests).toHaveLength(0);
  });

  test('a plain server on an https URL is named as such', async () => {
    const peer = own(await listen(always(200)));
    const client = clientFor(peer.url.replace('http:', 'https:'));
    await expect(client.call(get, never)).rejects.toThrow(code('server/unreachable'));
  });

  test('pins are read in hex and base64', () => {
    const hex = createHash('sha256').update('x').digest('hex');
    const base64 = Buffer.from(hex, 'hex').toString('base64');
    const colons = hex.toUpperCase().replace(/..(?=.)/g, '$&:');
    for (const pin of [
      hex,
      colons,
      base64,
      base64.replace('=', ''),
      `sha256/${base64}`,
      `sha256:${hex}`,
      ` ${hex}\n`,
    ])
      expect(normalPin(pin)).toBe(hex);
    for (const pin of ['', 'abc', hex.slice(1), `${hex}0`, `${base64}AA`]) expect(normalPin(pin)).toBeNull();
  });

  test('a certificate can be looked at before it is trusted', async () => {
    const peer = own(await listen(always(200), here));
    const shown = await showCertificate(peer.url, never);
    const { raw, validFrom, validTo } = new X509Certificate(here.cert);
    expect(shown).toEqual({
      subject: 'CN=127.0.0.1, O=Bench',
      issuer: 'CN=127.0.0.1, O=Bench',
      validFrom: new Date(validFrom).toISOString(),
      validTo: new Date(validTo).toISOString(),
      spkiSha256: normalPin(pinOf(here)),
      certificateSha256: createHash('sha256').update(raw).digest('hex'),
      trustedBySystem: false,
    });
    expect(peer.requests).toHaveLength(0);
  });

  test('a certificate is said to be verified only where a call would trust it', async () => {
    const peer = own(await listen(always(200), here));
    const profile = (trust: Trust) => profileOf(peer.url, trust);
    await verifyCertificate(profile({ by: 'pin', spkiSha256: pinOf(here) }), never);
    await verifyCertificate(profile({ by: 'ca', pem: here.cert }), never);
    const refused: readonly (readonly [Trust, string])[] = [
      [{ by: 'system' }, 'server/certificate'],
      [{ by: 'ca', pem: elsewhere.cert }, 'server/certificate'],
      [{ by: 'pin', spkiSha256: pinOf(elsewhere) }, 'server/pin-mismatch'],
    ];
    for (const [trust, wanted] of refused)
      await expect(verifyCertificate(profile(trust), never)).rejects.toThrow(code(wanted));
    expect(peer.requests).toHaveLength(0);
  });

  test('looking has a deadline, can be aborted and says what is in the way', async () => {
    const mute = own(await listen(() => undefined));
    const url = mute.url.replace('http:', 'https:');
    await expect(showCertificate(url, never)).rejects.toThrow(code('server/unreachable'));
    await expect(showCertificate(mute.url, never)).rejects.toThrow(code('server/certificate'));
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(showCertificate(url, aborted)).rejects.toThrow('enough');
  });
});
