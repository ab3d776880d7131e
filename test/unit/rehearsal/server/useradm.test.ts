import { describe, expect, it } from 'vitest';
import { Bench, claims, DEVAUTH, MODES, newKey, USERADM } from './bench.ts';

const WEEK = 604_800;
const ADMIN = 'admin@bench.local';
const PASSWORD = 'rehearsal-bench';

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

describe.each(MODES)('login, %s', (mode) => {
  const modern = mode === '2026';
  const login = (bench: Bench, sent: Parameters<Bench['send']>[2]) =>
    bench.send('POST', `${USERADM}/auth/login`, { token: null, ...sent });

  it.each([
    ['no body', {}],
    ['an empty object', { body: {} }],
    ['an empty body with json type', { headers: { 'content-type': 'application/json' } }],
    ['a second factor', { body: { token2fa: '123456' } }],
    ['unknown members', { body: { anything: [1] } }],
    ['upper-case e-mail', { headers: { authorization: basic(`ADMIN@Bench.LOCAL:${PASSWORD}`) } }],
    ['scheme basic', { headers: { authorization: basic(`${ADMIN}:${PASSWORD}`).replace('Basic', 'basic') } }],
  ])('200 with %s', (_what, sent) => {
    const bench = new Bench(mode);
    const answer = login(bench, {
      ...sent,
      headers: { authorization: basic(`${ADMIN}:${PASSWORD}`), ...('headers' in sent ? sent.headers : {}) },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/jwt');
    expect(answer.body).toHaveLength(modern ? 659 : 648);
    expect(bench.probe(answer.body).status).toBe(200);
  });

  it('a token has the real claims and lives a week', () => {
    const bench = new Bench(mode);
    const { exp, iat, nbf, jti, sub, ...rest } = claims(bench.admin);
    expect(Number(exp) - Number(iat)).toBe(WEEK);
    expect(nbf).toBe(iat);
    expect([typeof jti, typeof sub]).toEqual(['string', 'string']);
    expect(rest).toEqual({ iss: 'mender.useradm', 'mender.user': true, scp: 'mender.*' });
    const header = Buffer.from(bench.admin.split('.')[0] ?? '', 'base64url').toString();
    expect(JSON.parse(header)).toEqual(
      modern ? { alg: 'RS256', kid: 0, typ: 'JWT' } : { alg: 'RS256', typ: 'JWT' },
    );
  });

  it('no_expiry gives a token without an end', () => {
    const bench = new Bench(mode);
    const { body } = bench.login(ADMIN, PASSWORD, { body: { no_expiry: true } });
    expect(claims(body)).not.toHaveProperty('exp');
    bench.now += 10 * WEEK * 1000;
    expect(bench.probe(body).status).toBe(200);
  });

  it('the 2023 server also sets a cookie', () => {
    const { headers, body } = new Bench(mode).login();
    if (modern) expect(headers['set-cookie']).toBeUndefined();
    else
      expect(headers['set-cookie']?.[0]).toMatch(/^JWT=.*; Path=\/; Expires=.*GMT; Secure; SameSite=Strict$/);
    expect(body).not.toBe('');
  });

  it.each([
    ['wrong password', basic(`${ADMIN}:wrong-password`), 'unauthorized'],
    ['unknown user', basic(`nobody@bench.local:${PASSWORD}`), 'unauthorized'],
    ['empty password', basic(`${ADMIN}:`), 'unauthorized'],
    ['empty user', basic(':'), 'unauthorized'],
    ['no header', undefined, 'invalid or missing auth header'],
    ['Bearer', 'Bearer abc', 'invalid or missing auth header'],
    ['undecodable', 'Basic !!!', 'invalid or missing auth header'],
  ])('401 with %s', (_what, authorization, error) => {
    const answer = login(new Bench(mode), authorization === undefined ? {} : { headers: { authorization } });
    expect([answer.status, answer.error]).toEqual([401, error]);
  });

  it('400 for malformed JSON, 405 for GET', () => {
    const bench = new Bench(mode);
    const headers = { authorization: basic(`${ADMIN}:${PASSWORD}`), 'content-type': 'application/json' };
    const bad = login(bench, { headers, body: '{' });
    expect([bad.status, bad.error]).toEqual([
      400,
      modern ? 'unexpected EOF' : 'unexpected end of JSON input',
    ]);
    expect(bench.send('GET', `${USERADM}/auth/login`, { headers, token: null }).status).toBe(405);
  });

  it('with no users every login is a bad login, and there is no way in over the network', () => {
    const bench = new Bench(mode, { admin: 'none' });
    expect([bench.login().status, bench.login().error]).toEqual([401, 'unauthorized']);
    for (const path of ['users/initial', 'users/inital']) {
      expect(
        bench.send('POST', `${USERADM}/${path}`, { token: null, body: { email: ADMIN, password: PASSWORD } })
          .status,
      ).toBe(401);
    }
  });

  it.each([
    ['short@bench.local', 'short', 'password: must be minimum 8 characters long'],
    ['no-address', 'long enough', 'email: must be a valid email address.'],
    ['ADMIN@bench.local', 'long enough', 'user with a given email already exists'],
  ])('the command line refuses user %s', (email, password, error) => {
    expect(() => new Bench(mode).core.createUser(email, password)).toThrow(error);
  });

  it('users/initial is no route even with a token', () => {
    const { status } = new Bench(mode).send('POST', `${USERADM}/users/initial`, {
      body: { email: 'a@b.cd', password: PASSWORD },
    });
    expect(status).toBe(405);
  });

  it('the eleventh session silently revokes the oldest; no_expiry ones too, personal access tokens never', () => {
    const bench = new Bench(mode);
    const pat = bench.send('POST', `${USERADM}/settings/tokens`, { body: { name: 'kept' } }).body;
    const first = bench.admin;
    const second = bench.login(ADMIN, PASSWORD, { body: { no_expiry: true } }).body;
    const rest = Array.from({ length: 8 }, () => bench.login().body);
    expect([first, second, ...rest].map((token) => bench.probe(token).status)).toEqual(Array(10).fill(200));
    rest.push(bench.login().body, bench.login().body);
    expect([first, second].map((token) => [bench.probe(token).status, bench.probe(token).error])).toEqual([
      [401, 'unauthorized'],
      [401, 'unauthorized'],
    ]);
    expect(rest.map((token) => bench.probe(token).status)).toEqual(Array(10).fill(200));
    expect(bench.probe(pat).status).toBe(200);
  });
});

describe.each(MODES)('using a management token, %s', (mode) => {
  const modern = mode === '2026';
  const bench = new Bench(mode);
  const count = (headers: Record<string, string>) =>
    bench.send('GET', `${DEVAUTH}/devices/count`, { token: null, headers });

  const device = bench.admit({ sn: 'device-token' }, newKey());
  const [header = '', payload = '', signature = ''] = bench.admin.split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');

  it.each([
    ['Bearer', `Bearer ${bench.admin}`],
    ['bearer', `bearer ${bench.admin}`],
    ['BEARER', `BEARER ${bench.admin}`],
  ])('scheme %s is good', (_scheme, authorization) => {
    expect(count({ authorization }).status).toBe(200);
  });

  it('the JWT cookie does as well', () => {
    expect(count({ cookie: `theme=dark; JWT=${bench.admin}` }).status).toBe(200);
  });

  it.each([
    ['no header', {}, 'Authorization not present in header', 'authorization not present in header', true],
    [
      'Bearer alone',
      { authorization: 'Bearer' },
      'malformed Authorization header',
      'malformed Authorization header',
      true,
    ],
    [
      'a bare token',
      { authorization: bench.admin },
      'malformed Authorization header',
      'malformed Authorization header',
      true,
    ],
    [
      'two blanks',
      { authorization: `Bearer  ${bench.admin}` },
      'malformed Authorization header',
      'malformed Authorization header',
      true,
    ],
    [
      'Basic',
      { authorization: 'Basic YTpi' },
      'unknown Authorization method Basic',
      'malformed Authorization header',
      true,
    ],
    ['no JWT', { authorization: 'Bearer nonsense' }, /^identity: /, 'invalid jwt', true],
    [
      'no JSON in it',
      { authorization: 'Bearer abc.def.ghi' },
      /^identity: .*invalid character 'u'/,
      'invalid jwt',
      true,
    ],
    [
      'a bad signature',
      { authorization: `Bearer ${header}.${payload}.AAAA${signature.slice(4)}` },
      'invalid jwt',
      'invalid jwt',
      false,
    ],
    ['alg none', { authorization: `Bearer ${none}.${payload}.` }, 'invalid jwt', 'invalid jwt', false],
    ['a device token', { authorization: `Bearer ${device}` }, 'invalid jwt', 'invalid jwt', false],
  ])('401 for %s', (_what, headers, in2026, in2023, challenge) => {
    const answer = count(headers);
    expect(answer.status).toBe(401);
    const wanted = modern ? in2026 : in2023;
    expect(answer.error).toEqual(wanted instanceof RegExp ? expect.stringMatching(wanted) : wanted);
    expect(answer.headers['www-authenticate']).toBe(
      modern && challenge ? 'Bearer realm="ManagementJWT"' : undefined,
    );
  });

  it('an expired token is invalid, by the clock', () => {
    const fresh = new Bench(mode);
    fresh.now += WEEK * 1000 - 1000;
    expect(fresh.probe(fresh.admin).status).toBe(200);
    fresh.now += 1000;
    expect([fresh.probe(fresh.admin).status, fresh.probe(fresh.admin).error]).toEqual([401, 'invalid jwt']);
  });

  it('logout: 202 empty, then the token is unauthorized and a second logout too', () => {
    const fresh = new Bench(mode);
    const other = fresh.login().body;
    const out = fresh.send('POST', `${USERADM}/auth/logout`, { token: other });
    expect([out.status, out.body]).toEqual([202, '']);
    expect([fresh.probe(other).status, fresh.probe(other).error]).toEqual([401, 'unauthorized']);
    expect(fresh.send('POST', `${USERADM}/auth/logout`, { token: other }).status).toBe(401);
    expect(fresh.probe(fresh.admin).status).toBe(200);
  });

  it('a revoked session is unauthorized', () => {
    const fresh = new Bench(mode);
    expect(fresh.core.revokeSessions()).toBe(1);
    expect(fresh.probe(fresh.admin).error).toBe('unauthorized');
    expect(fresh.probe(fresh.login().body).status).toBe(200);
  });
});

describe.each(MODES)('personal access tokens, %s', (mode) => {
  const create = (bench: Bench, body: unknown, token?: string) =>
    bench.send('POST', `${USERADM}/settings/tokens`, { body, ...(token === undefined ? {} : { token }) });

  it('is shown once, as a bare token', () => {
    const bench = new Bench(mode);
    const answer = create(bench, { name: 'station-1', expires_in: 3600 });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/jwt']);
    const { exp, iat } = claims(answer.body);
    expect(Number(exp) - Number(iat)).toBe(3600);
    expect(bench.probe(answer.body).status).toBe(200);
    const [listed] = bench.send('GET', `${USERADM}/settings/tokens`).json as Record<string, string>[];
    expect(listed).toEqual({
      id: claims(answer.body)['jti'],
      name: 'station-1',
      last_used: '2026-03-01T10:00:00.25Z',
      expiration_date: '2026-03-01T11:00:00.25Z',
      created_ts: '2026-03-01T10:00:00.25Z',
    });
  });

  it.each([[{ name: 'a' }], [{ name: 'a', expires_in: 0 }]])('%j never expires', (body) => {
    const bench = new Bench(mode);
    const token = create(bench, body).body;
    bench.now += 10 * 365 * 86_400_000;
    expect(bench.probe(token).status).toBe(200);
  });

  it.each([
    [{ name: 'taken' }, 409, 'Personal Access Token with a given name already exists'],
    [{ expires_in: 1 }, 400, 'name: cannot be blank.'],
    [{ name: 'x', expires_in: 31_536_001 }, 400, 'expires_in: must be no greater than 31536000.'],
    [{ name: 'x', expires_in: -1 }, 400, 'expires_in: must be no less than 0.'],
    [[], 400, 'cannot parse request body as json'],
  ])('%j is refused', (body, status, error) => {
    const bench = new Bench(mode);
    create(bench, { name: 'taken' });
    const answer = create(bench, body);
    expect([answer.status, answer.error]).toEqual([status, error]);
  });

  it('there are ten at most', () => {
    const bench = new Bench(mode);
    const made = Array.from({ length: 11 }, (_, n) => create(bench, { name: `t${n}` }));
    expect(made.map((answer) => answer.status)).toEqual([...Array<number>(10).fill(200), 422]);
    expect(made[10]?.error).toBe('maximum number of personal acess tokens reached for this user');
  });

  it('a deleted one is unauthorized, an expired one invalid; deleting is always 204', () => {
    const bench = new Bench(mode);
    const gone = create(bench, { name: 'gone' }).body;
    const short = create(bench, { name: 'short', expires_in: 2 }).body;
    const path = `${USERADM}/settings/tokens/${String(claims(gone)['jti'])}`;
    expect(
      [path, path, `${USERADM}/settings/tokens/zzz`].map((at) => bench.send('DELETE', at).status),
    ).toEqual([204, 204, 204]);
    expect(bench.probe(gone).error).toBe('unauthorized');
    bench.now += 2000;
    expect(bench.probe(short).error).toBe('invalid jwt');
  });

  it('a password change kills every token but the one it was made with; deleting the user kills all', () => {
    const bench = new Bench(mode);
    bench.core.createUser('op@bench.local', 'operator-pass');
    const [changer = '', session = ''] = [1, 2].map(
      () => bench.login('op@bench.local', 'operator-pass').body,
    );
    const pat = create(bench, { name: 'mine' }, session).body;
    const change = { password: 'operator-pass2', current_password: 'operator-pass' };
    expect(bench.send('PUT', `${USERADM}/users/me`, { token: changer, body: change }).status).toBe(204);
    expect([changer, session, pat].map((token) => bench.probe(token).status)).toEqual([200, 401, 401]);
    expect(bench.probe(pat).error).toBe('unauthorized');
    expect(bench.login('op@bench.local', 'operator-pass').status).toBe(401);
    expect(bench.login('op@bench.local', 'operator-pass2').status).toBe(200);
    bench.send('DELETE', `${USERADM}/users/${String(claims(changer)['sub'])}`);
    expect([bench.probe(changer).status, bench.probe(changer).error]).toEqual([401, 'unauthorized']);
  });
});

describe.each(MODES)('users and what is new, %s', (mode) => {
  const modern = mode === '2026';

  it('making a user', () => {
    const bench = new Bench(mode);
    const make = (email: string, password: string) =>
      bench.send('POST', `${USERADM}/users`, { body: { email, password } });
    const made = make('op@bench.local', 'operator-pass');
    expect(made.status).toBe(201);
    expect(made.headers['location']).toMatch(
      modern ? /^\/api\/management\/v1\/useradm\/users\/[0-9a-f-]{36}$/ : /^users\/[0-9a-f-]{36}$/,
    );
    expect([make('op@bench.local', 'operator-pass').error, make('x@bench.local', 'short').error]).toEqual([
      'user with a given email already exists',
      'password: must be minimum 8 characters long',
    ]);
    const similar = [
      make('abcdefgh@bench.local', 'abcdefgh'),
      make('abcdefgi@bench.local', 'abcdefgi@bench.local'),
    ];
    expect(similar.map((answer) => answer.status)).toEqual(modern ? [422, 422] : [201, 201]);
  });

  it.each([
    ['GET', `${USERADM}/plans`],
    ['GET', `${USERADM}/plan_binding`],
    ['PUT', '/api/management/v2/useradm/users/me'],
  ])('%s %s is there in 2026 only', (method, path) => {
    const bench = new Bench(mode);
    const body = { password: 'another-long-one', current_password: PASSWORD };
    const { status } = bench.send(method, path, method === 'PUT' ? { body } : {});
    expect(status).toBe(modern ? (method === 'PUT' ? 204 : 200) : 404);
  });

  it.each(['roles', '2faqr', 'tenants'])('%s: 404 in open source', (path) => {
    expect(new Bench(mode).send('GET', `${USERADM}/${path}`).status).toBe(404);
  });
});
