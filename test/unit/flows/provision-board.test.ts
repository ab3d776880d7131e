import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { boardUser, createCable, type BoardChoices } from '../../../src/rehearsal/board/index.ts';
import type { ByteLink } from '../../../src/serial/link.ts';
import {
  actionsOf,
  bench,
  CONF,
  deviceOf,
  FACTORY_CONF,
  expectProvisioned,
  expectRecorded,
  FALLBACK,
  keyOf,
  setsOf,
  stagedOn,
  type RunOptions,
} from './bench.ts';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const KEY_FILE = '/var/lib/mender/mender-agent.pem';

const MUTUAL_KEY = '/data/mtls.key';
/** A 3.x client that signs its auth requests with the key of its certificate for mutual TLS. */
const MUTUAL_TLS = {
  version: '3.5.2',
  conf: { ...FACTORY_CONF, HttpsClient: { Certificate: '/data/mtls.crt' } },
  keyPath: { member: 'HttpsClient.Key', value: MUTUAL_KEY },
  key: { kind: 'present', type: 'rsa-2048' },
} as const;

/** How such a board is asked for, where that is not the plain way. */
const ASKED: Readonly<Record<string, RunOptions>> = {
  'board/no-key': { keySource: { from: 'keep' } },
  'board/cannot-make-key': { keySource: { from: 'board', type: 'ed25519' } },
};

/** What stops a job before anything is changed on board or server, and how it is called. */
const OBSTACLES: readonly (readonly [string, string, BoardChoices])[] = [
  ['an update that waits for its commit', 'board/update-in-progress', { client: { update: 'uncommitted' } }],
  ['no room left', 'board/disk-full', { storage: { dataFull: true } }],
  ['a read-only file system', 'board/read-only', { storage: { dataReadOnly: true } }],
  ['no identity script', 'board/identity-missing', { identity: { kind: 'missing' } }],
  [
    'an identity script that may not be run',
    'board/identity-not-executable',
    { identity: { kind: 'not-executable' } },
  ],
  ['an identity script that fails', 'board/identity-failed', { identity: { kind: 'fails' } }],
  ['an identity script that prints nonsense', 'board/identity-nonsense', { identity: { kind: 'nonsense' } }],
  ['no client', 'board/client-missing', { client: { version: 'absent' } }],
  [
    'a configuration that is no JSON',
    'board/configuration-unreadable',
    { client: { confText: '{"ServerURL":' } },
  ],
  ['no key to keep', 'board/no-key', { client: { enabled: false } }],
  [
    'no openssl where the key is to be made on the board',
    'board/cannot-make-key',
    { system: { openssl: 'absent' } },
  ],
  [
    'openssl 1.1.1, which cannot sign with the type asked for',
    'board/cannot-make-key',
    { system: { openssl: '1.1.1' } },
  ],
  [
    'a key in an engine',
    'board/key-engine',
    {
      client: {
        sslEngine: 'pkcs11',
        keyPath: { member: 'Security.AuthPrivateKey', value: 'pkcs11:object=key' },
      },
    },
  ],
  [
    'a key behind a passphrase',
    'board/key-passphrase',
    { client: { enabled: false, key: { kind: 'encrypted', passphrase: 'p', type: 'ed25519' } } },
  ],
  ['a key that belongs to a client certificate', 'board/key-mutual-tls', { client: MUTUAL_TLS }],
  ['another password', 'board/login-refused', { users: [boardUser({ name: 'root', password: 'another' })] }],
  ['an expired password', 'board/password-expired', { users: [boardUser({ name: 'root', expired: true })] }],
  ['no power', 'board/silent', { console: { start: 'off' } }],
];

test.each(OBSTACLES)('%s is found before anything is changed', async (_, code, choices) => {
  const b = await bench();
  const board = b.board(choices);
  await b.time.sleep(5_000);
  const held = () => ({
    key: board.inspect.file(KEY_FILE),
    conf: board.inspect.text(CONF),
    fallback: board.inspect.text(FALLBACK),
    client: board.inspect.client.running,
    staged: stagedOn(board),
  });
  const before = held();
  const run = await b.run(board, ASKED[code]);
  expect(['fail', 'stopped']).toContain(run.result.verdict);
  expect(run.result.error).toMatchObject({ code });
  expect(run.result.error?.remedy).toMatch(/\w/);
  expect(run.result.error?.unchanged).toMatch(/^Nothing was changed/);
  expect(JSON.stringify(run.result.error)).not.toMatch(/\{\w+\}|undefined|NaN/);
  // Who it was is told wherever it could be read.
  const readable = !/identity|login|password-expired|silent|client-missing/.test(code);
  if (readable) expect(run.result.identity).toEqual({ mac: board.options.mac });
  expect(held()).toEqual(before);
  expect(deviceOf(b.server, board)).toBeNull();
  expect(board.inspect.user).toBeUndefined();
  expect(actionsOf(run.events)).toEqual([]);
  expectRecorded(run.events, run.result);
});

