import { describe, expect, test } from 'vitest';
import { isStartKey, takesSpace } from '../../renderer/features/bench/use-space-bar.ts';
import { COOL_DOWN_MS } from '../../renderer/start-guard.ts';
import { Refused, stationOver } from '../../renderer/station.ts';
import { createStore } from '../../renderer/store.ts';
import { fakeBridge, interrupted, report, server, slot, snapshot, type FakeStation } from './fake-station.ts';

const SETTINGS = { keySource: null, label: null, inventory: null };

async function opened(replies: Parameters<typeof fakeBridge>[0]) {
  const clock = { now: 0 };
  const bridge = fakeBridge({ snapshot: () => snapshot({ slots: [slot(1)] }), ...replies });
  const store = createStore(stationOver(bridge), () => clock.now);
  await store.load();
  return { bridge, store, clock };
}

const starts = (bridge: FakeStation): number =>
  bridge.calls.filter(({ method }) => method === 'provision').length;

describe('finishing', () => {
  const left = [interrupted(1), interrupted(2), interrupted(3, { boardAt: null })];

  test('asks once for all that were interrupted, however often it is pressed', async () => {
    const answer = Promise.withResolvers<object>();
    const { bridge, store } = await opened({
      snapshot: () => snapshot({ interrupted: left }),
      resume: () => answer.promise,
    });
    const first = store.finish();
    void store.finish();
    void store.finish(interrupted(1).job);
    expect(bridge.calls.filter(({ method }) => method === 'resume')).toEqual([
      { method: 'resume', params: {} },
    ]);
    expect(store.getState().finishing).toEqual(left);
    answer.resolve({ jobs: [], elapsedMs: 1 });
    await first;
    expect(store.getState().finishing).toEqual([]);
  });

  test('of one names it, and a refusal goes to who asked', async () => {
    const { bridge, store } = await opened({
      snapshot: () => snapshot({ interrupted: left }),
      resume: () => {
        throw new Refused(report('station/home-locked'));
      },
    });
    const refusal = await store.finish(interrupted(2).job);
    expect(bridge.calls.at(-1)).toEqual({ method: 'resume', params: { job: interrupted(2).job } });
    expect(refusal?.code).toBe('station/home-locked');
    expect(store.getState().finishing).toEqual([]);
  });
});

describe('a start', () => {
  test('names ports, server and profile, and what the operator set', async () => {
    const { bridge, store } = await opened({ provision: () => ({ jobs: [], elapsedMs: 1 }) });
    await store.start([slot(1)], {
      keySource: 'generate:p256',
      label: 'Order 1',
      inventory: { tags: { order: '1' } },
    });
    expect(bridge.calls.at(-1)).toEqual({
      method: 'provision',
      params: {
        ports: ['/dev/ttyUSB0'],
        server: 'Factory Mender',
        profile: 'mender-board',
        keySource: 'generate:p256',
        label: 'Order 1',
        inventory: { tags: { order: '1' } },
      },
    });
  });

  test('is not repeated by a second press a moment later', async () => {
    const { bridge, store, clock } = await opened({});
    void store.start([slot(1)], SETTINGS, { guarded: true });
    clock.now += COOL_DOWN_MS - 1;
    void store.start([slot(1)], SETTINGS, { guarded: true });
    expect(starts(bridge)).toBe(1);
    clock.now += 1;
    void store.start([slot(1)], SETTINGS, { guarded: true });
    expect(starts(bridge)).toBe(2);
  });

  test('does not follow on the heels of the last verdict', async () => {
    const { bridge, store, clock } = await opened({ provision: () => ({ jobs: [], elapsedMs: 1 }) });
    clock.now = 60_000;
    await store.start([slot(1)], SETTINGS, { guarded: true });
    clock.now += COOL_DOWN_MS - 1;
    await store.start([slot(1)], SETTINGS, { guarded: true });
    expect(starts(bridge)).toBe(1);
  });

  test('of one slot is not held back by that of another', async () => {
    const { bridge, store } = await opened({});
    void store.start([slot(1)], SETTINGS);
    void store.start([slot(2)], SETTINGS);
    expect(starts(bridge)).toBe(2);
  });

  test('that is refused says why and frees its slots', async () => {
    const { store } = await opened({
      provision: () => {
        throw new Refused(report('server/session-ended', 'The login has ended.'));
      },
    });
    await store.start([slot(1)], SETTINGS);
    expect(store.getState().notice?.code).toBe('server/session-ended');
    expect(store.getState().starting).toEqual([]);
  });

  test('keeps its passphrase nowhere', async () => {
    const { bridge, store } = await opened({ provision: () => ({ jobs: [], elapsedMs: 1 }) });
    await store.start(
      [slot(1)],
      { keySource: 'import:/keys', label: null, inventory: null },
      { passphrase: 'open sesame' },
    );
    expect(bridge.calls.at(-1)?.params).toMatchObject({ passphrase: 'open sesame' });
    expect(JSON.stringify(store.getState())).not.toContain('open sesame');
  });
});

