import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KeySource } from '../../../src/model/key.ts';
import { KEY_TYPES } from '../../../src/model/key.ts';
import { keyPair } from '../../../src/keys/key-pair.ts';
import { sign } from '../../../src/keys/index.ts';
import { secret } from '../../../src/model/secret.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import {
  actionsOf,
  bench,
  deviceOf,
  expectProvisioned,
  expectRecorded,
  keyOf,
  MODES,
  never,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';

/** A key that is on no board. */
const foreignKey = () => keyPair(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

/** The server knows this key for the board, with this status. */
async function known(
  { client }: Bench,
  board: SimulatedBoard,
  pair: ReturnType<typeof foreignKey>,
  status: 'accepted' | 'pending' | 'rejected' | 'preauthorized',
): Promise<void> {
  const identity = { mac: board.options.mac };
  if (status === 'preauthorized') {
    await client.api.preauthorize(identity, pair.pem, false, never);
    return;
  }
  const request = client.authRequest(identity, pair, { tenantToken: null, tier: 'standard' });
  await client.submit(request, secret(sign(pair, request.reveal())), never);
  if (status === 'pending') return;
  const device = await client.findAfterKnock(identity, pair, never);
  const set = device?.authSets.find(({ fingerprint }) => fingerprint === pair.fingerprint);
  if (device === null || set === undefined) throw new Error('the server does not know what just knocked');
  await client.api.setStatus(device.id, set.id, status, never);
}

/** A job that ended without having changed anything that lasts. */
function expectUntouched(
  { server }: Bench,
  board: SimulatedBoard,
  { result, events }: Run,
  before: { readonly key: string | null; readonly sets: ReturnType<typeof setsOf> },
): void {
  expect(keyOf(board)).toBe(before.key);
  expect(setsOf(server, board)).toEqual(before.sets);
  expect(stagedOn(board)).toEqual([]);
  expect(board.inspect.user).toBeUndefined();
  expectRecorded(events, result);
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'station-import-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe.each(MODES)('on a server of %s', (mode) => {
  test('a new board is keyed, accepted, proved by its own client and recorded, and then is left alone', async () => {
    const b = await bench({ mode });
    const board = b.board();
    const first = await b.run(board);
    expectProvisioned(b, board, first);
    expect(first.result).toMatchObject({
      verdict: 'pass',
      proof: 'board-client',
      keyOrigin: 'board',
      keyType: 'ed25519',
      oldKey: 'none',
    });
    expect(actionsOf(first.events)).toEqual([
      'stage-key done',
      'auth-request done',
      'accept-auth-set done',
      'switch-key done',
    ]);
    expect(deviceOf(b.server, board)?.provisioned).toBe(1);
    expect(board.inspect.client).toMatchObject({ running: true, authorized: true });

    const [key, sets] = [keyOf(board), setsOf(b.server, board)];
    const again = await b.run(board);
    expectProvisioned(b, board, again);
    expect(again.result).toMatchObject({ verdict: 'already', proof: 'board-client', keyOrigin: 'kept' });
    expect(actionsOf(again.events)).toEqual([]);
    expect([keyOf(board), setsOf(b.server, board)]).toEqual([key, sets]);
    expect(b.logins).toBe(1);
  });

  test("the auth set of the board's own first key is removed once ours is accepted", async () => {
    const b = await bench({ mode });
    const board = b.board({ client: { conf: { ServerURL: b.server.url }, generates: 'ed25519' } });
    await b.time.sleep(5_000);
    const own = keyOf(board);
    expect(setsOf(b.server, board)).toEqual([[own, 'pending']]);
    const run = await b.run(board);
    expectProvisioned(b, board, run);
    expect(keyOf(board)).not.toBe(own);
    expect(actionsOf(run.events)).toContain('remove-auth-set done');
  });

  test.each(['accepted', 'rejected', 'preauthorized'] as const)(
    'a board whose device is %s with another key is not touched',
    async (status) => {
      const b = await bench({ mode });
      const board = b.board();
      const other = foreignKey();
      await known(b, board, other, status);
      await b.time.sleep(1_000);
      const before = { key: keyOf(board), sets: [[other.fingerprint, status]] as const };
      const run = await b.run(board);
      expect(run.result).toMatchObject({
        verdict: 'stopped',
        deviceId: deviceOf(b.server, board)?.id,
        error: { code: status === 'rejected' ? 'server/rejected' : `server/${status}-other-key` },
      });
      expectUntouched(b, board, run, before);
      expect(board.inspect.client.running).toBe(true);
    },
  );

  test('a board that is preauthorized with the key that is imported for it takes that key', async () => {
    const b = await bench({ mode });
    const board = b.board();
    const pair = generateKeyPairSync('ed25519').privateKey;
    const key = keyPair(pair);
    const directory = folder();
    writeFileSync(join(directory, `${board.options.mac}.pem`), pair.export({ type: 'pkcs8', format: 'pem' }));
    await known(b, board, key, 'preauthorized');
    const run = await b.run(board, { keySource: { from: 'import', directory } });
    expectProvisioned(b, board, run);
    expect(run.result).toMatchObject({
      verdict: 'pass',
      keyOrigin: 'import',
      keyFingerprint: key.fingerprint,
    });
    expect(readdirSync(directory)).toEqual(['used']);
  });

  test('a device that is being decommissioned stops the job', async () => {
    const b = await bench({ mode, server: { decommissionMs: 'manual' } });
    const board = b.board();
    const first = await b.run(board);
    await b.client.api.decommission(first.result.deviceId ?? '', never);
    const before = keyOf(board);
    const run = await b.run(board);
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'server/decommissioning' } });
    expect(keyOf(board)).toBe(before);
    b.server.finishDecommissions();
    const later = await b.run(board);
    expectProvisioned(b, board, later);
    expect(later.result.deviceId).not.toBe(first.result.deviceId);
  });
});

/** Every source and type of key that a plain board can take. */
const SOURCES: readonly (readonly [string, KeySource, object])[] = [
  ...KEY_TYPES.map(
    (type) =>
      [`generate:${type}`, { from: 'generate', type }, { keyType: type, keyOrigin: 'station' }] as const,
  ),
  ...KEY_TYPES.filter((type) => type !== 'rsa4096').map(
    (type) => [`board:${type}`, { from: 'board', type }, { keyType: type, keyOrigin: 'board' }] as const,
  ),
];

test.each(SOURCES)('the key comes as %s', async (_, keySource, expected) => {
  const b = await bench();
  const board = b.board();
  const run = await b.run(board, { keySource });
  expectProvisioned(b, board, run);
  expect(run.result).toMatchObject({ verdict: 'pass', proof: 'board-client', ...expected });
});
