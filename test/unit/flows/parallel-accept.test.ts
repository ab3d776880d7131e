import { expect, test } from 'vitest';
import { createKeyGenerator, sign } from '../../../src/keys/index.ts';
import { secret } from '../../../src/model/secret.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { actionsOf, bench, deviceOf, expectProvisioned, keyOf, never, setsOf, type Bench } from './bench.ts';

/** Between the server's two writes of an accept: long enough for the other accept to come between. Milliseconds. */
const ACCEPT_GAP_MS = 100;

/** Somebody else shows a key for the identity of this board. */
async function strangerKnocks({ client, time }: Bench, board: SimulatedBoard): Promise<string> {
  const generator = createKeyGenerator({ threads: 1 });
  const pair = await time.hold(generator.generate('ed25519', never));
  await generator[Symbol.asyncDispose]();
  const body = client.authRequest({ mac: board.options.mac }, pair, { tenantToken: null, tier: 'standard' });
  await client.submit(body, secret(sign(pair, body.reveal())), never);
  return pair.fingerprint;
}

/** What two other accepts at once, of the key of the board and the stranger's, leave: both accepted. */
async function acceptBoth({ client, server }: Bench, board: SimulatedBoard): Promise<void> {
  const id = deviceOf(server, board)?.id ?? '';
  const sets = (await client.device(id, never))?.authSets ?? [];
  const set = (status: 'accepted' | 'rejected'): Promise<unknown> =>
    Promise.all(sets.map((one) => client.api.setStatus(id, one.id, status, never)));
  await set('rejected');
  await set('accepted');
  expect(setsOf(server, board).map(([, status]) => status)).toEqual(['accepted', 'accepted']);
}

test('a device that is removed on the server before the verdict is told as that; the next job brings it in again', async () => {
  const b = await bench();
  const board = b.board();
  await b.time.sleep(5_000);
  let isAuthorized = false;
  let removed = false;
  const run = await b.run(board, {
    server: (real) => ({
      ...real,
      submit: async (...request) => {
        const answer = await real.submit(...request);
        isAuthorized ||= answer.authorized;
        return answer;
      },
      device: async (id, signal) => {
        if (isAuthorized && !removed) {
          removed = true;
          await b.client.decommission(id, signal);
          while ((await b.client.device(id, signal)) !== null);
        }
        return await real.device(id, signal);
      },
    }),
  });
  expect(removed).toBe(true);
  expect(run.result).toMatchObject({ error: { code: 'job/not-settled' } });
  expect(run.result.error?.message).toContain('removed from the server');
  expectProvisioned(b, board, await b.run(board));
});

// A server of 2023 gives no token while two keys are accepted: there the proof itself fails.
test('a key that another station accepts beside that of the board is found before the verdict', async () => {
  const b = await bench({ mode: '2026', server: { acceptGapMs: ACCEPT_GAP_MS } });
  const board = b.board();
  await b.time.sleep(5_000);
  const stranger = await strangerKnocks(b, board);
  let raced = false;
  const run = await b.run(board, {
    server: (real) => ({
      ...real,
      submit: async (...request) => {
        const answer = await real.submit(...request);
        // From here on nothing of the path makes the job read the device again.
        if (answer.authorized && !raced) await acceptBoth(b, board);
        raced ||= answer.authorized;
        return answer;
      },
    }),
  });
  expect(raced).toBe(true);
  expect(run.result).toMatchObject({ verdict: 'pass', keyFingerprint: keyOf(board) });
  expect(new Map(setsOf(b.server, board))).toEqual(
    new Map([
      [stranger, 'rejected'],
      [keyOf(board), 'accepted'],
    ]),
  );
  expect(actionsOf(run.events).at(-1)).toBe('reject-auth-set done');
});

test('the last look costs one request', async () => {
  const b = await bench();
  const board = b.board();
  await b.time.sleep(5_000);
  const reads = (): number => b.server.requests.count({ step: 'get-device' });
  const before: number[] = [];
  const run = await b.run(board, {
    onStep: (step) => {
      if (step === 'prove running') before.push(reads());
    },
  });
  expect(run.result.verdict).toBe('pass');
  expect(reads()).toBe((before[0] ?? 0) + 1);
});
