import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keyPair } from '../../../src/keys/key-pair.ts';
import { createKeyGenerator, sign } from '../../../src/keys/index.ts';
import { secret } from '../../../src/model/secret.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { cutRekey } from '../../../src/station/rekeying.ts';
import {
  actionsOf,
  bench,
  deviceOf,
  keyOf,
  MODES,
  never,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';

/** What a re-keying that was cut after its switch says of the old key when another job finishes it. */

async function returnedUnit(b: Bench): Promise<SimulatedBoard> {
  const board = b.board();
  await b.time.sleep(5_000);
  expect((await b.run(board)).result.verdict).toBe('pass');
  return board;
}

/** Does something when a step begins for the first time. */
function at(step: string, then: () => void): (now: string) => void {
  let isDone = false;
  return (now) => {
    if (isDone || now !== `${step} running`) return;
    isDone = true;
    then();
  };
}

/** Has the server accept another key than that of the unit, which stays there as rejected. */
async function acceptStranger({ client, time, server }: Bench, board: SimulatedBoard): Promise<void> {
  const generator = createKeyGenerator({ threads: 1 });
  const pair = await time.hold(generator.generate('ed25519', never));
  await generator[Symbol.asyncDispose]();
  const body = client.authRequest({ mac: board.options.mac }, pair, { tenantToken: null, tier: 'standard' });
  await client.submit(body, secret(sign(pair, body.reveal())), never);
  const id = deviceOf(server, board)?.id ?? '';
  const sets = (await client.device(id, never))?.authSets ?? [];
  const set = sets.find(({ fingerprint }) => fingerprint === pair.fingerprint);
  await client.accept(id, set?.id ?? '', never);
}

describe.each(MODES)('cut after the switch and finished by another job, %s', (mode) => {
  test('of two old keys one was tested: the other was removed, and nothing more is said', async () => {
    const b = await bench({ mode });
    const board = await returnedUnit(b);
    await acceptStranger(b, board);
    const cut = await b.rekey(board, { onStep: at('tidy', () => void board.power('off')) });
    expect(cut.result.verdict).toBe('fail');
    await board.power('on');
    await b.time.sleep(60_000);
    const { resumes } = cutRekey(b.journal, cut.result.job);
    expect(resumes.oldKeys).toHaveLength(2);
    const run = await b.rekey(board, { resumes });
    expect(run.result).toMatchObject({ verdict: 'pass', oldKey: 'removed-not-tested' });
    expect(setsOf(b.server, board)).toEqual([[keyOf(board), 'accepted']]);
  });

  test('the one old key that was tested before the cut needs no second test', async () => {
    const b = await bench({ mode });
    const board = await returnedUnit(b);
    const cut = await b.rekey(board, { onStep: at('prove', () => void board.power('off')) });
    expect(actionsOf(cut.events)).toContain('test-refusal done');
    await board.power('on');
    await b.time.sleep(60_000);
    const { resumes } = cutRekey(b.journal, cut.result.job);
    const run = await b.rekey(board, { resumes });
    expect(actionsOf(run.events)).not.toContain('test-refusal done');
    expect(run.result.oldKey).toBe('refused-tested');
  });

  test('the former identity is not forgotten: its device is decommissioned as was confirmed', async () => {
    const b = await bench({ mode });
    const { second, cut } = await changedIdentity(b, true);
    const { wish, resumes } = cutRekey(b.journal, cut.result.job);
    const run = await b.rekey(second, { ...wish, resumes });
    expect(run.result).toMatchObject({ verdict: 'pass', oldKey: 'none', notes: [] });
    expect(actionsOf(run.events)).toContain('decommission-former done');
    expect(b.server.inspect().map(({ identity }) => identity['mac'])).toEqual([second.options.mac]);
  });

  test('where it was not to be decommissioned, the verdict says that the old key is there still', async () => {
    const b = await bench({ mode });
    const { second, cut } = await changedIdentity(b, false);
    const { wish, resumes } = cutRekey(b.journal, cut.result.job);
    const run = await b.rekey(second, { ...wish, resumes });
    expect(run.result).toMatchObject({ verdict: 'already', oldKey: 'none' });
    expect(run.result.notes.join(' ')).toContain('is still on the server, and the old key with it');
    expect(b.server.inspect()).toHaveLength(2);
  });
});

test('one that is given up leaves what an admin has preauthorized for an imported key', async () => {
  const b = await bench();
  const board = await returnedUnit(b);
  const folder = mkdtempSync(join(tmpdir(), 'station-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, `${board.options.mac}.pem`), pem);
  const pair = keyPair(privateKey);
  await b.client.api.preauthorize({ mac: board.options.mac }, pair.pem, true, never);
  const keySource = { from: 'import', directory: folder } as const;
  const sets = setsOf(b.server, board);
  expect(sets).toContainEqual([pair.fingerprint, 'preauthorized']);

  const cut = await b.rekey(board, {
    keySource,
    onStep: (now) => now === 'stage done' && board.unplug(),
  });
  expect(cut.result.verdict).toBe('fail');
  await b.time.sleep(200_000);
  expect(stagedOn(board)).not.toEqual([]);
  const cancel = new AbortController();
  const { resumes } = cutRekey(b.journal, cut.result.job);
  const onStep = (now: string): void => {
    if (now === 'look-up done') cancel.abort();
  };
  const given = await b.rekey(board, { keySource, resumes, cancel: cancel.signal, onStep });
  expect(given.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
  expect(stagedOn(board)).toEqual([]);
  expect(setsOf(b.server, board)).toEqual(sets);

  const run = await b.rekey(board, { keySource });
  expect(run.result).toMatchObject({ verdict: 'pass', keyFingerprint: pair.fingerprint });
});

test('a former device that the server does not come to the end of is named in the verdict', async () => {
  const b = await bench();
  const { second, cut } = await changedIdentity(b, true);
  const { wish, resumes } = cutRekey(b.journal, cut.result.job);
  const run = await b.rekey(second, {
    ...wish,
    resumes,
    // It takes the order, and stays with it.
    server: (real) => ({ ...real, decommission: () => Promise.resolve() }),
  });
  expect(run.result).toMatchObject({ verdict: 'pass', oldKey: 'none' });
  expect(run.result.notes.join(' ')).toContain('still decommissioning its former identity');
  // It is not waited for without end.
  expect(run.ms).toBeLessThan(120_000);
});

/** The storage of a unit in another unit of another identity; its re-keying is cut after the switch. */
async function changedIdentity(
  b: Bench,
  decommissionFormer: boolean,
): Promise<{ readonly second: SimulatedBoard; readonly cut: Run }> {
  const first = await returnedUnit(b);
  const pem = first.inspect.text(first.inspect.keyPath) ?? '';
  await first.power('off');
  const second = b.board();
  await b.time.sleep(5_000);
  second.inspect.put(second.inspect.keyPath, pem, 0o600);
  const cut = await b.rekey(second, {
    confirmed: ['identity-changed'],
    decommissionFormer,
    onStep: at('prove', () => void second.power('off')),
  });
  expect(actionsOf(cut.events)).toContain('switch-key done');
  expect(cut.result.verdict).toBe('fail');
  await second.power('on');
  await b.time.sleep(60_000);
  return { second, cut };
}
