import { describe, expect, test } from 'vitest';
import { obstacle, tally, toStart, unfinished } from '../../renderer/bench.ts';
import { guidance } from '../../renderer/guidance.ts';
import { INITIAL, reduce, type Action, type WindowState } from '../../renderer/state.ts';
import type { JobView, SlotView, Snapshot } from '../../src/contract.ts';
import { ended, failure, interrupted, report, running, server, slot, snapshot } from './fake-station.ts';

const NOW = Date.parse('2026-03-02T09:41:00.000Z');

function bench(change: Partial<Snapshot>, ...actions: readonly Action[]): WindowState {
  const signedIn = server({
    session: {
      account: 'anna',
      by: 'password',
      kept: false,
      expiresAt: new Date(NOW + 8 * 3_600_000).toISOString(),
    },
  });
  return [
    { type: 'snapshot', snapshot: snapshot({ servers: [signedIn], ...change }) } as const,
    ...actions,
  ].reduce<WindowState>(reduce, INITIAL);
}

function withJobs(...jobs: readonly (JobView | null)[]): Partial<Snapshot> {
  return {
    slots: jobs.map((job, at) => slot(at + 1, { job: job?.job ?? null })),
    jobs: jobs.filter((job) => job !== null),
  };
}

const labels = (slots: readonly SlotView[]): readonly string[] => slots.map(({ label }) => label);

describe('the big button starts', () => {
  test('every slot that shows a board, and none that is silent, held or muted', () => {
    const presences = [
      'ready',
      'booting',
      'bootloader',
      'silent',
      'unknown',
      'garbled',
      'busy',
      'no-permission',
      'muted',
    ] as const;
    const state = bench({ slots: presences.map((presence, at) => slot(at + 1, { presence })) });
    expect(labels(toStart(state))).toEqual(['Slot 1', 'Slot 2', 'Slot 3']);
  });

  test('what failed or was stopped once more, but never what has passed', () => {
    const stopped = ended(3, { verdict: 'stopped', error: report('job/cancelled') });
    const state = bench(
      withJobs(
        ended(1),
        failure(2, 'board/disk-full', 'Full.', 'stage'),
        stopped,
        ended(4, { verdict: 'already' }),
      ),
    );
    expect(labels(toStart(state))).toEqual(['Slot 2', 'Slot 3']);
  });

  test('only the marked ones once some are marked, a silent one included', () => {
    const state = bench(
      { slots: [slot(1), slot(2, { presence: 'silent' }), slot(3)] },
      { type: 'select', slot: slot(2).slot, on: true },
    );
    expect(labels(toStart(state))).toEqual(['Slot 2']);
  });

  test('nothing that is running or about to', () => {
    const state = bench(withJobs(running(1, 'stage'), null, null), {
      type: 'starting',
      slots: [slot(2).slot],
    });
    expect(labels(toStart(state))).toEqual(['Slot 3']);
    expect(tally(state).running).toBe(2);
  });
});

test('a unit that is re-keyed, or waits for it, is not provisioned with the rest', () => {
  const deadline = new Date(NOW + 3_600_000).toISOString();
  const waiting = running(1, 'stage', {
    flow: 'rekey',
    state: 'waiting',
    waiting: { for: 'server', deadline },
  });
  const failed = { ...failure(2, 'board/disk-full', 'Full.', 'stage'), flow: 'rekey' as const };
  const state = bench(withJobs(waiting, failed, null));
  expect(labels(toStart(state))).toEqual(['Slot 3']);
  expect(tally(state)).toMatchObject({ running: 0, fail: 1 });
  const marked = reduce(state, { type: 'select', slot: slot(1).slot, on: true });
  expect(toStart(marked)).toEqual([]);
});

describe('nothing can be started', () => {
  const ready = { slots: [slot(1)] };
  test.each([
    ['signed-out', bench({ ...ready, servers: [server({ session: null })] })],
    ['no-server', bench({ ...ready, servers: [] })],
    [
      'no-profile',
      bench({
        ...ready,
        preferences: { server: 'Factory Mender', profile: 'gone', operator: null, batch: null, sound: false },
      }),
    ],
    ['read-only', bench({ ...ready, readOnly: report('station/home-locked') })],
    [
      'offline',
      bench(ready, { type: 'event', event: { type: 'station-process', state: 'down', cause: 'x' } }),
    ],
    ['offline', INITIAL],
  ] as const)('%s', (expected, state) => {
    expect(obstacle(state, NOW)).toBe(expected);
  });

  test('after the very moment at which the login ends', () => {
    const state = bench(ready);
    expect(obstacle(state, NOW + 8 * 3_600_000 - 1)).toBeNull();
    expect(obstacle(state, NOW + 8 * 3_600_000)).toBe('session-ended');
  });
});

