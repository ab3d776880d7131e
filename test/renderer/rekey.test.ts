import { describe, expect, test } from 'vitest';
import { acceptanceOf } from '../../renderer/features/rekey/acceptance.ts';
import {
  missing,
  NO_FLOW,
  reduceFlow,
  stageOf,
  type FlowAction,
} from '../../renderer/features/rekey/flow.ts';
import { rekeyLine } from '../../renderer/features/rekey/rekey-line.ts';
import { rekeyActs } from '../../renderer/features/rekey/use-rekey.ts';
import { Refused, stationOver } from '../../renderer/station.ts';
import { createStore } from '../../renderer/store.ts';
import type { Snapshot } from '../../src/contract.ts';
import type { UnitReport } from '../../src/model/rekey.ts';
import {
  APPROVER,
  ended,
  fakeBridge,
  report,
  requested,
  running,
  server,
  slot,
  snapshot,
  unit,
} from './fake-station.ts';

const HERE = slot(1).slot;

function after(...actions: readonly FlowAction[]) {
  return actions.reduce(reduceFlow, NO_FLOW);
}

const read = (change: Partial<UnitReport> = {}): readonly FlowAction[] => [
  { type: 'pick', slot: HERE },
  { type: 'read' },
  { type: 'unit', slot: HERE, report: unit(1, change) },
];
const why: FlowAction = { type: 'wish', wish: { reason: 'returned' } };
const job = running(1, 'stage', { flow: 'rekey' });

describe('before anything is changed', () => {
  test('a reason is needed, and words where the list has none', () => {
    expect(missing(after())).toBe('unit');
    expect(missing(after(...read()))).toBe('reason');
    expect(missing(after(...read(), why))).toBeNull();
    const other: FlowAction = { type: 'wish', wish: { reason: 'other', words: '  ' } };
    expect(missing(after(...read(), other))).toBe('words');
    expect(missing(after(...read(), other, { type: 'wish', wish: { words: 'Lightning.' } }))).toBeNull();
  });

  test.each(['identity-changed', 'elsewhere', 'unknown', 'rejected'] as const)(
    'a unit that is %s needs a person’s word',
    (found) => {
      const flow = after(...read({ cases: [found] }), why);
      expect(missing(flow)).toBe('confirmation');
      expect(missing(reduceFlow(flow, { type: 'wish', wish: { confirmed: [found] } }))).toBeNull();
    },
  );

  test('a unit with an obstacle is not re-keyed, whatever was said', () => {
    const flow = after(...read({ obstacle: report('board/update-in-progress') }), why);
    expect(missing(flow)).toBe('obstacle');
  });

  test('what was said of one unit is said of no other, nor of the same one read anew', () => {
    const said = after(...read({ cases: ['rejected'] }), why, {
      type: 'wish',
      wish: { confirmed: ['rejected'], decommissionFormer: true, words: 'x' },
    });
    for (const action of [{ type: 'read' }, { type: 'pick', slot: slot(2).slot }] as const)
      expect(reduceFlow(said, action)).toMatchObject({
        reason: null,
        words: '',
        confirmed: [],
        decommissionFormer: false,
      });
  });

  test('an answer about a port that is no longer the picked one is passed over', () => {
    const flow = after(...read().slice(0, 2), { type: 'pick', slot: slot(2).slot });
    expect(reduceFlow(flow, { type: 'unit', slot: HERE, report: unit(1) })).toBe(flow);
  });
});

describe('its job', () => {
  const asked = after(...read(), why, { type: 'ask', by: 'login' });

  test('is the re-key that begins on its slot, not one that ended there before', () => {
    expect(stageOf(asked)).toBe('starting');
    expect(reduceFlow(asked, { type: 'job', job: { ...ended(1), flow: 'rekey' } })).toBe(asked);
    expect(reduceFlow(asked, { type: 'job', job: running(1, 'stage') })).toBe(asked);
    expect(reduceFlow(asked, { type: 'job', job: running(2, 'stage', { flow: 'rekey' }) })).toBe(asked);
    expect(stageOf(reduceFlow(asked, { type: 'job', job }))).toBe('running');
  });

  test('shows its verdict though the board was unplugged and the bench forgot it', () => {
    const verdict = { ...ended(1), flow: 'rekey' as const };
    const flow = [
      { type: 'job', job } as const,
      { type: 'job', job: verdict } as const,
      { type: 'jobs', jobs: [] } as const,
    ].reduce<typeof asked>(reduceFlow, asked);
    expect(stageOf(flow)).toBe('ended');
    expect(flow.job).toMatchObject({ view: { job: verdict.job } });
  });

  test('is lost when the station comes back without it, and found again when it is resumed', () => {
    const lost = [{ type: 'job', job } as const, { type: 'jobs', jobs: [] } as const].reduce<typeof asked>(
      reduceFlow,
      asked,
    );
    expect(stageOf(lost)).toBe('lost');
    expect(stageOf(reduceFlow(lost, { type: 'job', job }))).toBe('running');
  });

  test('that is refused leaves what was said as it is', () => {
    const flow = reduceFlow(asked, { type: 'refused', error: report('station/home-locked') });
    expect(stageOf(flow)).toBe('read');
    expect(flow).toMatchObject({ reason: 'returned', refusal: { code: 'station/home-locked' } });
  });
});

