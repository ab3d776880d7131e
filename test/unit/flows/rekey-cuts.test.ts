import { describe, expect, test } from 'vitest';
import type { ResumedRekey } from '../../../src/flows/index.ts';
import type { KeySource } from '../../../src/model/key.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { cancellation } from '../../../src/flows/reconcile/cancellation.ts';
import { cutRekey } from '../../../src/station/rekeying.ts';
import {
  bench,
  expectProvisioned,
  expectRecorded,
  keyOf,
  MODES,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';
import { virtualTime } from '../virtual-time.ts';

/** Where a job is cut: as a step begins, the first time or a later one. */
const POINTS = [
  'connect',
  'look-up',
  'stage',
  'submit',
  'submit 2',
  'switch',
  'tidy',
  'tidy 2',
  'tidy 3',
  'tidy 4',
  'prove',
] as const;
const SOURCES: readonly KeySource[] = [{ from: 'board' }, { from: 'generate', type: 'ed25519' }];

interface Unit {
  readonly board: SimulatedBoard;
  readonly old: string;
}

async function returnedUnit(b: Bench): Promise<Unit> {
  const board = b.board();
  await b.time.sleep(5_000);
  expect((await b.run(board)).result.verdict).toBe('pass');
  return { board, old: keyOf(board) ?? '' };
}

/** Calls `then` once, as the step of that number begins. */
function at(point: string, then: () => void): (now: string) => void {
  const [step = '', number = '1'] = point.split(' ');
  let left = Number(number);
  return (now) => {
    if (now !== `${step} running`) return;
    left -= 1;
    if (left === 0) then();
  };
}

/** What a job says of the board when nobody could ask it any more. */
const SAID = {
  connect: /^Nothing was changed/,
  identify: /key in use .* as it was|staged key may have been left/,
  stage: /key in use .* as it was|staged key may have been left/,
  submit: /staged key may have been left/,
  switch: /either its old or its new key/,
  tidy: /has its new key in use/,
  prove: /has its new key in use/,
} as const;

function resumed(b: Bench, { result }: Run): ResumedRekey {
  return cutRekey(b.journal, result.job).resumes;
}

/** However it was cut: the unit has a whole key with which it can authenticate, or its staged one is accepted and can be put in use. */
function expectNothingBroken(b: Bench, { board }: Unit, { result, events }: Run): void {
  expectRecorded(events, result);
  const sets = setsOf(b.server, board);
  expect(sets.filter(([, status]) => status === 'accepted').length).toBeLessThan(2);
  const key = keyOf(board);
  expect(key).not.toBeNull();
  const status = sets.find(([of]) => of === key)?.[1];
  if (status === 'rejected' || status === 'pending') expect(stagedOn(board)).not.toEqual([]);
  else expect(status).toMatch(/^(accepted|preauthorized)$/);
  if (result.verdict !== 'pass') expect(result.error?.remedy).toMatch(/\w/);
}

function expectRekeyed(b: Bench, { board, old }: Unit, run: Run): void {
  expectProvisioned(b, board, run);
  expect(keyOf(board)).not.toBe(old);
  expect(stagedOn(board)).toEqual([]);
}

describe.each(MODES)('a re-keying that is cut, %s', (mode) => {
  describe.each(SOURCES)('with a key from $from', (keySource) => {
    const points = keySource.from === 'board' ? POINTS : (['stage', 'submit', 'switch', 'tidy 2'] as const);

    test.each(points)('the cable goes as %s begins', async (point) => {
      const b = await bench({ mode });
      const unit = await returnedUnit(b);
      const run = await b.rekey(unit.board, { keySource, onStep: at(point, () => unit.board.unplug()) });
      expectNothingBroken(b, unit, run);
      await b.time.sleep(180_000);
      expectNothingBroken(b, unit, run);
      const again = await b.rekey(unit.board, { keySource, resumes: resumed(b, run) });
      expectRekeyed(b, unit, again);
    });

    test.each(points)('the power goes as %s begins', async (point) => {
      const b = await bench({ mode });
      const unit = await returnedUnit(b);
      const run = await b.rekey(unit.board, {
        keySource,
        onStep: at(point, () => void unit.board.power('off')),
      });
      expectNothingBroken(b, unit, run);
      await unit.board.power('on');
      await b.time.sleep(60_000);
      const again = await b.rekey(unit.board, { keySource, resumes: resumed(b, run) });
      expectRekeyed(b, unit, again);
      const [before, after] = [run.result.oldKey, again.result.oldKey];
      expect([before, after]).toContain('refused-tested');
    });
  });

  test.each(POINTS)('cancelled as %s begins, it is safe within ten seconds', async (point) => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const cancel = new AbortController();
    let began = 0;
    const run = await b.rekey(unit.board, {
      cancel: cancel.signal,
      onStep: at(point, () => {
        began = b.time.monotonic();
        cancel.abort();
      }),
    });
    expect(b.time.monotonic() - began).toBeLessThan(10_000);
    expectRecorded(run.events, run.result);
    expect(unit.board.inspect.user).toBeUndefined();
    expect(unit.board.inspect.client.running).toBe(true);
    if (run.result.verdict === 'pass') expectRekeyed(b, unit, run);
    else {
      // Before the switch everything is as it was.
      expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
      expect(keyOf(unit.board)).toBe(unit.old);
      expect(stagedOn(unit.board)).toEqual([]);
      expect(setsOf(b.server, unit.board)).toEqual([[unit.old, 'accepted']]);
    }
    if (POINTS.indexOf(point) >= POINTS.indexOf('switch')) expect(run.result.verdict).toBe('pass');
  });
});

