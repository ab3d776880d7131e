import { describe, expect, test } from 'vitest';
import { createKeyGenerator, sign } from '../../../src/keys/index.ts';
import { secret } from '../../../src/model/secret.ts';
import type { KeySource } from '../../../src/model/key.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import {
  actionsOf,
  bench,
  CONF,
  deviceOf,
  expectProvisioned,
  expectRecorded,
  keyOf,
  MODES,
  never,
  PROFILE,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';

const SOURCES: readonly KeySource[] = [{ from: 'board' }, { from: 'generate', type: 'ed25519' }];
const TIDY = [
  'revoke-tokens done',
  'test-refusal done',
  'remove-auth-set done',
  'destroy-old-key done',
] as const;
const ORDER = {
  '2026': ['stage-key done', 'preauthorize done', 'switch-key done', 'auth-request done', ...TIDY],
  '2023': [
    'stage-key done',
    'preauthorize done',
    'auth-request done',
    'accept-auth-set done',
    'switch-key done',
    ...TIDY,
  ],
} as const;

interface Unit {
  readonly board: SimulatedBoard;
  readonly old: string;
}

/** A unit as it comes back from the field: provisioned once, known and accepted. */
async function returnedUnit(b: Bench, choices: Parameters<Bench['board']>[0] = {}): Promise<Unit> {
  const board = b.board(choices);
  await b.time.sleep(5_000);
  const first = await b.run(board);
  expect(first.result.verdict).toBe('pass');
  return { board, old: keyOf(board) ?? '' };
}

/** The unit has another key, accepted and in use, and nothing is left of the old one. */
function expectRekeyed(b: Bench, { board, old }: Unit, run: Run): void {
  expect(run.result.error).toBeNull();
  expectProvisioned(b, board, run);
  expect(keyOf(board)).not.toBe(old);
  expect(stagedOn(board)).toEqual([]);
  expect(board.inspect.client.authorized).toBe(true);
}

/** Another program at the server: a key of its own knocks with the unit's identity. */
async function strangerKnocks(b: Bench, board: SimulatedBoard): Promise<string> {
  const generator = createKeyGenerator({ threads: 1 });
  const pair = await b.time.hold(generator.generate('ed25519', never));
  await generator[Symbol.asyncDispose]();
  const body = b.client.authRequest({ mac: board.options.mac }, pair, {
    tenantToken: null,
    tier: 'standard',
  });
  await b.client.submit(body, secret(sign(pair, body.reveal())), never);
  return pair.fingerprint;
}

/** The set of a key on the server. */
async function setOf(b: Bench, board: SimulatedBoard, key: string): Promise<readonly [string, string]> {
  const id = deviceOf(b.server, board)?.id ?? '';
  const device = await b.client.device(id, never);
  return [id, device?.authSets.find(({ fingerprint }) => fingerprint === key)?.id ?? ''];
}

