import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../src/rehearsal/server/index.ts';
import {
  actionsOf,
  ADMIN,
  bench,
  CONF,
  deviceOf,
  expectProvisioned,
  expectRecorded,
  FACTORY_CONF,
  FALLBACK,
  keyOf,
  MODES,
  never,
  setsOf,
  stagedOn,
  type Bench,
} from './bench.ts';

type Board = ReturnType<Bench['board']>;

/** A board whose client has made its first key, and what it and its server hold then. */
async function settled(b: Bench): Promise<{ board: Board; before: ReturnType<typeof held> }> {
  const board = b.board();
  await b.time.sleep(5_000);
  return { board, before: held(b, board) };
}

function held({ server }: Bench, board: Board) {
  return {
    key: keyOf(board),
    sets: setsOf(server, board),
    staged: stagedOn(board),
    conf: board.inspect.text(CONF),
    fallback: board.inspect.text(FALLBACK),
    client: board.inspect.client.running,
    user: board.inspect.user,
  };
}

describe.each(MODES)('on a server of %s', (mode) => {
  test('at the device limit board and server end as they were', async () => {
    const b = await bench({ mode, server: { limit: 1 } });
    const first = b.board();
    expectProvisioned(b, first, await b.run(first));
    const { board, before } = await settled(b);
    const { result, events } = await b.run(board);
    expect(result).toMatchObject({ verdict: 'fail', error: { code: 'server/device-limit' } });
    expect(result.error?.unchanged).toBe(
      'The key in use on the board is as it was. What the job had staged and sent was taken back.',
    );
    expect(held(b, board)).toEqual(before);
    expectRecorded(events, result);
    b.server.setLimit(2);
    expectProvisioned(b, board, await b.run(board));
  });

  test('a preauthorized board at the limit is told what the matter is', async () => {
    const b = await bench({ mode, server: { limit: 1 } });
    const first = b.board();
    expectProvisioned(b, first, await b.run(first));
    const { board } = await settled(b);
    const pem = board.inspect.publicKey ?? '';
    await b.client.api.preauthorize({ mac: board.options.mac }, pem as never, false, never);
    const before = held(b, board);
    const { result } = await b.run(board, { keySource: { from: 'keep' } });
    expect(result).toMatchObject({ verdict: 'stopped', error: { code: 'server/device-limit' } });
    expect(held(b, board).sets).toEqual(before.sets);
    expect(held(b, board).key).toBe(before.key);
  });

  /** Troubles that the station gets over by itself. */
  test.each<readonly [string, Fault]>([
    ['a rate limit', { on: 'get-device', times: 2, act: { kind: 'status', status: 429, retryAfter: 1 } }],
    ['an accept that is done by half', { on: 'accept', times: 1, act: { kind: 'workflows-down' } }],
    ['a lost reply to an accept', { on: 'accept', times: 1, act: { kind: 'drop', when: 'after' } }],
    [
      'an accept that never reached the server',
      { on: 'accept', times: 1, act: { kind: 'drop', when: 'before' } },
    ],
    [
      'a 502 of the gateway after an accept',
      { on: 'accept', times: 1, act: { kind: 'status', status: 502, when: 'after' } },
    ],
    [
      'a lost reply to the search for the device',
      { on: 'preauthorize', times: 1, act: { kind: 'drop', when: 'after' } },
    ],
    [
      'a lost reply to an auth request',
      { on: 'auth-request', times: 1, act: { kind: 'drop', when: 'after' } },
    ],
    [
      'a login revoked before the search',
      { on: 'inventory-search', times: 1, act: { kind: 'revoke-sessions' } },
    ],
    ['a login revoked before the accept', { on: 'accept', times: 1, act: { kind: 'revoke-sessions' } }],
  ])('%s does not keep a board from its key', async (_, fault) => {
    const b = await bench({ mode, server: { faults: [fault] } });
    const board = b.board();
    expectProvisioned(b, board, await b.run(board));
    expect(b.server.faults.take({ step: undefined, method: '', path: '' })).toEqual([]);
    expect(b.logins).toBe(fault.act.kind === 'revoke-sessions' ? 2 : 1);
    expect(deviceOf(b.server, board)?.provisioned).toBeGreaterThan(0);
  });

  /** Troubles that end the job: what was staged and sent is taken back as far as the server lets it. */
  test.each<readonly [string, Fault, string]>([
    [
      'cuts every auth request',
      { on: 'auth-request', act: { kind: 'drop', when: 'before' } },
      'server/unreachable',
    ],
    ['never answers an auth request', { on: 'auth-request', act: { kind: 'hang' } }, 'server/timeout'],
    [
      'never answers the search',
      { on: ['inventory-search', 'get-device'], act: { kind: 'hang' } },
      'server/timeout',
    ],
    [
      'does not let this account accept',
      { on: 'accept', act: { kind: 'status', status: 403 } },
      'server/forbidden',
    ],
    ['fails at every accept', { on: 'accept', act: { kind: 'status', status: 500 } }, 'server/failed'],
    [
      'asks to wait for ever',
      { on: 'accept', act: { kind: 'status', status: 429, retryAfter: 3600 } },
      'server/rate-limited',
    ],
  ])('that %s, the board keeps what it had and nothing is left', async (_, fault, code) => {
    const b = await bench({ mode, limits: { callMs: 300 } });
    const { board, before } = await settled(b);
    const placed = b.server.faults.add(fault);
    const { result, events } = await b.run(board);
    expect(result).toMatchObject({ verdict: 'fail', error: { code } });
    expect({ ...held(b, board), sets: [] }).toEqual({ ...before, sets: [] });
    expect(setsOf(b.server, board).filter(([, status]) => status === 'accepted')).toEqual([]);
    expectRecorded(events, result);
    placed.remove();
    const again = await b.run(board);
    expectProvisioned(b, board, again);
  });

  test('once the login has ended for good, the staged key stays for the next run, and the error says so', async () => {
    const b = await bench({ mode });
    const { board, before } = await settled(b);
    const placed = b.server.faults.add({ on: 'accept', act: { kind: 'status', status: 401 } });
    const { result, events } = await b.run(board);
    expect(result).toMatchObject({ verdict: 'fail', error: { code: 'server/session-ended' } });
    // The server may know the key and could not be asked: the file is not taken away.
    expect(result.error?.unchanged).toMatch(
      /staged key may have been left .* Starting again goes on from there/,
    );
    expect(stagedOn(board)).not.toEqual([]);
    expect(keyOf(board)).toBe(before.key);
    expectRecorded(events, result);
    placed.remove();
    await b.client.login(ADMIN, never);
    const again = await b.run(board);
    expectProvisioned(b, board, again);
    expect(again.result.keyFingerprint).toBe(result.keyFingerprint);
  });

  test('a tenant token of another organization has its own words', async () => {
    const b = await bench({ mode, server: { tenant: { token: 'token-of-ours' } } });
    const { board, before } = await settled(b);
    const { result, events } = await b.run(board, { tenantToken: 'token-of-others' });
    expect(result.verdict).not.toBe('pass');
    expect(['server/tenant-token-refused', 'server/other-organization']).toContain(result.error?.code);
    expect(held(b, board)).toEqual(before);
    expectRecorded(events, result);
    const good = await b.run(board, { tenantToken: 'token-of-ours' });
    expectProvisioned(b, board, good);
    expect(JSON.parse(board.inspect.text(FALLBACK) ?? '')).toMatchObject({ TenantToken: 'token-of-ours' });
  });

  test('a server that answers nothing costs no board anything', async () => {
    const b = await bench({ mode, limits: { callMs: 200 } });
    const { board, before } = await settled(b);
    b.server.faults.add({ on: 'any', act: { kind: 'hang' } });
    const { result, events } = await b.run(board);
    expect(result).toMatchObject({ verdict: 'fail', error: { code: 'server/timeout' } });
    expect(actionsOf(events)).toEqual([]);
    expect(held(b, board)).toEqual(before);
  });
});