describe('the station is asked', () => {
  async function opened(replies: Parameters<typeof fakeBridge>[0], change: Partial<Snapshot> = {}) {
    const bridge = fakeBridge({ snapshot: () => snapshot({ slots: [slot(1)], ...change }), ...replies });
    const store = createStore(stationOver(bridge));
    await store.load();
    return { bridge, store, acts: rekeyActs(store) };
  }

  test('to read the only unit there is, without its being picked', async () => {
    const silent = slot(9, { presence: 'silent' });
    const { bridge, store, acts } = await opened(
      { 'rekey.look': () => unit(1) },
      { slots: [slot(1), silent] },
    );
    acts.read();
    await expect.poll(() => stageOf(store.getState().rekey)).toBe('read');
    expect(bridge.calls.at(-1)).toEqual({
      method: 'rekey.look',
      params: { port: '/dev/ttyUSB0', server: 'Factory Mender', profile: 'mender-board' },
    });
  });

  test('for nothing where two units are there and none was picked', async () => {
    const { bridge, acts } = await opened({}, { slots: [slot(1), slot(2)] });
    acts.read();
    expect(bridge.calls.map(({ method }) => method)).toEqual(['snapshot']);
  });

  test('once for the re-key, with the reason and every word that was given', async () => {
    const changed = unit(1, {
      cases: ['identity-changed', 'unknown'],
      former: { identity: { mac: 'x' }, device: null },
    });
    const { bridge, store, acts } = await opened({ 'rekey.look': () => changed });
    acts.read();
    await expect.poll(() => stageOf(store.getState().rekey)).toBe('read');
    acts.start();
    const wish = (part: Extract<FlowAction, { type: 'wish' }>['wish']): void =>
      store.dispatch({ type: 'rekey', action: { type: 'wish', wish: part } });
    wish({ reason: 'board-replaced', words: ' New radio. ', decommissionFormer: true, newKey: 'generate' });
    acts.start();
    expect(bridge.calls.some(({ method }) => method === 'rekey')).toBe(false);
    wish({ confirmed: ['identity-changed'], label: ' WO 815 ' });
    acts.start();
    acts.start();
    expect(bridge.calls.filter(({ method }) => method === 'rekey')).toEqual([
      {
        method: 'rekey',
        params: {
          port: '/dev/ttyUSB0',
          server: 'Factory Mender',
          profile: 'mender-board',
          reason: { code: 'board-replaced', text: 'New radio.' },
          confirmed: ['identity-changed', 'unknown'],
          decommissionFormer: true,
          waitMs: 86_400_000,
          keySource: 'generate',
          label: 'WO 815',
        },
      },
    ]);
  });

  test('for a request with the work order, as for a job that is done at once', async () => {
    const { bridge, store, acts } = await opened({
      'rekey.look': () => unit(1),
      'rekey.request': () => requested(1),
    });
    acts.read();
    await expect.poll(() => stageOf(store.getState().rekey)).toBe('read');
    store.dispatch({ type: 'approvers', approvers: [APPROVER] });
    store.dispatch({ type: 'rekey', action: why });
    store.dispatch({ type: 'rekey', action: { type: 'wish', wish: { by: 'request', label: 'WO 815' } } });
    acts.start();
    await expect.poll(() => store.getState().rekey.request.state).toBe('made');
    const asked = bridge.calls.find(({ method }) => method === 'rekey.request');
    expect(asked?.params).toMatchObject({ approver: APPROVER.station, label: 'WO 815' });
  });

  test('and its refusal is shown where it was asked', async () => {
    const refuse = (): never => {
      throw new Refused(report('station/home-locked'));
    };
    const { store, acts } = await opened({ 'rekey.look': () => unit(1), rekey: refuse });
    acts.read();
    await expect.poll(() => stageOf(store.getState().rekey)).toBe('read');
    store.dispatch({ type: 'rekey', action: why });
    acts.start();
    await expect.poll(() => store.getState().rekey.refusal?.code).toBe('station/home-locked');
    expect(store.getState().notice).toBeNull();
  });

  test('to clear the slot when the next unit comes', async () => {
    const verdict = { ...ended(1), flow: 'rekey' as const };
    const { bridge, store, acts } = await opened(
      { 'slot.clear': () => null },
      { slots: [slot(1, { job: verdict.job })], jobs: [verdict] },
    );
    store.dispatch({ type: 'rekey', action: { type: 'show', job: verdict } });
    acts.next();
    expect(bridge.calls.at(-1)).toEqual({ method: 'slot.clear', params: { slot: HERE } });
    expect(store.getState().rekey).toBe(NO_FLOW);
  });

  test('what comes next is said at each stage', async () => {
    const { store } = await opened({});
    const line = (): string => rekeyLine(store.getState(), Date.now()).title;
    const say = (action: FlowAction): void => store.dispatch({ type: 'rekey', action });
    expect(line()).toContain('a new key, and the old one is dead');
    for (const action of read()) say(action);
    expect(line()).toContain('Say why');
    say(why);
    say({ type: 'ask', by: 'login' });
    say({ type: 'job', job });
    expect(rekeyLine(store.getState(), Date.now()).text).toContain('Leave cable and power alone');
    say({
      type: 'job',
      job: { ...job, state: 'waiting', waiting: { for: 'server', deadline: new Date().toISOString() } },
    });
    expect(line()).toBe('Staged, old key active, nothing sent');
    say({
      type: 'job',
      job: { ...ended(1, { verdict: 'fail', error: report('board/silent') }), flow: 'rekey' },
    });
    expect(rekeyLine(store.getState(), Date.now())).toMatchObject({
      tone: 'bad',
      title: 'It did not succeed: do not hand the unit over',
    });
  });
});