describe.each(MODES)('a returned unit, %s', (mode) => {
  test.each(SOURCES)('gets a new key from $from; the old one is refused, tested', async (keySource) => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const id = deviceOf(b.server, unit.board)?.id;
    const run = await b.rekey(unit.board, { keySource });
    expectRekeyed(b, unit, run);
    expect(run.result).toMatchObject({ verdict: 'pass', oldKey: 'refused-tested', proof: 'board-client' });
    expect(deviceOf(b.server, unit.board)?.id).toBe(id);
    expect(actionsOf(run.events)).toEqual(ORDER[mode]);
    expect(run.events).toContainEqual(expect.objectContaining({ kind: 'board-identified', key: unit.old }));
  });

  test('without openssl on the unit nobody can sign with the old key: removed, not tested', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b, { system: { openssl: 'absent' } });
    const run = await b.rekey(unit.board, {});
    expectRekeyed(b, unit, run);
    expect(run.result.oldKey).toBe('removed-not-tested');
  });

  test('finished by another job after the old key was removed, the verdict still says what became of it', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b, { system: { openssl: 'absent' } });
    const cut = await b.rekey(unit.board, {});
    const { job, keyFingerprint } = cut.result;
    if (keyFingerprint === null) throw new Error('a re-keying without a key');
    // As where the station was killed just before its verdict.
    const resumes = {
      job,
      keys: [keyFingerprint],
      unsent: [],
      oldKeys: null,
      tested: [],
      former: null,
      oldKey: 'none',
      replacing: true,
    } as const;
    const run = await b.rekey(unit.board, { resumes });
    expect(run.result).toMatchObject({ verdict: 'already', keyFingerprint, oldKey: 'removed-not-tested' });
  });

  test('the old key file is overwritten before it is removed', async () => {
    const b = await bench({ mode });
    const { board } = await returnedUnit(b);
    const pem = board.inspect.text(board.inspect.keyPath) ?? '';
    let seen = '';
    const run = await b.rekey(board, {
      onStep: (step) => {
        const kept = board.inspect.text(`${board.inspect.keyPath}.station-former`);
        if (step === 'tidy running' && kept !== undefined) seen = kept;
      },
    });
    expect(run.result.verdict).toBe('pass');
    expect(seen).toBe(pem);
    const data = ['/data/mender', '/var/lib/mender'].flatMap((directory) =>
      board.inspect.names(directory).map((name) => board.inspect.text(`${directory}/${name}`) ?? ''),
    );
    expect(data.filter((text) => text.includes(pem.split('\n')[1] ?? 'no key'))).toEqual([]);
  });

  test('one that the server does not know needs a word of confirmation, and then comes in as a new device', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    await b.client.decommission(deviceOf(b.server, unit.board)?.id ?? '', never);
    await b.time.sleep(5_000);
    await unit.board.power('off');
    await b.client.decommission(deviceOf(b.server, unit.board)?.id ?? 'none', never);
    await b.time.sleep(5_000);
    await unit.board.power('on');
    const found = deviceOf(b.server, unit.board);
    const run = await b.rekey(unit.board);
    if (found === null && run.result.deviceId === null) {
      expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/unit-unknown' } });
      expect(keyOf(unit.board)).toBe(unit.old);
      expect(actionsOf(run.events).filter((action) => !action.startsWith('find-device'))).toEqual([]);
    }
    const again = await b.rekey(unit.board, { confirmed: ['unknown', 'rejected'] });
    expectRekeyed(b, unit, again);
  });

  test('one that was rejected is not accepted again without a word', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const [id, set] = await setOf(b, unit.board, unit.old);
    await b.client.reject(id, set, never);
    const run = await b.rekey(unit.board);
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/unit-rejected' } });
    expect(setsOf(b.server, unit.board)).toEqual([[unit.old, 'rejected']]);
    expect(keyOf(unit.board)).toBe(unit.old);
    const again = await b.rekey(unit.board, { confirmed: ['rejected'] });
    expectRekeyed(b, unit, again);
    expect(again.result.oldKey).toBe('refused-tested');
  });

  test('one that lost its key file', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    await b.time.sleep(1_000);
    unit.board.inspect.put(unit.board.inspect.keyPath, 'no key at all', 0o600);
    const run = await b.rekey(unit.board);
    expectRekeyed(b, unit, run);
    expect(run.result.oldKey).toBe('removed-not-tested');
  });

  test('one whose configuration names another server needs a word, and is then brought here', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    unit.board.inspect.put(CONF, JSON.stringify({ ServerURL: 'https://elsewhere.example' }), 0o600);
    const run = await b.rekey(unit.board);
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/unit-elsewhere' } });
    expect(run.result.error?.message).toContain('https://elsewhere.example');
    expect(actionsOf(run.events)).toEqual([]);
    const again = await b.rekey(unit.board, { confirmed: ['elsewhere'] });
    expectRekeyed(b, unit, again);
  });

  test('one for which the server accepted another key: the one on the unit wins', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const stranger = await strangerKnocks(b, unit.board);
    await b.client.accept(...(await setOf(b, unit.board, stranger)), never);
    const run = await b.rekey(unit.board);
    expectRekeyed(b, unit, run);
    expect(run.result.oldKey).toBe('removed-not-tested');
  });

  test('what another program does meanwhile is found and repaired', async () => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    let done = false;
    const run = await b.rekey(unit.board, {
      onStep: (step) => {
        if (step !== 'tidy running' || done) return;
        done = true;
        // Somebody at the server's own pages accepts the old key again, in the middle of it.
        const device = deviceOf(b.server, unit.board);
        const set = device?.sets.find(({ status }) => status === 'rejected');
        void b.time.hold(b.client.accept(device?.id ?? '', set?.id ?? '', never));
      },
    });
    expect(done).toBe(true);
    expectRekeyed(b, unit, run);
    expect(run.result.oldKey).toBe('refused-tested');
  });
});

