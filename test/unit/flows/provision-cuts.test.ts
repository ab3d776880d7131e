import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createCable, type SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import type { KeySource } from '../../../src/model/key.ts';
import type { Journal } from '../../../src/journal/index.ts';
import { StationError } from '../../../src/model/station-error.ts';
import type { ByteLink } from '../../../src/serial/link.ts';
import {
  actionsOf,
  bench,
  expectProvisioned,
  expectRecorded,
  keyOf,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';

const STEPS = [
  'connect',
  'identify',
  'look-up',
  'stage',
  'submit',
  'accept',
  'authenticate',
  'switch',
  'prove',
  'log-out',
];
const SOURCES: readonly KeySource[] = [{ from: 'board' }, { from: 'generate', type: 'ed25519' }];

/** A board that is on and known to its server by the key that its client made, as after its first boot on the network. */
async function newBoard(b: Bench): Promise<SimulatedBoard> {
  const board = b.board();
  await b.time.sleep(5_000);
  return board;
}

/** However it was cut: the board has a whole key, and the server never more than one accepted set. */
function expectNothingBroken(b: Bench, board: SimulatedBoard, run: Run, first: string | null): void {
  expectRecorded(run.events, run.result);
  const key = keyOf(board);
  expect(key).not.toBeNull();
  const accepted = setsOf(b.server, board).filter(([, status]) => status === 'accepted');
  expect(accepted.length).toBeLessThan(2);
  // What is in use is the first key, or one that the server has accepted.
  if (key !== first) expect(accepted).toEqual([[key, 'accepted']]);
  if (run.result.verdict !== 'pass') expect(run.result.error?.remedy).toMatch(/\w/);
}

/** The second run goes on from what it finds. */
async function expectSecondRunEndsIt(b: Bench, board: SimulatedBoard, keySource: KeySource): Promise<void> {
  const again = await b.run(board, { keySource });
  expectProvisioned(b, board, again);
}

describe.each(SOURCES)('with a key from $from', (keySource) => {
  // Every step for one source; for the other those in which it differs: the private key goes over the line.
  const steps = keySource.from === 'board' ? STEPS : ['stage', 'submit', 'switch'];

  test.each(steps)('the cable goes as %s begins', async (step) => {
    const b = await bench();
    const board = await newBoard(b);
    const first = keyOf(board);
    const run = await b.run(board, {
      keySource,
      onStep: (now) => now === `${step} running` && board.unplug(),
    });
    expectNothingBroken(b, board, run, first);
    if (run.result.verdict === 'fail')
      expect(run.result.error?.code).toMatch(/^port\/lost$|^board\/switch-unknown$/);
    // The loop that was left on the board ends itself.
    await b.time.sleep(180_000);
    await expectSecondRunEndsIt(b, board, keySource);
  });

  test.each(steps)('the power goes as %s begins', async (step) => {
    const b = await bench();
    const board = await newBoard(b);
    const first = keyOf(board);
    let cut = false;
    const run = await b.run(board, {
      keySource,
      onStep: (now) => {
        if (now !== `${step} running` || cut) return;
        cut = true;
        void board.power('off');
      },
    });
    expect(cut).toBe(true);
    expectNothingBroken(b, board, run, first);
    await board.power('on');
    await b.time.sleep(60_000);
    await expectSecondRunEndsIt(b, board, keySource);
  });

  test.each(steps)('cancelled as %s begins, it ends within ten seconds in a safe state', async (step) => {
    const b = await bench();
    const board = await newBoard(b);
    const first = keyOf(board);
    const cancel = new AbortController();
    let at = 0;
    const run = await b.run(board, {
      keySource,
      cancel: cancel.signal,
      onStep: (now) => {
        if (now !== `${step} running`) return;
        at = b.time.monotonic();
        cancel.abort();
      },
    });
    expect(b.time.monotonic() - at).toBeLessThan(10_000);
    expectRecorded(run.events, run.result);
    expect(board.inspect.user).toBeUndefined();
    expect(stagedOn(board)).toEqual([]);
    expect(board.inspect.client.running).toBe(true);
    if (run.result.verdict === 'pass') expectProvisioned(b, board, run);
    else {
      expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
      expect(keyOf(board)).toBe(first);
      expect(setsOf(b.server, board)).toEqual([]);
    }
    if (STEPS.indexOf(step) >= STEPS.indexOf('switch')) expect(run.result.verdict).toBe('pass');
    if (STEPS.indexOf(step) < STEPS.indexOf('authenticate')) expect(run.result.verdict).toBe('stopped');
  });
});

/** Bytes of a whole run in each direction are some 5,000 and 6,500; the cuts are spread over both. */
const CUTS = (['to-board', 'to-station'] as const).flatMap((direction) =>
  [1_700, 3_100, 3_700, 4_200, 4_700, 5_600].map((after) => [direction, after] as const),
);

test.each(CUTS)('the cable goes after a byte %s, the %d th', async (direction, after) => {
  const b = await bench();
  const board = await newBoard(b);
  const first = keyOf(board);
  const link = (inner: ByteLink): ByteLink =>
    createCable(inner, { clock: b.time, cut: { direction, after } }).link;
  const run = await b.run(board, { keySource: { from: 'generate', type: 'ed25519' }, link });
  expectNothingBroken(b, board, run, first);
  await b.time.sleep(180_000);
  await expectSecondRunEndsIt(b, board, { from: 'generate', type: 'ed25519' });
});

test('the power goes just after the switch was asked for: both keys that the board may have then are good', async () => {
  for (const after of [3, 13, 40, 80]) {
    const b = await bench();
    const board = await newBoard(b);
    const first = keyOf(board);
    let stop = (): void => undefined;
    const run = await b.run(board, {
      onStep: (now) => {
        if (now === 'switch running') stop = b.time.after(after, () => void board.power('off'));
      },
      link: (inner) => createCable(inner, { clock: b.time, baud: 115_200 }).link,
    });
    stop();
    expectNothingBroken(b, board, run, first);
    await board.power('on');
    await b.time.sleep(60_000);
    await expectSecondRunEndsIt(b, board, { from: 'board' });
  }
}, 60_000);

test('a client that makes itself another key is found out, and the lost key does not stay accepted', async () => {
  const b = await bench();
  const board = await newBoard(b);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const run = await b.run(board, {
    onStep: (now) => now === 'prove running' && board.inspect.put(board.inspect.keyPath, pem, 0o600),
  });
  expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'board/key-replaced' } });
  expect(run.result.error?.unchanged).toMatch(/removed from the server/);
  expect(setsOf(b.server, board).filter(([, status]) => status === 'accepted')).toEqual([]);
  const again = await b.run(board);
  expect(again.result.verdict).toBe('pass');
  expect(setsOf(b.server, board).filter(([, status]) => status === 'accepted')).toEqual([
    [keyOf(board), 'accepted'],
  ]);
});