test("the server's CA is installed and named, and other members of the configuration stay", async () => {
  const b = await bench({ server: { tls: true } });
  const board = b.board({
    client: {
      conf: FACTORY_CONF,
      fallbackConf: { InventoryPollIntervalSeconds: 7, Nested: { kept: [1, 2] } },
    },
  });
  const run = await b.run(board, { serverCa: b.server.ca ?? '' });
  expectProvisioned(b, board, run);
  const written = JSON.parse(board.inspect.text(FALLBACK) ?? '') as Record<string, unknown>;
  expect(written).toMatchObject({
    InventoryPollIntervalSeconds: 7,
    Nested: { kept: [1, 2] },
    ServerURL: b.server.url,
  });
  expect(board.inspect.text(String(written['ServerCertificate']))).toBe(b.server.ca);
  expect(JSON.parse(board.inspect.text(CONF) ?? '')).toEqual(FACTORY_CONF);
  expect(board.inspect.mode(FALLBACK)).toBe(0o600);
});

test('without the CA of its server the board is told why its client was refused, and a run with it ends well', async () => {
  const b = await bench({ server: { tls: true } });
  const board = b.board();
  const { result } = await b.run(board);
  expect(result).toMatchObject({ verdict: 'fail', error: { code: 'board/client-refused' } });
  expect(result.error?.message).toMatch(/certificate/);
  expect(setsOf(b.server, board)).toEqual([[keyOf(board), 'accepted']]);
  const again = await b.run(board, { serverCa: b.server.ca ?? '' });
  expectProvisioned(b, board, again);
  expect(again.result.keyFingerprint).toBe(result.keyFingerprint);
});