describe('a re-key that an admin elsewhere approves', () => {
  const asked = after(...read(), why, { type: 'ask', by: 'request' });
  const suspended: FlowAction = {
    type: 'job',
    job: { ...ended(1, { verdict: 'stopped', error: report('job/suspended') }), flow: 'rekey' },
  };

  test('needs somebody to ask', () => {
    const flow = after(...read(), why);
    expect(missing(flow, { by: 'request', approver: null })).toBe('approver');
    expect(missing(flow, { by: 'request', approver: APPROVER.station })).toBeNull();
  });

  test('is still at work while its file is written, though the job that staged the key has ended', () => {
    const staged = [{ type: 'job', job } as const, suspended].reduce(reduceFlow, asked);
    expect(stageOf(staged)).toBe('running');
    const made = reduceFlow(staged, { type: 'requested', report: requested(1) });
    expect(stageOf(made)).toBe('requested');
    expect(stageOf(reduceFlow(made, { type: 'pick', slot: null }))).toBe('choose');
  });

  test('that failed in staging shows how its job ended; one whose file could not be written, why', () => {
    const failed = {
      ...ended(1, { verdict: 'fail', error: report('board/disk-full') }),
      flow: 'rekey',
    } as const;
    const error = report('request/not-staged');
    const unstaged = [{ type: 'job', job } as const, { type: 'job', job: failed } as const].reduce(
      reduceFlow,
      asked,
    );
    const shown = reduceFlow(unstaged, { type: 'refused', error });
    expect(stageOf(shown)).toBe('ended');
    expect(shown.refusal).toBeNull();
    const unwritten = [{ type: 'job', job } as const, suspended, { type: 'refused', error } as const].reduce(
      reduceFlow,
      asked,
    );
    expect(stageOf(unwritten)).toBe('read');
    expect(unwritten.refusal).toBe(error);
  });

  test('is finished on whichever port its unit is', () => {
    const finishing = after(...read(), { type: 'ask', by: 'approval' });
    expect(stageOf(finishing)).toBe('starting');
    const elsewhere = running(2, 'connect', { flow: 'rekey' });
    expect(reduceFlow(finishing, { type: 'job', job: elsewhere })).toMatchObject({
      job: { state: 'seen', view: { job: elsewhere.job } },
    });
    const refusal = report('job/board-not-here');
    expect(reduceFlow(finishing, { type: 'refused', error: refusal })).toMatchObject({
      refusal,
      job: { state: 'none' },
    });
  });

  test('is what a station without a login does; with several admins one has to be named', () => {
    const store = createStore(stationOver(fakeBridge({})));
    store.dispatch({ type: 'snapshot', snapshot: snapshot({ servers: [server({ session: null })] }) });
    expect(acceptanceOf(store.getState())).toEqual({ by: 'request', approver: null });
    store.dispatch({ type: 'approvers', approvers: [APPROVER] });
    expect(acceptanceOf(store.getState())).toEqual({ by: 'request', approver: APPROVER.station });
    store.dispatch({ type: 'approvers', approvers: [APPROVER, { ...APPROVER, station: 'office-02' }] });
    expect(acceptanceOf(store.getState())).toEqual({ by: 'request', approver: null });
    store.dispatch({ type: 'rekey', action: { type: 'wish', wish: { approver: 'office-02' } } });
    expect(acceptanceOf(store.getState())).toEqual({ by: 'request', approver: 'office-02' });
    store.dispatch({ type: 'snapshot', snapshot: snapshot() });
    expect(acceptanceOf(store.getState())).toEqual({ by: 'login' });
  });
});
