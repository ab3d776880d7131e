import { describe, expect, test } from 'vitest';
import { decide, type Wanted } from '../../../src/flows/index.ts';
import type { AuthSetStatus } from '../../../src/model/device.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import {
  after,
  begin,
  deviceOf,
  factsOf,
  IN_USE,
  keyInUse,
  NEW,
  STAGED,
  STRANGER,
  type World,
} from './world.ts';

const SOURCES: readonly Wanted['key'][] = [
  { from: 'board', type: 'ed25519' },
  { from: 'generate', type: 'ed25519' },
  { from: 'import', directory: 'keys' },
  { from: 'keep' },
  { from: 'client' },
];
const STATUSES: readonly (AuthSetStatus | null)[] = [
  null,
  'accepted',
  'preauthorized',
  'pending',
  'rejected',
];

/** Every board and server that a job for such a key may find. A board without openssl never gets as far with a key of its own. */
function* worlds(key: Wanted['key']): Generator<World> {
  for (const inUse of ['none', 'unknown', IN_USE] as const)
    for (const staged of ['none', 'unknown', STAGED] as const)
      for (const openssl of key.from === 'board' ? [true] : [true, false])
        for (const configured of [true, false])
          for (const decommissioning of [true, false])
            for (const sets of decommissioning ? [{ [IN_USE]: 'accepted' } as World['sets']] : setsOf())
              yield begin({ inUse, staged, openssl, configured, decommissioning, sets });
}

function* setsOf(): Generator<World['sets']> {
  yield null;
  for (const inUse of STATUSES)
    for (const staged of STATUSES)
      for (const stranger of STATUSES) {
        const all: [KeyFingerprint, AuthSetStatus | null][] = [
          [IN_USE, inUse],
          [STAGED, staged],
          [STRANGER, stranger],
        ];
        const given = all.filter(([, status]) => status !== null);
        // A server itself never holds two accepted sets; that case is a test of its own.
        if (given.filter(([, status]) => status === 'accepted').length > 1) continue;
        if (given.filter(([, status]) => status === 'preauthorized').length > 1) continue;
        yield Object.fromEntries(given) as World['sets'];
      }
}

interface Run {
  readonly states: readonly World[];
  readonly last: World;
  readonly end: string;
}

function run(world: World, wanted: Wanted): Run {
  const states = [world];
  let now = world;
  for (let count = 0; count < 40; count += 1) {
    const decision = decide(factsOf(now), wanted);
    if ('done' in decision) return { states, last: now, end: decision.done };
    if ('stop' in decision) return { states, last: now, end: decision.stop };
    if ('wait' in decision) throw new Error('a provisioning waits for nothing');
    now = after(now, decision, wanted);
    states.push(now);
  }
  throw new Error(`no rest from ${JSON.stringify(world)}`);
}

/** The world that a later job finds when this one died here: what it held at the station is gone. */
function cutAt({ job: _gone, ...rest }: World): World {
  return begin(rest);
}

function accepted(world: World): string[] {
  return (deviceOf(world)?.authSets ?? [])
    .filter((set) => set.status === 'accepted')
    .map((set) => set.fingerprint);
}

