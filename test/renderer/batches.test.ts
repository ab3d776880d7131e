import { describe, expect, test } from 'vitest';
import { batchesLine } from '../../renderer/features/batches/batches-line.ts';
import {
  benchBatch,
  NO_BATCHES,
  openBatch,
  progressOf,
  reduceBatches,
  standingOf,
  type BatchesAction,
} from '../../renderer/features/batches/state.ts';
import { batchActs } from '../../renderer/features/batches/use-batches.ts';
import { Refused, stationOver } from '../../renderer/station.ts';
import { createStore } from '../../renderer/store.ts';
import { batch, BATCHES } from './fake-batches.ts';
import { fakeBridge, report, slot, snapshot } from './fake-station.ts';

function after(...actions: readonly BatchesAction[]) {
  return actions.reduce(reduceBatches, NO_BATCHES);
}

const [running, expected, full] = BATCHES;
const listed: BatchesAction = { type: 'list', batches: BATCHES };

describe('the list', () => {
  test('keeps its order when one of it tells of itself, and puts a new one in front', () => {
    const news = { ...batch('Order 4711'), ...expected, units: 32 };
    const state = after(listed, { type: 'batch', batch: news });
    expect(state.list.map(({ name }) => name)).toEqual(BATCHES.map(({ name }) => name));
    expect(state.list[1]?.units).toBe(32);
    const more = reduceBatches(state, { type: 'batch', batch: batch('zz new') });
    expect(more.list[0]?.name).toBe('zz new');
  });

  test('one that has gone is open no longer', () => {
    const open = after(listed, { type: 'open', name: 'Order 4711' });
    expect(openBatch(open)?.name).toBe('Order 4711');
    expect(openBatch(reduceBatches(open, { type: 'gone', name: 'Order 4711' }))).toBeNull();
    expect(openBatch(reduceBatches(open, { type: 'list', batches: [] }))).toBeNull();
  });

  test('says how far each is: rows that were answered, or boards that are through', () => {
    expect(BATCHES.map(progressOf)).toEqual([
      { done: 3_612, all: 10_000 },
      { done: 31, all: 48 },
      { done: 24, all: 24 },
      { done: 2_000, all: 2_000 },
      { done: 600, all: 1_000 },
    ]);
    expect(BATCHES.map(standingOf)).toEqual(['running', 'open', 'full', 'open', 'interrupted']);
  });
});

describe('the batch on the bench', () => {
  test('goes with every start, with what an admin lets through; without one nothing of it is sent', async () => {
    const bridge = fakeBridge({ provision: () => ({ jobs: [], elapsedMs: 0 }) });
    const store = createStore(stationOver(bridge));
    store.dispatch({ type: 'snapshot', snapshot: snapshot({ slots: [slot(1)] }) });
    const job = { keySource: null, label: null, inventory: null };
    await store.start([slot(1)], job);
    store.dispatch({ type: 'batches', action: listed });
    store.dispatch({ type: 'batches', action: { type: 'bench', name: 'Order 4711' } });
    await store.start([slot(1)], job, { allow: ['stranger'] });
    store.close();
    const [without, against] = bridge.calls.map(({ params }) => params);
    expect(without).not.toHaveProperty('batch');
    expect(without).not.toHaveProperty('allow');
    expect(against).toMatchObject({ batch: 'Order 4711', allow: ['stranger'] });
  });

  test('counts no simulated boards: a rehearsal goes without it', async () => {
    const bridge = fakeBridge({ provision: () => ({ jobs: [], elapsedMs: 0 }) });
    const store = createStore(stationOver(bridge));
    const shown = snapshot({ slots: [slot(1)] });
    const servers = shown.servers.map((server) => ({ ...server, simulated: true }));
    store.dispatch({ type: 'snapshot', snapshot: { ...shown, servers } });
    store.dispatch({ type: 'batches', action: listed });
    store.dispatch({ type: 'batches', action: { type: 'bench', name: 'Order 4711' } });
    await store.start([slot(1)], { keySource: null, label: null, inventory: null });
    store.close();
    expect(bridge.calls[0]?.params).toMatchObject({ server: shown.preferences.server });
    expect(bridge.calls[0]?.params).not.toHaveProperty('batch');
  });

  test('is none any more when the batch has gone', () => {
    const chosen = after(listed, { type: 'bench', name: 'Order 4711' });
    expect(benchBatch(chosen)?.units).toBe(31);
    expect(reduceBatches(chosen, { type: 'gone', name: 'Order 4711' }).bench).toBeNull();
  });
});

test.each([
  [running, 'busy', 'Preauthorizing March gateways'],
  [expected, 'calm', '17 boards to go'],
  [full, 'good', 'The batch is full'],
  [BATCHES[3], 'warn', '10 rows failed'],
  [BATCHES[4], 'warn', 'January gateways was cut off'],
  [batch('new'), 'calm', '10,000 rows to send'],
  [
    batch('done', { rows: 2, counts: { ...batch('x').counts, pending: 0, created: 2 } }),
    'good',
    'Every row is on the server',
  ],
])('the line on top says what to do next with a batch', (shown, tone, title) => {
  const store = createStore(stationOver(fakeBridge({})));
  store.dispatch({ type: 'snapshot', snapshot: snapshot() });
  const of = (): unknown => batchesLine(store.getState());
  expect(of()).toMatchObject({ tone: 'calm', title: 'Import a list of boards' });
  store.dispatch({ type: 'batches', action: { type: 'list', batches: shown === undefined ? [] : [shown] } });
  store.dispatch({ type: 'batches', action: { type: 'open', name: shown?.name ?? null } });
  expect(of()).toMatchObject({ tone, title });
});

test('a run that the server refuses is told with its reason, and one that goes is asked for once', async () => {
  const error = report('batch/over-limit');
  let hasRoom = false;
  const bridge = fakeBridge({
    'batch.preauthorize': () => {
      if (!hasRoom) throw new Refused(error);
      return { state: 'ended', reason: null, unsettled: [] };
    },
  });
  const store = createStore(stationOver(bridge));
  const acts = batchActs(store);
  await acts.preauthorize({ name: 'spring', server: 'bench' });
  expect(store.getState().batches.runs['spring']).toEqual({ state: 'refused', error });
  hasRoom = true;
  await acts.preauthorize({ name: 'spring', server: 'bench', ignoreLimit: true });
  expect(store.getState().batches.runs['spring']).toMatchObject({ state: 'ended' });
  expect(bridge.calls.map(({ method }) => method)).toEqual(['batch.preauthorize', 'batch.preauthorize']);
});