test('after the station is back, everything is asked anew', async () => {
  let slots = [slot(1), slot(2)];
  const { bridge, store } = await opened({ snapshot: () => snapshot({ slots }) });
  slots = [slot(2)];
  bridge.tell({ type: 'station-process', state: 'restarting', cause: 'It ended.' });
  expect(store.getState().connection.state).toBe('restarting');
  bridge.tell({ type: 'station-process', state: 'up', cause: null });
  await expect.poll(() => store.getState().slots.length).toBe(1);
  expect(store.getState().connection.state).toBe('up');
});

test('an event that overtook the answer with the snapshot is not lost, and an older one does not come back', async () => {
  const answer = Promise.withResolvers<undefined>();
  const bridge = fakeBridge({
    snapshot: async () => {
      await answer.promise;
      return snapshot({ told: 7, servers: [server({ name: 'kept' })] });
    },
  });
  const store = createStore(stationOver(bridge), () => 0);
  const loading = store.load();
  bridge.tell({ type: 'server', server: server({ name: 'removed' }), told: 5 });
  bridge.tell({ type: 'server-gone', name: 'removed', told: 6 });
  bridge.tell({ type: 'server', server: server({ name: 'added' }), told: 8 });
  answer.resolve(undefined);
  await loading;
  expect(store.getState().servers.map(({ name }) => name)).toEqual(['kept', 'added']);
});

test('events of a station that ended are not held against the snapshot of the next', async () => {
  const { bridge, store } = await opened({ snapshot: () => snapshot({ told: 1 }) });
  bridge.tell({ type: 'server', server: server({ name: 'before' }), told: 9 });
  bridge.tell({ type: 'station-process', state: 'restarting', cause: 'It ended.' });
  bridge.tell({ type: 'station-process', state: 'up', cause: null });
  await expect.poll(() => store.getState().connection.state).toBe('up');
  expect(store.getState().servers.map(({ name }) => name)).toEqual(['Factory Mender']);
});

test('a bridge that breaks is told as a station that gives no answer', async () => {
  const bridge = fakeBridge({});
  const store = createStore(
    stationOver({ ...bridge, call: () => Promise.reject(new Error('channel closed')) }),
  );
  expect(await store.ask('doctor', {})).toBeNull();
  expect(store.getState().notice).toMatchObject({
    code: 'window/no-answer',
    message: expect.stringContaining('channel closed') as string,
  });
});

describe('the space bar', () => {
  const press = (change: Partial<KeyboardEvent> = {}) => ({
    key: ' ',
    repeat: false,
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    shiftKey: false,
    ...change,
  });
  test('starts when it is pressed on the bench', () => {
    expect(isStartKey(press(), false)).toBe(true);
  });
  test('does not start while it is held, with another key, or typed into something', () => {
    expect(isStartKey(press({ repeat: true }), false)).toBe(false);
    expect(isStartKey(press({ ctrlKey: true }), false)).toBe(false);
    expect(isStartKey(press(), true)).toBe(false);
    expect(isStartKey(press({ key: 'Enter' }), false)).toBe(false);
  });
});

describe('a space typed on the bench', () => {
  /** An element that is, or lies in, what these selectors name. */
  const element = (...names: readonly string[]) => ({
    closest: (selector: string) =>
      selector.split(', ').some((one) => names.includes(one)) ? ({} as Element) : null,
  });

  test('is for the bench where a mouse put the focus, and for the element where the keyboard did', () => {
    for (const name of ['button', 'input[type="checkbox"]']) {
      expect(takesSpace(element(name), true)).toBe(false);
      expect(takesSpace(element(name), false)).toBe(true);
    }
    expect(takesSpace(element(), false)).toBe(false);
  });

  test('is never for the bench where it is a letter, or in a dialog', () => {
    for (const name of ['textarea', 'select', '[role="option"]'])
      expect(takesSpace(element(name), true)).toBe(true);
    expect(takesSpace(element('button', '[role="dialog"]'), true)).toBe(true);
  });
});