test('at a server that hangs after the switch the job ends, says what the unit holds, and is finished later', async () => {
  const b = await bench({ limits: { callMs: 400 } });
  const unit = await returnedUnit(b);
  const run = await b.rekey(unit.board, {
    onStep: at('tidy', () => b.server.faults.add({ on: 'revoke-token', act: { kind: 'hang' } })),
  });
  expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'server/timeout' } });
  expect(run.result.error?.unchanged).toMatch(/has its new key in use/);
  expect(unit.board.inspect.user).toBeUndefined();
  expectNothingBroken(b, unit, run);
  b.server.faults.clear();
  expectRekeyed(b, unit, await b.rekey(unit.board, { resumes: resumed(b, run) }));
});

test('a cancel after the switch leaves what is under way a few seconds, and then interrupts it', async () => {
  const time = virtualTime();
  for (const [asks, ends] of [
    [0, 8_000],
    [6_000, 14_000],
  ] as const) {
    const asked = new AbortController();
    const cancel = cancellation(asked.signal, time);
    const began = time.monotonic();
    cancel.commit();
    await time.sleep(asks);
    asked.abort();
    expect(() => cancel.check()).not.toThrow();
    await new Promise((done) => cancel.signal.addEventListener('abort', done));
    expect(time.monotonic() - began).toBeCloseTo(ends, -1);
    cancel[Symbol.dispose]();
  }
});

/** Where a job may be when the power of its board goes and, a second later, somebody cancels it. */
const DEAD = [
  ['connect', 'rekey'],
  ['identify', 'rekey'],
  ['stage', 'rekey'],
  ['submit', 'rekey'],
  ['switch', 'rekey'],
  ['tidy', 'rekey'],
  ['prove', 'rekey'],
  ['stage', 'run'],
  ['switch', 'run'],
  ['prove', 'run'],
] as const;

test.each(DEAD)(
  'cancelled as the board is dead since %s (%s), it ends within ten seconds and says what the board holds',
  async (step, flow) => {
    const b = await bench({ mode: '2023' });
    const board = flow === 'run' ? b.board() : (await returnedUnit(b)).board;
    await b.time.sleep(5_000);
    const cancel = new AbortController();
    let askedAt = Number.NaN;
    const run = await b[flow](board, {
      cancel: cancel.signal,
      onStep: at(step, () => {
        void board.power('off');
        b.time.after(1_000, () => {
          askedAt = b.time.monotonic();
          cancel.abort();
        });
      }),
    });
    expect(b.time.monotonic() - askedAt).toBeLessThan(10_000);
    expect(run.result.verdict).not.toMatch(/pass|already/);
    expect(run.result.error?.unchanged).toMatch(SAID[step]);
    if (step === 'switch') expect(run.result.error).toMatchObject({ code: 'board/switch-unknown' });
    expectRecorded(run.events, run.result);
  },
);

test('a cancel counts from its own moment to the end, also where a failed switch is taken back', async () => {
  const time = virtualTime();
  const asked = new AbortController();
  const cancel = cancellation(asked.signal, time);
  const firesAt = (signal: AbortSignal): Promise<number> =>
    new Promise((done) => signal.addEventListener('abort', () => done(time.monotonic() - began)));
  cancel.commit();
  await time.sleep(1_000);
  const began = time.monotonic();
  asked.abort();
  await time.sleep(3_000);
  expect(cancel.signal.aborted).toBe(false);
  cancel.takeBack();
  const [work, end] = [firesAt(cancel.signal), firesAt(cancel.end)];
  expect(await work).toBeCloseTo(8_000, -1);
  expect(await end).toBeLessThan(10_000);
  cancel[Symbol.dispose]();
});