test('the same where the key was staged by an earlier job that was cut', async () => {
  const b = await bench();
  const board = await newBoard(b);
  await b.run(board, { onStep: (now) => now === 'accept running' && board.unplug() });
  await b.time.sleep(200_000);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const run = await b.run(board, {
    onStep: (now) => now === 'prove running' && board.inspect.put(board.inspect.keyPath, pem, 0o600),
  });
  // It made no key of its own.
  expect(actionsOf(run.events)).toContain('switch-key done');
  expect(actionsOf(run.events)).not.toContain('stage-key done');
  expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'board/key-replaced' } });
  expect(run.result.error?.unchanged).toMatch(/removed from the server/);
  expect(setsOf(b.server, board).filter(([, status]) => status === 'accepted')).toEqual([]);
  expectProvisioned(b, board, await b.run(board));
});

test('the same where an earlier job had put the lost key in use', async () => {
  const b = await bench();
  const board = await newBoard(b);
  const cut = await b.run(board, { onStep: (now) => now === 'prove running' && board.unplug() });
  expect(actionsOf(cut.events)).toContain('switch-key done');
  await b.time.sleep(200_000);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const run = await b.run(board, {
    onStep: (now) => now === 'prove running' && board.inspect.put(board.inspect.keyPath, pem, 0o600),
  });
  expect(actionsOf(run.events)).not.toContain('switch-key done');
  expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'board/key-replaced' } });
  expect(run.result.error?.unchanged).toMatch(/removed from the server/);
  expect(setsOf(b.server, board).filter(([, status]) => status === 'accepted')).toEqual([]);
  expectProvisioned(b, board, await b.run(board));
});

test('a record that takes no more stops the job where it is: never a pass without a record, never a broken board', async () => {
  for (let good = 1; good < 12; good += 2) {
    const b = await bench();
    const board = await newBoard(b);
    const first = keyOf(board);
    let left = good;
    const full: Journal['append'] = (event) => {
      left -= 1;
      if (left < 0) throw new StationError('journal/full', { path: 'journal.db' });
      return b.journal.append(event);
    };
    const journal = {
      append: full,
      settled: () => b.journal.settled(),
      stagedKeyBySha256: (hex: string) => b.journal.stagedKeyBySha256(hex),
      keyOwner: (key: Parameters<Journal['keyOwner']>[0]) => b.journal.keyOwner(key),
      lastDeviceId: (url: string, identity: Parameters<Journal['lastDeviceId']>[1]) =>
        b.journal.lastDeviceId(url, identity),
    };
    await expect(b.run(board, { journal })).rejects.toMatchObject({ code: 'journal/full' });
    expect(board.inspect.user).toBeUndefined();
    const [key, accepted] = [
      keyOf(board),
      setsOf(b.server, board).filter(([, status]) => status === 'accepted'),
    ];
    if (key !== first) expect(accepted).toEqual([[key, 'accepted']]);
    await expectSecondRunEndsIt(b, board, { from: 'board' });
  }
}, 60_000);
