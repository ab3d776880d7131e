import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import { Services } from '../../../src/rehearsal/board/services.ts';
import { cutRekey } from '../../../src/station/rekeying.ts';
import {
  actionsOf,
  bench,
  expectProvisioned,
  keyOf,
  setsOf,
  stagedOn,
  type Bench,
  type Run,
} from './bench.ts';

type Start = (unit: Parameters<Services['start']>[0], start: () => void) => void;

/** A unit that is ready for its flow: new, or provisioned once. */
async function unit(b: Bench, flow: 'run' | 'rekey', version: '3.4.0' | '4.0.4'): Promise<SimulatedBoard> {
  const board = b.board({ client: { version } });
  await b.time.sleep(5_000);
  if (flow === 'rekey') expect((await b.run(board)).result.verdict).toBe('pass');
  expect(board.inspect.client.running).toBe(true);
  return board;
}

/** Runs a flow on a board whose services start, from the switch on, as `start` has it. */
async function runWith(b: Bench, flow: 'run' | 'rekey', board: SimulatedBoard, start: Start): Promise<Run> {
  const real = Reflect.get<Services, 'start'>(Services.prototype, 'start');
  const spy = vi.spyOn(Services.prototype, 'start');
  onTestFinished(() => spy.mockRestore());
  const run = await b[flow](board, {
    onStep: (step) => {
      if (step !== 'switch running') return;
      spy.mockImplementation(function (this: Services, one) {
        start(one, () => real.call(this, one));
      });
    },
  });
  spy.mockRestore();
  return run;
}

describe.each(['run', 'rekey'] as const)('after the switch of a %s', (flow) => {
  function expectStopped(b: Bench, board: SimulatedBoard, { result }: Run, service: string): void {
    expect(result).toMatchObject({ verdict: 'fail', error: { code: 'board/client-stopped' } });
    expect(result.error?.message).toContain(service);
    expect(result.error?.unchanged).toBe('The new key is in place and accepted.');
    expect(setsOf(b.server, board)).toEqual([[keyOf(board), 'accepted']]);
    expect(stagedOn(board)).toEqual([]);
    expect(result.oldKey).toBe(flow === 'rekey' ? 'refused-tested' : 'none');
  }

  test('a client that does not come back is no pass, whatever a call of it proved', async () => {
    const b = await bench();
    const board = await unit(b, flow, '3.4.0');
    const run = await runWith(b, flow, board, () => undefined);
    expectStopped(b, board, run, 'mender-client');
    expect(run.result.proof).toBe('board-client');
  });

  test('nor for the job that is run again while it does not run', async () => {
    const b = await bench();
    const board = await unit(b, flow, '3.4.0');
    const { result } = await runWith(b, flow, board, () => undefined);
    expect(result.error?.code).toBe('board/client-stopped');
    const again = (): Promise<Run> =>
      flow === 'run' ? b.run(board) : b.rekey(board, { resumes: cutRekey(b.journal, result.job).resumes });
    const second = await again();
    expect(actionsOf(second.events)).not.toContain('switch-key done');
    expect(second.result).toMatchObject({ verdict: 'fail', error: { code: 'board/client-stopped' } });
    await board.power('off');
    await board.power('on');
    await b.time.sleep(60_000);
    expect(board.inspect.client.running).toBe(true);
    expectProvisioned(b, board, await again());
  });

  test('of a client of two programs the one that uses the key has to come back', async () => {
    const b = await bench();
    const board = await unit(b, flow, '4.0.4');
    const run = await runWith(b, flow, board, ({ name }, start) => {
      if (name !== 'mender-authd') start();
    });
    expectStopped(b, board, run, 'mender-auth');
  });

  test('one that takes a few seconds to come back passes', async () => {
    const b = await bench();
    const board = await unit(b, flow, '3.4.0');
    const run = await runWith(b, flow, board, (_, start) => void b.time.sleep(6_000).then(start));
    expectProvisioned(b, board, run);
    expect(run.result.verdict).toBe('pass');
    expect(board.inspect.client.running).toBe(true);
  });
});

test('a board whose client is not kept running passes without it', async () => {
  const b = await bench();
  const board = b.board({ client: { enabled: false } });
  await b.time.sleep(5_000);
  const run = await b.run(board);
  expectProvisioned(b, board, run);
  expect(board.inspect.client.running).toBe(false);
  expectProvisioned(b, board, await b.rekey(board));
});