test('a server that is away: staged, the old key active, nothing sent; it goes on when the server is there', async () => {
  const b = await bench({ limits: { callMs: 500 } });
  const unit = await returnedUnit(b);
  const away = b.server.faults.add({
    on: ['get-device', 'get-limit'],
    act: { kind: 'drop', when: 'before' },
  });
  const waits: unknown[] = [];
  const before = setsOf(b.server, unit.board);
  const run = await b.rekey(unit.board, {
    waitMs: 3_600_000,
    onWaiting: (waiting) => {
      waits.push(waiting);
      if (waiting === null) return;
      expect(setsOf(b.server, unit.board)).toEqual(before);
      expect(keyOf(unit.board)).toBe(unit.old);
      expect(stagedOn(unit.board)).not.toEqual([]);
      expect(unit.board.inspect.user).toBeUndefined();
      b.time.after(60_000, () => away.remove());
    },
  });
  expect(waits.at(0)).toMatchObject({ for: 'server' });
  expect(waits.at(-1)).toBeNull();
  expectRekeyed(b, unit, run);
  expect(run.result.oldKey).toBe('refused-tested');
  expectRecorded(run.events, run.result);
});

test('two stations: the device is one station’s at a time, a lease that ran out is taken over, and it is given back', async () => {
  const b = await bench();
  const unit = await returnedUnit(b);
  const id = deviceOf(b.server, unit.board)?.id ?? '';
  await b.time.hold(new Promise((done) => setTimeout(done, 100)));
  const taken = await b.client.lease?.(id, 'the-other-station', 60_000, never);
  expect(taken).not.toBeNull();
  const refused = await b.rekey(unit.board);
  expect(refused.result).toMatchObject({ verdict: 'stopped', error: { code: 'server/device-in-use' } });
  expect(refused.result.error?.message).toContain('the-other-station');
  expect(keyOf(unit.board)).toBe(unit.old);
  expect(setsOf(b.server, unit.board)).toEqual([[unit.old, 'accepted']]);
  expect(stagedOn(unit.board)).toEqual([]);
  await b.time.sleep(61_000);
  expectRekeyed(b, unit, await b.rekey(unit.board));
  const again = await b.client.lease?.(id, 'a-third-station', 60_000, never);
  expect(again).not.toBeNull();
  await again?.(never);
  // What a job of this very station left when it was cut off holds up nobody here.
  await b.client.lease?.(id, 'test', 600_000, never);
  expect((await b.rekey(unit.board)).result.verdict).toBe('pass');
});