/** Boards that differ and still end well. */
const KINDS: readonly (readonly [string, BoardChoices, RunOptions, object])[] = [
  ['mender-client 4', { client: { version: '4.0.4' } }, {}, { proof: 'board-client' }],
  ['mender-client 5', { client: { version: '5.1.0' } }, {}, { proof: 'board-client', keyType: 'ed25519' }],
  ['busybox', { system: { init: 'busybox' } }, {}, { proof: 'board-client' }],
  ['dash as its shell', { console: { shell: 'dash' } }, {}, {}],
  ['no openssl', { system: { openssl: 'absent' } }, {}, { keyOrigin: 'station', proof: 'board-client' }],
  ['openssl 1.1.1', { system: { openssl: '1.1.1' } }, {}, { keyOrigin: 'board', keyType: 'p256' }],
  ['kernel messages over the line', { noise: { kernelEvery: 200, kernelLevel: 4 } }, {}, {}],
  [
    'a user who becomes root',
    {},
    { profile: { login: { user: 'tech', credentials: ['board'], become: 'sudo' } } },
    {},
  ],
  ['a shell left open', { console: { start: 'shell-open' } }, {}, {}],
  ['a boot under way', { console: { start: 'booting' } }, {}, {}],
  ['no key yet', { client: { enabled: false } }, {}, {}],
  [
    'a key that it is to keep',
    { client: { key: { kind: 'present', type: 'ed25519' } } },
    { keySource: { from: 'keep' } },
    { keyOrigin: 'kept' },
  ],
  ['a proof by the board’s key alone', {}, { profile: { leastProof: 'board-key' } }, { proof: 'board-key' }],
  [
    'a static key path',
    { client: { keyPath: { member: 'Security.AuthPrivateKey', value: '/etc/mender/own.pem' } } },
    {},
    {},
  ],
];

test.each(KINDS)('a board with %s is provisioned', async (_, choices, options, expected) => {
  const b = await bench();
  const board = b.board(choices);
  const run = await b.run(board, options);
  expectProvisioned(b, board, run);
  expect(run.result).toMatchObject({ verdict: 'pass', ...expected });
});

test('a link to the key file stays a link on a board whose readlink follows none', async () => {
  const b = await bench();
  const board = b.board({
    system: { readlink: 'plain', init: 'busybox' },
    client: { keyPath: { member: 'Security.AuthPrivateKey', value: '/etc/mender/link.pem' } },
  });
  board.inspect.putLink('/data/mender/schlüssel.pem', '/etc/mender/link.pem');
  const run = await b.run(board);
  expect(run.result).toMatchObject({ error: null, verdict: 'pass' });
  expect(board.inspect.link('/etc/mender/link.pem')).toBe('/data/mender/schlüssel.pem');
  expect(board.inspect.text('/etc/mender/link.pem')).toContain('PRIVATE KEY');
  expect(stagedOn(board)).toEqual([]);
});

test('a client that was stopped before its first key runs again, though the station died', async () => {
  const b = await bench();
  const board = b.board({ client: { generateTime: 60_000 } });
  await b.time.sleep(5_000);
  expect(board.inspect.client.running).toBe(true);
  const run = await b.run(board, { onStep: (now) => now === 'submit running' && board.unplug() });
  expect(run.result.verdict).toBe('fail');
  expect(board.inspect.client.running).toBe(false);
  await b.time.sleep(200_000);
  expect(board.inspect.client.running).toBe(true);
});

test.each([-YEAR_MS, YEAR_MS])(
  'a clock that is off by %d ms is set before anything else is done',
  async (clockOffset) => {
    const b = await bench({ server: { tls: true } });
    const board = b.board({ system: { clockOffset } });
    const run = await b.run(board, { serverCa: b.server.ca ?? '' });
    expectProvisioned(b, board, run);
    expect(actionsOf(run.events)[0]).toBe('set-clock done');
    expect(run.result.notes.join(' ')).toContain('The clock of the board was 365 days off and was set');
    expect(Math.abs(board.inspect.time - b.time.now())).toBeLessThan(3_000);
  },
);