test.each([
  ['ServerURL', { ServerURL: 'https://old.example' }],
  ['Servers', { Servers: [{ ServerURL: 'https://old.example' }] }],
])(
  'a main configuration that overrides ours by %s is edited too, and the operator is told',
  async (form, conf) => {
    const b = await bench();
    const board = b.board({ client: { conf: { ...FACTORY_CONF, ...conf } } });
    const run = await b.run(board, { tenantToken: 'an-opaque-token' });
    expectProvisioned(b, board, run);
    const servers =
      form === 'Servers' ? { Servers: [{ ServerURL: b.server.url }] } : { ServerURL: b.server.url };
    expect(JSON.parse(board.inspect.text(CONF) ?? '')).toMatchObject({ ...FACTORY_CONF, ...servers });
    expect(JSON.parse(board.inspect.text(FALLBACK) ?? '')).toEqual({
      ...servers,
      TenantToken: 'an-opaque-token',
    });
    expect(run.result.notes.join(' ')).toContain(CONF);
  },
);

test('a board with the token of another organization is given ours, and that is told', async () => {
  const b = await bench();
  const board = b.board({ client: { conf: { ...FACTORY_CONF, TenantToken: 'canary-of-others' } } });
  const run = await b.run(board, { tenantToken: 'an-opaque-token' });
  expectProvisioned(b, board, run);
  expect(run.result.notes.join(' ')).toContain('token of another organization');
  expect(JSON.stringify([run.result, run.events])).not.toContain('canary-of-others');
  const again = await b.run(board, { tenantToken: 'an-opaque-token' });
  expect(again.result.notes.join(' ')).not.toContain('another organization');
});

test('of a configuration that was not written, nobody is told that it was', async () => {
  const b = await bench({ server: { faults: [{ on: 'accept', act: { kind: 'status', status: 403 } }] } });
  const board = b.board({ client: { conf: { ...FACTORY_CONF, ServerURL: 'https://old.example' } } });
  const { result } = await b.run(board, { tenantToken: 'an-opaque-token' });
  expect(result).toMatchObject({ verdict: 'fail', notes: [] });
  expect(board.inspect.text(CONF)).toContain('https://old.example');
});