test.each(MODES)(
  'one whose network board was replaced: the new identity comes in, the former device goes on request, %s',
  async (mode) => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const former = deviceOf(b.server, unit.board)?.id ?? '';
    const mac = '52:54:00:f1:77:77';
    unit.board.inspect.put(PROFILE.paths.identityScript, `#!/bin/sh\necho mac=${mac}\n`, 0o755);
    const run = await b.rekey(unit.board);
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/identity-changed' } });
    expect(run.result.error?.message).toContain(unit.board.options.mac);
    expect(actionsOf(run.events)).toEqual([]);
    const again = await b.rekey(unit.board, { confirmed: ['identity-changed'], decommissionFormer: true });
    expect(again.result).toMatchObject({ verdict: 'pass', identity: { mac }, error: null });
    expect(again.result.deviceId).not.toBe(former);
    expect(actionsOf(again.events)).toContain('decommission-former done');
    await b.time.hold(new Promise((done) => setTimeout(done, 100)));
    expect(await b.client.device(former, never)).toBeNull();
    const now = await b.client.device(again.result.deviceId ?? '', never);
    expect(now?.authSets).toMatchObject([{ fingerprint: keyOf(unit.board), status: 'accepted' }]);
  },
);

test('a job that waits is cancelled at once, and what it had staged is removed', async () => {
  const b = await bench({ limits: { callMs: 500 } });
  const unit = await returnedUnit(b);
  b.server.faults.add({ on: ['get-device', 'get-limit'], act: { kind: 'drop', when: 'before' } });
  const cancel = new AbortController();
  const run = await b.rekey(unit.board, {
    waitMs: 3_600_000,
    cancel: cancel.signal,
    onWaiting: (waiting) => waiting !== null && b.time.after(30_000, () => cancel.abort()),
  });
  expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
  expect(keyOf(unit.board)).toBe(unit.old);
  expect(stagedOn(unit.board)).toEqual([]);
  expect(unit.board.inspect.user).toBeUndefined();
  expectRecorded(run.events, run.result);
});

test('at its deadline a wait ends, and says so', async () => {
  const b = await bench({ limits: { callMs: 500 } });
  const unit = await returnedUnit(b);
  b.server.faults.add({ on: ['get-device', 'get-limit'], act: { kind: 'drop', when: 'before' } });
  const run = await b.rekey(unit.board, { waitMs: 60_000 });
  expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/wait-ended' } });
  expect(keyOf(unit.board)).toBe(unit.old);
  expect(stagedOn(unit.board)).toEqual([]);
});

describe('a network that comes and goes: the server answers, and is away again when the unit is looked up', () => {
  async function flapping(waitMs: number, calmAfterMs: number) {
    const b = await bench({ limits: { callMs: 500 } });
    const unit = await returnedUnit(b);
    const away = b.server.faults.add({ on: 'get-device', act: { kind: 'drop', when: 'before' } });
    const deadlines = new Set<string>();
    let logIns = 0;
    let asked = false;
    const run = await b.rekey(unit.board, {
      waitMs,
      onStep: (step) => void (logIns += step === 'connect running' ? 1 : 0),
      onWaiting: (waiting) => {
        if (waiting === null) return;
        deadlines.add(waiting.deadline);
        if (!asked) b.time.after(calmAfterMs, () => away.remove());
        asked = true;
      },
    });
    return { b, unit, run, logIns, deadlines };
  }

  test('the wait ends at its one deadline, and what was staged is removed', async () => {
    const { b, unit, run, deadlines } = await flapping(60_000, 3_600_000);
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/wait-ended' } });
    expect(deadlines.size).toBe(1);
    expect(run.ms).toBeGreaterThanOrEqual(60_000);
    expect(run.ms).toBeLessThan(75_000);
    expect(keyOf(unit.board)).toBe(unit.old);
    expect(stagedOn(unit.board)).toEqual([]);
    expect(setsOf(b.server, unit.board)).toEqual([[unit.old, 'accepted']]);
    expectRecorded(run.events, run.result);
  });

  test('however often it goes, the job goes on when it stays, and the board is not logged in to all the time', async () => {
    const hours = 3;
    const { b, unit, run, deadlines, logIns } = await flapping(24 * 3_600_000, hours * 3_600_000);
    expectRekeyed(b, unit, run);
    expect(deadlines.size).toBe(1);
    expect(logIns).toBeGreaterThan(65);
    // Every two minutes, and a few at the beginning.
    expect(logIns).toBeLessThan(hours * 30 + 10);
    expectRecorded(run.events, run.result);
  });
});
