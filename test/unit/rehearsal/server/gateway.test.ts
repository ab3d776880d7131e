import { describe, expect, it } from 'vitest';
import { AUTH_REQUESTS, Bench, DEVAUTH, MODES, newKey, USERADM } from './bench.ts';

describe.each(MODES)('the gateway and the framework, %s', (mode) => {
  const bench = new Bench(mode);
  const modern = mode === '2026';

  it.each([
    ['POST', AUTH_REQUESTS, 400],
    ['POST', `${USERADM}/auth/login`, 401],
    ['POST', `${USERADM}/auth/logout`, 401],
    ['GET', `${USERADM}/users`, 401],
    ['GET', `${DEVAUTH}/devices`, 401],
    ['PATCH', '/api/devices/v1/inventory/device/attributes', 401],
    ['POST', '/api/management/v2/inventory/filters/search', 401],
    ['GET', '/api/internal/v1/useradm/health', 404],
    ['GET', '/api/management/v1/nope', 404],
    ['GET', '/ui/', 404],
  ])('%s %s without a token: %i', (method, path, status) => {
    expect(bench.send(method, path, { token: null }).status).toBe(status);
  });

  it('answers what it does not route itself, as text and without request id', () => {
    const answer = bench.send('GET', '/api/internal/v1/devauth/tenants');
    expect(answer).toMatchObject({ status: 404, body: '404 page not found\n' });
    expect(answer.headers).toEqual({ 'content-type': 'text/plain; charset=utf-8' });
  });

  it.each([
    ['mender.example.org', 200],
    ['mender.example.org:8443', 200],
    ['localhost:8080', 200],
    ['traefik', 200],
    ['127.0.0.1:8080', 404],
    ['192.168.0.7', 404],
    ['other.example.org', 404],
  ])('with a host name set, Host %s is answered %i', (host, status) => {
    const named = new Bench(mode, { hostname: 'mender.example.org' });
    const login = named.login(undefined, undefined, { headers: { host } });
    expect(login.status).toBe(status);
    if (status === 404) expect(login.body).toBe('404 page not found\n');
  });

  it('judges the token before it looks at the body', () => {
    const sent = { token: 'abc', headers: { 'content-type': 'text/plain' }, body: '{' };
    expect(bench.send('POST', `${DEVAUTH}/devices`, sent).status).toBe(401);
  });

  it('takes over a request id verbatim, in header and error body', () => {
    const answer = bench.send('GET', `${DEVAUTH}/devices/nope`, {
      headers: { 'X-MEN-RequestID': 'abc 123 / u' },
    });
    expect(answer.headers['x-men-requestid']).toBe('abc 123 / u');
    expect(answer.json).toEqual({ error: 'device not found', request_id: 'abc 123 / u' });
  });

  it('makes a request id where none is sent', () => {
    expect(bench.send('GET', `${DEVAUTH}/devices`).headers['x-men-requestid']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f-]{27}$/,
    );
  });

  it.each([
    ['application/json', modern ? 201 : 201],
    ['application/json; charset=utf-8', 201],
    ['application/json;charset=UTF-8', 201],
    ['application/json; charset=iso-8859-1', modern ? 201 : 415],
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
  ])('a body of type %s: %i', (type, status) => {
    const body = JSON.stringify({ identity_data: { type }, pubkey: newKey().pem });
    const answer = bench.send('POST', `${DEVAUTH}/devices`, { headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
    if (status === 415) {
      expect(answer.error).toBe(
        modern
          ? "Bad Content-Type, expected 'application/json'"
          : "Bad Content-Type or charset, expected 'application/json'",
      );
      expect('request_id' in (answer.json as object)).toBe(modern);
    }
  });

  it('a body without a type', () => {
    const answer = bench.send('POST', `${DEVAUTH}/devices`, { body: '{}' });
    expect([answer.status, answer.error]).toEqual(
      modern
        ? [400, 'Invalid value for Content-Type header: mime: no media type']
        : [415, "Bad Content-Type or charset, expected 'application/json'"],
    );
  });

  it.each([
    ['application/json', 200],
    ['application/json; charset=utf-8', 415],
  ])('devices/search wants exactly its type: %s gives %i', (type, status) => {
    const answer = bench.send('POST', `${DEVAUTH}/devices/search`, {
      headers: { 'content-type': type },
      body: '{}',
    });
    expect(answer.status).toBe(status);
    if (status === 415) expect(answer.error).toBe(`Content-Type '${type}' not supported`);
  });

  it('does not look at the type of a body without announced length', () => {
    const answer = bench.knockText('{', newKey(), { 'transfer-encoding': 'chunked', 'content-type': '' });
    expect(answer.error).toMatch(/^failed to decode auth request: /);
  });

  it('unknown path', () => {
    const answer = bench.send('GET', `${DEVAUTH}/nope`);
    expect([answer.status, answer.error]).toEqual([404, modern ? 'not found' : 'Resource not found']);
    expect('request_id' in (answer.json as object)).toBe(modern);
    expect(answer.headers['x-men-requestid']).toBeDefined();
  });

  it.each(['PATCH', 'HEAD', 'PUT'])('wrong method %s', (method) => {
    const answer = bench.send(method, `${DEVAUTH}/devices`);
    expect(answer.status).toBe(405);
    expect(answer.error).toBe(
      method === 'HEAD' ? undefined : modern ? 'method not allowed' : 'Method not allowed',
    );
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('OPTIONS tells the methods', () => {
    const answer = bench.send('OPTIONS', AUTH_REQUESTS, { token: null });
    expect([answer.status, answer.headers['allow'], answer.body]).toEqual([200, 'POST', '']);
  });

  it.each([
    ['GET', `${DEVAUTH}/devices/?page=2`, 301, `${DEVAUTH}/devices?page=2`],
    ['POST', `${DEVAUTH}/devices/`, 307, `${DEVAUTH}/devices`],
  ])('slash at the end of %s %s', (method, path, status, location) => {
    const answer = bench.send(method, path);
    expect([answer.status, answer.headers['location']]).toEqual(
      modern ? [status, location] : [404, undefined],
    );
    if (modern && method === 'GET') expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it.each([
    ['announced', 1024 * 1024, [400, 400]],
    ['announced', 1024 * 1024 + 1, [413, 400]],
    ['chunked', 1024 * 1024 + 1, [400, 400]],
  ])('a body of %s length %i', (how, bytes, [in2026, in2023]) => {
    const headers = how === 'chunked' ? { 'transfer-encoding': 'chunked' } : {};
    const answer = bench.knockText(`{"id_data":"","pad":"${'x'.repeat(bytes - 23)}"}`, newKey(), headers);
    expect(answer.status).toBe(modern ? in2026 : in2023);
    const large = modern && bytes > 1024 * 1024;
    const words =
      how === 'chunked'
        ? 'failed to decode auth request: http: request body too large'
        : 'http: request body too large';
    expect(answer.error).toBe(large ? words : 'invalid auth request: id_data must be provided');
  });

  it('an identity that is too large for the database', () => {
    const answer = bench.knock({ pad: 'x'.repeat(8 * 1024 * 1024) }, newKey());
    expect([answer.status, answer.error]).toEqual(
      modern ? [413, 'http: request body too large'] : [500, 'internal error'],
    );
  });

  it('escapes as Go does', () => {
    const key = newKey();
    bench.knock({ sn: '<a>&b' }, key);
    expect(bench.get(bench.device({ sn: '<a>&b' }).id).body).toContain('"sn":"\\u003ca\\u003e\\u0026b"');
  });
});