test('two boards with one identity at once: one is provisioned, the other is told which port has it', async () => {
  const b = await bench();
  const mac = '52:54:00:f1:aa:aa';
  const boards = [b.board({ mac }), b.board({ mac })];
  // At the speed of a real line, so that both are under way at the same time.
  const link = (inner: ByteLink): ByteLink => createCable(inner, { clock: b.time, baud: 115_200 }).link;
  const runs = await Promise.all(boards.map((board) => b.run(board, { link })));
  const failed = runs.find(({ result }) => result.verdict !== 'pass');
  const passed = runs.find(({ result }) => result.verdict === 'pass');
  expect(failed?.result.verdict).toBe('fail');
  expect(failed?.result.error).toMatchObject({
    code: 'job/same-identity',
    message: `Another board with the same identity (${mac}) is being provisioned on ${passed?.result.port ?? ''}.`,
  });
  expect(actionsOf(failed?.events ?? [])).toEqual([]);
  expect(b.server.inspect()).toHaveLength(1);
});

test('one imported key for two boards reaches only the first', async () => {
  const b = await bench();
  const directory = mkdtempSync(join(tmpdir(), 'station-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const boards = [b.board(), b.board()];
  for (const board of boards) writeFileSync(join(directory, `${board.options.mac}.pem`), pem);
  const runs = await Promise.all(
    boards.map((board) => b.run(board, { keySource: { from: 'import', directory } })),
  );
  expect(runs.map(({ result }) => result.verdict).sort()).toEqual(['fail', 'pass']);
  expect(runs.map(({ result }) => result.error?.code)).toContain('key/used');
  expect(b.server.inspect().flatMap(({ sets }) => sets)).toHaveLength(1);

  // And never later: the record knows it.
  const third = b.board();
  writeFileSync(join(directory, `${third.options.mac}.pem`), pem);
  const later = await b.run(third, { keySource: { from: 'import', directory } });
  expect(later.result).toMatchObject({ verdict: 'fail', error: { code: 'key/used' } });
  expect(stagedOn(third)).toEqual([]);
  expect(readdirSync(directory)).toContain(`${third.options.mac}.pem`);
});

test('eight boards at once end each with its own key', async () => {
  const b = await bench();
  const boards = Array.from({ length: 8 }, () => b.board());
  const runs = await Promise.all(boards.map((board) => b.run(board)));
  for (const [index, run] of runs.entries()) expectProvisioned(b, boards[index] ?? b.board(), run);
  expect(new Set(boards.map(keyOf)).size).toBe(8);
  expect(b.server.inspect()).toHaveLength(8);
  expect(b.logins).toBe(1);
  expect(setsOf(b.server, boards[0] ?? b.board())).toHaveLength(1);
});

test('the key of a client certificate is never replaced, neither by provisioning nor by re-keying, and can be kept', async () => {
  const b = await bench();
  const board = b.board({ client: MUTUAL_TLS });
  await b.time.sleep(5_000);
  const before = board.inspect.text(MUTUAL_KEY);
  expect(before).toMatch(/PRIVATE KEY/);
  const files = board.inspect.names('/data');

  const refused = await b.run(board);
  expect(refused.result).toMatchObject({ verdict: 'stopped', error: { code: 'board/key-mutual-tls' } });
  expect(refused.result.error?.message).toContain('/data/mtls.crt');
  const kept = await b.run(board, { keySource: { from: 'keep' } });
  expect(kept.result).toMatchObject({ verdict: 'pass', error: null, keyOrigin: 'kept' });
  const rekeyed = await b.rekey(board);
  expect(rekeyed.result).toMatchObject({ verdict: 'stopped', error: { code: 'board/key-mutual-tls' } });
  expect(actionsOf(rekeyed.events)).toEqual([]);

  expect(board.inspect.text(MUTUAL_KEY)).toBe(before);
  expect(board.inspect.names('/data')).toEqual(files);
  expect(setsOf(b.server, board)).toHaveLength(1);
});

test('a 3.x client with a key but no certificate for mutual TLS gets a new key there', async () => {
  const b = await bench();
  const board = b.board({ client: { ...MUTUAL_TLS, conf: FACTORY_CONF } });
  await b.time.sleep(5_000);
  const before = board.inspect.text(MUTUAL_KEY);
  const run = await b.run(board);
  expect(run.result).toMatchObject({ verdict: 'pass', error: null });
  expect(board.inspect.text(MUTUAL_KEY)).not.toBe(before);
});