describe('the line on top says', () => {
  test('how many are ready, and offers to tell what would be done', () => {
    expect(guidance(bench({ slots: [slot(1), slot(2)] }), NOW)).toMatchObject({
      tone: 'calm',
      title: 'Ready to start: 2 boards',
      actions: ['plan'],
    });
  });

  test('that all is done only when nothing failed', () => {
    expect(guidance(bench(withJobs(ended(1), ended(2, { verdict: 'already' }))), NOW)).toMatchObject({
      tone: 'good',
      title: 'All done: 2 good',
    });
    expect(
      guidance(bench(withJobs(ended(1), failure(2, 'board/disk-full', 'Full.', 'stage'))), NOW),
    ).toMatchObject({
      tone: 'warn',
      title: 'Done: 1 good, 1 not',
    });
  });

  test('the rehearsal first on the first run, adding a server later', () => {
    const fresh = { servers: [], slots: [slot(1)] };
    const offer = { running: false, boards: 0, serverUrl: null, offer: true };
    expect(guidance(bench({ ...fresh, rehearsal: offer }), NOW).actions).toEqual(['start-rehearsal']);
    expect(guidance(bench(fresh), NOW).actions).toEqual(['add-server']);
  });

  test('when the login is about to end, and still what is to do', () => {
    const soon = guidance(bench({ slots: [slot(1)] }), NOW + 8 * 3_600_000 - 5 * 60_000);
    expect(soon).toMatchObject({ tone: 'warn', title: 'Ready to start: 1 board', actions: ['sign-in'] });
    expect(soon.text).toContain('5:00');
  });

  test('a refusal with its remedy until it is dismissed', () => {
    const error = report('server/session-ended', 'The login has ended.');
    const state = bench({ slots: [slot(1)] }, { type: 'notice', error });
    expect(guidance(state, NOW)).toMatchObject({ tone: 'bad', title: 'The login has ended.', error });
    expect(guidance(reduce(state, { type: 'notice', error: null }), NOW).tone).toBe('calm');
  });

  test('why the station cannot change boards, whatever else is going on', () => {
    const readOnly = report('station/home-locked', 'Another station (pid 7) is using /home/x.');
    const line = guidance(bench({ slots: [slot(1)], readOnly }), NOW);
    expect(line.tone).toBe('bad');
    expect(line.text).toContain('pid 7');
    expect(line.text).toContain(readOnly.remedy);
  });

  test('what was interrupted, before anything new; whose board was looked for in vain stays out of the way', () => {
    const state = bench({
      slots: [slot(1)],
      interrupted: [
        interrupted(1),
        interrupted(2, { boardAt: null }),
        interrupted(3, { state: 'waiting', safe: true }),
      ],
    });
    const line = guidance(state, NOW);
    expect(line).toMatchObject({
      tone: 'warn',
      title: '2 jobs were interrupted: 52:54:00:c0:00:01, 52:54:00:c0:00:02',
      actions: ['finish', 'unfinished'],
    });
    expect(line.text).toContain('Do not unplug it');
    const both = [interrupted(1), interrupted(2)];
    const under = reduce(state, { type: 'finishing', jobs: both, on: true });
    expect(guidance(under, NOW).title).toBe('Ready to start: 1 board');
    // Meanwhile the station's own list is without them, and then has what is left.
    const empty = reduce(under, { type: 'event', event: { type: 'interrupted', interrupted: [] } });
    expect(unfinished(empty).map(({ job }) => job)).toEqual(both.map(({ job }) => job));
    const still = reduce(under, { type: 'finishing', jobs: both, on: false });
    expect(guidance(still, NOW).title).toBe('1 job was interrupted: 52:54:00:c0:00:01');
  });

  test('that the station is gone and why', () => {
    const state = bench(
      { slots: [slot(1)] },
      { type: 'event', event: { type: 'station-process', state: 'down', cause: 'Killed by signal 9.' } },
    );
    expect(guidance(state, NOW)).toMatchObject({ tone: 'bad' });
    expect(guidance(state, NOW).text).toContain('Killed by signal 9.');
  });
});

describe('who is at the bench', () => {
  const technician = {
    ...INITIAL.people,
    defined: true,
    person: 'Tom',
    rights: ['look', 'rehearse', 'provision'],
    rules: { idleMinutes: 10, whileLocked: 'look', provisionFreely: false },
  } as const;
  const ready = { slots: [slot(1, { presence: 'ready' })] } as const;

  test('starts nothing that the station would refuse, and is told why', () => {
    const state = bench({ ...ready, people: technician });
    expect(obstacle(state, NOW)).toBe('not-permitted');
    expect(guidance(state, NOW).title).toBe('Tom may not provision boards without a batch');
    // A batch that boards count in is what a technician works on.
    const counted = { type: 'batches', action: { type: 'bench', name: 'B-17' } } as const;
    expect(obstacle(bench({ ...ready, people: technician }, counted), NOW)).toBeNull();
    const freely = { ...technician, rules: { ...technician.rules, provisionFreely: true } };
    expect(obstacle(bench({ ...ready, people: freely }), NOW)).toBeNull();
  });

  test('is nobody while the bench is locked, unless it may go on', () => {
    const locked = { ...technician, locked: true, rights: ['look'] } as const;
    expect(obstacle(bench({ ...ready, people: locked }), NOW)).toBe('locked');
    expect(guidance(bench({ ...ready, people: locked }), NOW).title).toBe('The bench is locked');
    const goesOn = {
      ...locked,
      rights: ['look', 'provision'],
      rules: { idleMinutes: 10, whileLocked: 'go-on', provisionFreely: true },
    } as const;
    expect(obstacle(bench({ ...ready, people: goesOn }), NOW)).toBeNull();
  });
});