describe.each(SOURCES)('every board and server, with a key from $from', (key) => {
  const wanted: Wanted = { flow: 'provision', key, leastProof: 'board-client' };

  test('ends in pass, already or a named stop, with at most one accepted key at every moment', () => {
    for (const world of worlds(key)) {
      const { states, last, end } = run(world, wanted);
      for (const state of states) expect(accepted(state).length).toBeLessThanOrEqual(1);
      if (end === 'pass' || end === 'already') {
        expect([keyInUse(last)]).toEqual(accepted(last));
        expect(last.job.proof).toBe('board-client');
        expect(last.staged).toBe('none');
        expect(last.configured).toBe(true);
      } else expect(end).toMatch(/^(server|board|job)\//);
      if (end === 'already') expect(last).toEqual({ ...world, job: last.job });
    }
  });

  test('a stop that was to be foreseen changes nothing', () => {
    for (const world of worlds(key)) {
      const { last, end } = run(world, wanted);
      if (end === 'pass' || end === 'already' || world.staged !== 'none') continue;
      // Which key only the client can use is seen by letting it ask.
      if (last.job.knocks > 0) continue;
      // A preauthorized device whose key an import may bring is looked at only after the import.
      expect(last.job.changed, `${end} ${JSON.stringify(world)}`).toBe(false);
    }
  });

  test('cut anywhere, the next job brings it to the same kind of end', () => {
    for (const world of worlds(key)) {
      const first = run(world, wanted);
      if (first.end !== 'pass') continue;
      for (const state of first.states) {
        const again = run(cutAt(state), wanted);
        // Of several sets, of which one is rejected, none is removed to see which comes back.
        if (again.end === 'board/key-not-shown' && Object.values(state.sets ?? {}).includes('rejected'))
          continue;
        expect(['pass', 'already'], `${again.end} from ${JSON.stringify(state)}`).toContain(again.end);
        expect(accepted(again.last)).toEqual([keyInUse(again.last)]);
      }
    }
  });
});

test('the key of an accepted board is never replaced by a provisioning', () => {
  for (const key of SOURCES)
    for (const world of worlds(key)) {
      const [before] = accepted(world);
      if (before === undefined) continue;
      expect(accepted(run(world, { flow: 'provision', key, leastProof: 'station' }).last)).toEqual([before]);
    }
});

test('a staged key is not thrown away where the server did not find the device: it may be the accepted one', () => {
  for (const from of ['board', 'generate'] as const)
    for (const status of ['accepted', 'pending'] as const) {
      const world = begin({
        inUse: IN_USE,
        staged: STAGED,
        openssl: true,
        configured: true,
        decommissioning: false,
        sets: { [STAGED]: status },
      });
      const wanted: Wanted = {
        flow: 'provision',
        key: { from, type: 'ed25519' },
        leastProof: 'board-client',
      };
      const { board, job, server } = factsOf(world);
      const unfound = { board, job, server: { ...server, device: null } };
      const decision = decide(unfound, wanted);
      expect(decision).toEqual({ do: 'submit', key: STAGED, signer: 'board-staged' });
      const { last, end } = run(
        after(world, decision as Extract<typeof decision, { do: unknown }>, wanted),
        wanted,
      );
      expect(end).toBe('pass');
      expect(last.sets).toEqual({ [STAGED]: 'accepted' });
    }
});

test('of two accepted keys on the server the one on the board wins; where it has neither, the job stops', () => {
  const world = begin({
    inUse: IN_USE,
    staged: 'none',
    openssl: true,
    configured: true,
    decommissioning: false,
    sets: { [IN_USE]: 'accepted', [STRANGER]: 'accepted' },
  });
  const wanted: Wanted = { flow: 'provision', key: { from: 'keep' }, leastProof: 'station' };
  expect(run(world, wanted)).toMatchObject({
    end: 'pass',
    last: { sets: { [IN_USE]: 'accepted', [STRANGER]: 'rejected' } },
  });
  const elsewhere = { ...world, sets: { [STAGED]: 'accepted', [STRANGER]: 'accepted' } as World['sets'] };
  expect(run(elsewhere, wanted).end).toBe('server/two-accepted');
});

test('a new board on an empty server takes the order that does not break it', () => {
  const world = begin({
    inUse: 'none',
    staged: 'none',
    openssl: true,
    configured: false,
    decommissioning: false,
    sets: null,
  });
  const wanted: Wanted = {
    flow: 'provision',
    key: { from: 'generate', type: 'ed25519' },
    leastProof: 'board-client',
  };
  const order: string[] = [];
  let now = world;
  for (;;) {
    const decision = decide(factsOf(now), wanted);
    if (!('do' in decision)) break;
    order.push(decision.do);
    now = after(now, decision, wanted);
  }
  expect(order).toEqual([
    'make-key',
    'stage',
    'submit',
    'accept',
    'authenticate',
    'switch',
    'prove',
    'verify-device',
  ]);
  expect(now.inUse).toBe(NEW);
});

test("what the board's own client left pending is removed once another key is accepted", () => {
  const world = begin({
    inUse: IN_USE,
    staged: 'none',
    openssl: true,
    configured: true,
    decommissioning: false,
    sets: { [IN_USE]: 'pending' },
  });
  const { last, end } = run(world, {
    flow: 'provision',
    key: { from: 'board', type: 'ed25519' },
    leastProof: 'board-client',
  });
  expect(end).toBe('pass');
  expect(last.sets).toEqual({ [NEW]: 'accepted' });
});

test('nothing takes the place of the key of a client certificate, not even an accepted key that lies staged', () => {
  for (const sets of [null, { [STAGED]: 'accepted' }, { [STAGED]: 'preauthorized' }] as World['sets'][]) {
    const world = begin({
      inUse: IN_USE,
      staged: STAGED,
      openssl: true,
      configured: true,
      decommissioning: false,
      sets,
    });
    const seen = factsOf(world);
    const facts = { ...seen, board: { ...seen.board, fixedKey: 'mutual-tls' as const } };
    const key = { from: 'board', type: 'ed25519' } as const;
    expect(decide(facts, { flow: 'provision', key, leastProof: 'station' })).toMatchObject({
      stop: 'board/key-mutual-tls',
    });
  }
});