test.each(MODES)(
  'a switch that surely did not happen is taken back: the old key is accepted again, %s',
  async (mode) => {
    const b = await bench({ mode });
    const unit = await returnedUnit(b);
    const staged = `${unit.board.inspect.keyPath}.station`;
    const run = await b.rekey(unit.board, {
      // What was staged is gone when it is to be put in place.
      onStep: at('switch', () => unit.board.inspect.remove(staged)),
    });
    expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'board/switch-failed' } });
    expect(keyOf(unit.board)).toBe(unit.old);
    expect(setsOf(b.server, unit.board)).toEqual([[unit.old, 'accepted']]);
    expect(stagedOn(unit.board)).toEqual([]);
    expectRekeyed(b, unit, await b.rekey(unit.board));
  },
);

describe('a re-keying that was cut and is given up when it is resumed', () => {
  /** Cut as its key is sent, or as it is put in use: a server of 2023 has rejected the old key by then. */
  async function cutUnit(b: Bench, point: 'submit' | 'switch'): Promise<Unit & { readonly cut: Run }> {
    const unit = await returnedUnit(b);
    const cut = await b.rekey(unit.board, { onStep: at(point, () => unit.board.unplug()) });
    expect(stagedOn(unit.board)).not.toEqual([]);
    await b.time.sleep(180_000);
    return { ...unit, cut };
  }

  function expectAsItWas(b: Bench, { board, old }: Unit, { result, events }: Run): void {
    expectRecorded(events, result);
    expect(keyOf(board)).toBe(old);
    expect(setsOf(b.server, board)).toEqual([[old, 'accepted']]);
    expect(stagedOn(board)).toEqual([]);
    expect(board.inspect.client.running).toBe(true);
    expect(result.error?.unchanged).toMatch(/^The old key of the unit is in use and accepted/);
  }

  test.each([
    ['2023', 'submit', 'accept'],
    ['2023', 'submit', 'stage'],
    ['2023', 'switch', 'stage'],
    ['2026', 'submit', 'stage'],
    ['2026', 'switch', 'stage'],
  ] as const)(
    'cancelled: the old key is accepted, nothing of the new one stays; %s, cut at %s, cancelled at %s',
    async (mode, point, step) => {
      const b = await bench({ mode });
      const { cut, ...unit } = await cutUnit(b, point);
      const cancel = new AbortController();
      const run = await b.rekey(unit.board, {
        resumes: resumed(b, cut),
        cancel: cancel.signal,
        onStep: at(step, () => cancel.abort()),
      });
      expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
      expectAsItWas(b, unit, run);
      expectRekeyed(b, unit, await b.rekey(unit.board));
    },
  );

  test.each(MODES)('the switch surely did not happen: it is all taken back, %s', async (mode) => {
    const b = await bench({ mode });
    const { cut, ...unit } = await cutUnit(b, 'submit');
    const staged = `${unit.board.inspect.keyPath}.station`;
    const run = await b.rekey(unit.board, {
      resumes: resumed(b, cut),
      onStep: at('switch', () => unit.board.inspect.remove(staged)),
    });
    expect(run.result).toMatchObject({ verdict: 'fail', error: { code: 'board/switch-failed' } });
    expectAsItWas(b, unit, run);
  });

  test('a server that does not take the old key again: the job says that the unit is locked out', async () => {
    const b = await bench({ mode: '2023' });
    const { cut, ...unit } = await cutUnit(b, 'switch');
    b.server.faults.add({ on: 'accept', act: { kind: 'status', status: 403 } });
    const cancel = new AbortController();
    const run = await b.rekey(unit.board, {
      resumes: resumed(b, cut),
      cancel: cancel.signal,
      onStep: at('stage', () => cancel.abort()),
    });
    expect(run.result).toMatchObject({ verdict: 'stopped', error: { code: 'job/cancelled' } });
    expect(run.result.error?.unchanged).toMatch(/the key in use is rejected.*do not hand it over/);
    // The key that the server has accepted is not thrown away: with it the unit can be finished.
    expectNothingBroken(b, unit, run);
    b.server.faults.clear();
    expectRekeyed(b, unit, await b.rekey(unit.board, { resumes: resumed(b, run) }));
  });
});
