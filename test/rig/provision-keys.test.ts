/** Where a board's key comes from, and of which type it is: the board's own client has to be authorized with each. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MenderServer } from '../../src/rehearsal/server/index.ts';
import { startBoards, type Bench, type Board, type BoardSpec } from './board.ts';
import { BOARD_PASSWORD, Station, startServer } from './station.ts';
import {
  acceptedKeys,
  boardKey,
  bootstrap,
  deviceOf,
  firstKey,
  fingerprintOf,
  secretsIn,
} from './witness.ts';

const PASSPHRASE = 'canary-passphrase-01d9';

const CASES: readonly (BoardSpec & {
  readonly key: string;
  readonly type: string;
  readonly origin: 'board' | 'station' | 'import' | 'kept';
})[] = [
  { key: 'generate:ed25519', type: 'ed25519', origin: 'station' },
  { key: 'generate:p256', type: 'p256', origin: 'station', shell: 'dash' },
  { key: 'generate:p384', type: 'p384', origin: 'station', openssl: false },
  { key: 'generate:rsa2048', type: 'rsa2048', origin: 'station', shell: 'ash' },
  { key: 'generate:rsa3072', type: 'rsa3072', origin: 'station', client: 'mender-5-double' },
  { key: 'generate:rsa4096', type: 'rsa4096', origin: 'station', shell: 'ash', openssl: false },
  { key: 'board:rsa3072', type: 'rsa3072', origin: 'board', shell: 'dash' },
  { key: 'board:p256', type: 'p256', origin: 'board', shell: 'ash', client: 'mender-5-double' },
  { key: 'import', type: 'p256', origin: 'import' },
  { key: 'import', type: 'rsa2048', origin: 'import', shell: 'ash', openssl: false },
  { key: 'keep', type: 'rsa3072', origin: 'kept', daemon: true },
  { key: 'keep', type: 'ed25519', origin: 'kept', daemon: true, client: 'mender-5-double' },
];

let bench: Bench;
let server: MenderServer;
let station: Station;
let imports: string;
const boardOf = (index: number): Board => bench.boards[index]!;
/** The indices of the cases with these keys: boards that one call provisions. */
const withKey = (key: string) => [...CASES.keys()].filter((index) => CASES[index]!.key === key);

beforeAll(async () => {
  imports = await mkdtemp(path.join(tmpdir(), 'imports-'));
  const specs = CASES.map(({ key: _key, type: _type, origin: _origin, ...spec }) => ({
    password: BOARD_PASSWORD,
    daemon: false,
    ...spec,
  }));
  [bench, server] = await Promise.all([startBoards(specs), startServer({ mode: '2023', tls: true })]);
  [station] = await Promise.all([
    Station.loggedIn(server, { root: { installServerCa: true, key: { importPattern: '{mac}.key' } } }),
    ...bench.boards.filter(({ spec }) => spec.daemon === true).map(firstKey),
  ]);
});
afterAll(async () => {
  await Promise.all([bench.close(), server.close()]);
  await station[Symbol.asyncDispose]();
  await rm(imports, { recursive: true, force: true });
});

/** Expects a whole provisioning of a case's board, with this very key where it is known beforehand. */
async function expectDone(
  index: number,
  job: Awaited<ReturnType<Station['provision']>>['job'] | undefined,
  fingerprint?: string,
): Promise<void> {
  const { key, type, origin } = CASES[index]!;
  const board = boardOf(index);
  expect(job, key).toMatchObject({ verdict: 'pass', error: null, keyType: type, keyOrigin: origin });
  expect(await boardKey(board)).toBe(job?.keyFingerprint);
  if (fingerprint !== undefined) expect(job?.keyFingerprint).toBe(fingerprint);
  expect(await bootstrap(board)).toMatchObject({ authorized: true });
  expect(await boardKey(board)).toBe(job?.keyFingerprint);
  expect(acceptedKeys(server, board)).toEqual([job?.keyFingerprint]);
  expect(deviceOf(server, board)?.sets).toHaveLength(1);
}

describe('a key of the board is authorized by the client that has it', () => {
  // Every call has a station of its own, so that they need not wait for each other.
  it.concurrent.each(
    [...new Set(CASES.map(({ key }) => key))].filter((key) => /^(generate|board)/.test(key)),
  )('%s', async (key) => {
    const indices = withKey(key);
    await using own = await station.twin();
    const { jobs, error } = await own.provision(indices.map(boardOf), ['--key', key]);
    expect(error).toBeNull();
    await Promise.all(indices.map((index, at) => expectDone(index, jobs[at])));
    expect(await secretsIn(own, indices.map(boardOf))).toEqual([]);
  });

  it.concurrent('keep: the key that the client made at its first boot', async () => {
    const indices = withKey('keep');
    const before = await Promise.all(indices.map((index) => boardKey(boardOf(index))));
    await using own = await station.twin();
    const { jobs } = await own.provision(indices.map(boardOf), ['--key', 'keep']);
    await Promise.all(indices.map((index, at) => expectDone(index, jobs[at], before[at] ?? 'none')));
  });

  it.concurrent(
    'import: PKCS#12 and encrypted PEM under a passphrase, moved away once they are on their boards',
    async () => {
      const [pkcs12 = 0, pem = 0] = withKey('import');
      const made = [
        generateKeyPairSync('ec', { namedCurve: 'P-256' }),
        generateKeyPairSync('rsa', { modulusLength: 2048 }),
      ] as const;
      const [first, second] = made.map(({ publicKey }) =>
        fingerprintOf(publicKey.export({ type: 'spki', format: 'der' })),
      );
      const file = (index: number) => path.join(imports, `${boardOf(index).mac}.key`);
      const plain = path.join(imports, 'plain.pem');
      await writeFile(plain, made[0].privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      execFileSync(
        'openssl',
        [
          ...['pkcs12', '-export', '-nocerts', '-inkey', plain, '-out', file(pkcs12)],
          ...['-passout', 'env:PASS'],
        ],
        { env: { ...process.env, PASS: PASSPHRASE } },
      );
      await rm(plain);
      await writeFile(
        file(pem),
        made[1].privateKey.export({
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: PASSPHRASE,
        }),
      );

      const without = await station.provision([boardOf(pem)], ['--key', `import:${imports}`]);
      expect(without).toMatchObject({ status: 1, job: { error: { code: 'key/import-passphrase' } } });
      expect(await boardKey(boardOf(pem))).toBeNull();

      const { jobs, status } = await station.provision(
        [boardOf(pkcs12), boardOf(pem)],
        ['--key', `import:${imports}`],
        { env: { STATION_KEY_PASSPHRASE: PASSPHRASE } },
      );
      expect(jobs.map(({ error }) => error)).toEqual([null, null]);
      expect(status).toBe(0);
      await Promise.all([expectDone(pkcs12, jobs[0], first), expectDone(pem, jobs[1], second)]);
      const left = await readdir(imports, { withFileTypes: true });
      expect(left.filter((entry) => entry.isFile())).toEqual([]);
      expect(await secretsIn(station, [boardOf(pkcs12), boardOf(pem)], [PASSPHRASE])).toEqual([]);
    },
  );
});
