import { describe, expect, test } from 'vitest';
import { decide, type Act, type Wanted } from '../../../src/flows/index.ts';
import { ERRORS } from '../../../src/model/error-table.ts';
import type { AuthSetStatus } from '../../../src/model/device.ts';
import type { KeyFingerprint } from '../../../src/model/key.ts';
import {
  after,
  begin,
  deviceOf,
  factsOf,
  IN_USE,
  keyInUse,
  newKey,
  STAGED,
  STRANGER,
  type World,
} from './world.ts';

/**
 * The decision function, searched: every pair of a board and a server, in both server modes, with every action cut before,
 * during and after its effect, and again in the jobs that follow. What a job knows dies with it; each next job makes a key
 * of its own, and a re-keying is told which keys the jobs before it had staged.
 */

const FORMER = 'sha256:former' as KeyFingerprint;
const ALL_CASES = new Set(['unknown', 'rejected', 'elsewhere', 'identity-changed']);
/** Jobs that are cut one after the other, before one is left alone. */
const CUTS = 2;
const MODES = ['2026', '2023'] as const;
const STATUSES: readonly (AuthSetStatus | null)[] = [
  null,
  'accepted',
  'preauthorized',
  'pending',
  'rejected',
];

/** One job to be run: what it finds, and what it is to reach. */
interface Start {
  readonly world: World;
  readonly wanted: Wanted;
}

interface Run {
  /** The world before each action, and the action. */
  readonly path: readonly { readonly world: World; readonly act: Act }[];
  readonly last: World;
  readonly end: string;
}

/** Plays a job; `meddle` is what another program does to the world before the action of a number. */
function run({ world, wanted }: Start, meddle?: { readonly at: number; readonly by: Meddling }): Run {
  const path: Run['path'][number][] = [];
  let now = world;
  for (let count = 0; count < 60; count += 1) {
    if (meddle?.at === count) now = meddle.by(now);
    const decision = decide(factsOf(now), wanted);
    if ('done' in decision) return { path, last: now, end: decision.done };
    if ('stop' in decision) return { path, last: now, end: decision.stop };
    if ('wait' in decision) throw new Error('the server is there');
    path.push({ world: now, act: decision });
    now = after(now, decision, wanted);
  }
  throw new Error(`no rest: ${path.map(({ act }) => act.do).join(' ')}`);
}

/** What may be there when an action is cut: nothing of it, all of it, or, where it has parts, some of it. */
function cutsOf(world: World, act: Act, wanted: Wanted): readonly World[] {
  const whole = after(world, act, wanted);
  const parts: Partial<Record<Act['do'], Partial<World>>> = {
    // A file of which the end is missing.
    stage: { staged: 'unknown' },
    // The key in use has its second name already.
    switch: wanted.flow === 'rekey' && world.inUse !== 'none' ? { former: world.inUse } : {},
    // The server rejects the old set in one write, and accepts the new one in another.
    accept: { sets: withoutAccepted(world.sets) },
    'destroy-former': { former: 'unknown' },
    // The preauthorization by which a device is looked for was not taken back.
    ...(world.sets === null && world.inUse !== 'none' && world.inUse !== 'unknown'
      ? { 'find-device': { sets: { [world.inUse]: 'preauthorized' } } }
      : {}),
  };
  const some = parts[act.do];
  return some === undefined ? [world, whole] : [world, whole, { ...world, ...some }];
}

function withoutAccepted(sets: World['sets']): World['sets'] {
  const entries = Object.entries(sets ?? {}).map(([key, status]) => [
    key,
    status === 'accepted' ? 'rejected' : status,
  ]);
  return Object.fromEntries(entries) as World['sets'];
}

type Meddling = (world: World) => World;

/** What another station, or a person at the server's own pages, may do to a device at any moment. */
function meddlings({ sets }: World): readonly Meddling[] {
  const keys = Object.keys({ ...sets, [STRANGER]: 'pending' }) as KeyFingerprint[];
  const settings = (['accepted', 'rejected', 'pending', null] as const).flatMap((status) =>
    keys.map((key): Meddling => (world) => {
      const before = world.sets?.[key];
      if (before === 'preauthorized' && status !== null) return world;
      const { [key]: _gone, ...others } = world.sets ?? {};
      const rest = status === 'accepted' ? (withoutAccepted(others) ?? {}) : others;
      return { ...world, sets: status === null ? others : { ...rest, [key]: status } };
    }),
  );
  // A parallel accept of another station leaves two accepted keys.
  const parallel: Meddling = (world) => ({ ...world, sets: { ...world.sets, [STRANGER]: 'accepted' } });
  const removed: Meddling = (world) => ({ ...world, sets: null });
  return [...settings, parallel, removed];
}

/** The next job on what a cut one has left. */
function next(world: World, wanted: Wanted): Start {
  const { job, round = 0, ...rest } = world;
  const staged = job.key !== null && (rest.staged === job.key || rest.inUse === job.key) ? [job.key] : [];
  return {
    world: begin({ ...rest, round: round + 1 }),
    wanted: wanted.flow === 'rekey' ? { ...wanted, resumed: [...wanted.resumed, ...staged] } : wanted,
  };
}

function accepted(world: World): readonly string[] {
  return (deviceOf(world)?.authSets ?? [])
    .filter(({ status }) => status === 'accepted')
    .map(({ fingerprint }) => fingerprint);
}

function keyOf({ world, wanted }: Start): string {
  const { job: _job, sets, ...rest } = world;
  const sorted = sets === null ? null : Object.entries(sets).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([rest, sorted, wanted.flow === 'rekey' ? wanted.resumed : null]);
}

/** Every server that a board may meet: what it has of four keys. Two accepted ones are what two stations at once leave. */
function* servers(mode: (typeof MODES)[number]): Generator<World['sets']> {
  yield null;
  for (const inUse of STATUSES)
    for (const staged of STATUSES)
      for (const former of [null, 'accepted', 'rejected'] as const)
        for (const stranger of [null, 'accepted', 'preauthorized', 'pending'] as const) {
          const all: [KeyFingerprint, AuthSetStatus | null][] = [
            [IN_USE, inUse],
            [STAGED, staged],
            [FORMER, former],
            [STRANGER, stranger],
          ];
          const given = all.filter(([, status]) => status !== null);
          const count = (of: AuthSetStatus): number => given.filter(([, status]) => status === of).length;
          if (count('accepted') > 2 || count('preauthorized') > 1) continue;
          // A server of 2023 never has a preauthorized set beside an accepted one.
          if (mode === '2023' && count('accepted') > 0 && count('preauthorized') > 0) continue;
          yield Object.fromEntries(given) as World['sets'];
        }
}

function* worlds(mode: (typeof MODES)[number], openssl: boolean): Generator<World> {
  for (const inUse of ['none', 'unknown', IN_USE] as const)
    for (const staged of ['none', 'unknown', STAGED] as const)
      for (const former of ['none', FORMER] as const)
        for (const configured of [true, false])
          for (const sets of servers(mode))
            yield begin({
              mode,
              inUse,
              staged,
              former,
              openssl,
              configured,
              sets,
              decommissioning: false,
              // Of a key that nobody can tell the server knows another one than of those here.
              ...(inUse === 'unknown' ? { hidden: 'sha256:hidden' as KeyFingerprint } : {}),
            });
}

/** Plays every job from these starts, and every job that follows a cut one; gives each finished run to `see`. */
function search(starts: Iterable<Start>, see: (start: Start, run: Run, depth: number) => void): number {
  const seen = new Set<string>();
  let wave: Start[] = [...starts];
  for (let depth = 0; depth <= CUTS; depth += 1) {
    const following: Start[] = [];
    for (const start of wave) {
      const key = keyOf(start);
      if (seen.has(key)) continue;
      seen.add(key);
      const played = run(start);
      see(start, played, depth);
      if (depth === CUTS) continue;
      for (const { world, act } of played.path)
        for (const cut of cutsOf(world, act, start.wanted)) following.push(next(cut, start.wanted));
    }
    wave = following;
  }
  return seen.size;
}

/** What has to be so of a run. The words are put together only where it is not. */
function holding(start: Start, { path, end }: Run): (condition: boolean, what: string) => void {
  return (condition, what) => {
    if (condition) return;
    const { job: _job, ...world } = start.world;
    const actions = path.map(({ act }) => act.do).join(' ');
    expect.fail(`${what}: ${JSON.stringify(world)} -> ${actions} -> ${end}`);
  };
}

function rekeying(from: 'board' | 'generate'): Wanted {
  return {
    flow: 'rekey',
    key: { from, type: 'ed25519' },
    leastProof: 'board-client',
    resumed: [],
    confirmed: ALL_CASES,
    decommissionFormer: false,
  };
}

describe.each(MODES)('re-keying, searched, %s', (mode) => {
  test.each([true, false])(
    'openssl on the board: %s',
    (openssl) => {
      const wanted = rekeying(openssl ? 'board' : 'generate');
      function* starts(): Generator<Start> {
        for (const world of worlds(mode, openssl)) yield { world, wanted };
      }
      const count = search(starts(), (start, played) => {
        const { path, last, end } = played;
        const holds = holding(start, played);
        // With every case confirmed nothing that can be found stops it: no board is left that cannot be made good.
        holds(end === 'pass' || end === 'already', 'it ends well');
        const key = keyInUse(last);
        const resumed: readonly string[] = start.wanted.flow === 'rekey' ? start.wanted.resumed : [];
        holds(key === newKey(start.world) || resumed.includes(key ?? ''), 'the unit has a new key');
        const sets = Object.entries(last.sets ?? {});
        holds(sets.length === 1 && last.sets?.[key as KeyFingerprint] === 'accepted', 'it is the only one');
        holds(last.staged === 'none' && last.former === 'none', 'no other key is left on the board');
        const most = Math.max(1, accepted(start.world).length);
        const before = keyInUse(start.world);
        const wasGood = before !== null && start.world.sets?.[before] === 'accepted';
        for (const { world, act } of path) {
          holds(accepted(world).length <= most, 'two keys are never accepted');
          const status = world.sets?.[keyInUse(world) as KeyFingerprint];
          const isStagedGood = world.sets?.[world.staged as KeyFingerprint] === 'accepted';
          holds(
            !wasGood ||
              status === 'accepted' ||
              status === 'preauthorized' ||
              (act.do === 'switch' && isStagedGood),
            'a unit that could authenticate can, or its staged key can and is being put in use',
          );
        }
      });
      expect(count).toBeGreaterThan(1_000);
    },
    120_000,
  );
});

describe.each(MODES)('another program meddles at any moment of a re-keying, %s', (mode) => {
  test.each([true, false])('openssl on the board: %s', (openssl) => {
    const wanted = rekeying(openssl ? 'board' : 'generate');
    let count = 0;
    for (const configured of [true, false])
      for (const stranger of [null, 'pending', 'rejected'] as const) {
        const sets = { [IN_USE]: 'accepted', ...(stranger === null ? {} : { [STRANGER]: stranger }) };
        const world = begin({
          mode,
          inUse: IN_USE,
          staged: 'none',
          openssl,
          configured,
          sets: sets as World['sets'],
          decommissioning: false,
        });
        const start = { world, wanted };
        for (const [at, { world: then }] of run(start).path.entries())
          for (const by of meddlings(then)) {
            count += 1;
            const played = run(start, { at, by });
            const { last, end } = played;
            const holds = holding(start, played);
            holds(accepted(last).length < 2, 'two keys are not left accepted');
            if (end === 'pass')
              holds(
                Object.keys(last.sets ?? {}).length === 1 && accepted(last)[0] === keyInUse(last),
                'its key is the only one',
              );
            else holds(end in ERRORS, 'the stop has a name');
            // Whatever was done to it, the next re-keying makes it good.
            const again = run(next(last, wanted));
            holding(next(last, wanted), again)(
              again.end === 'pass' || again.end === 'already',
              'it is made good',
            );
          }
      }
    expect(count).toBeGreaterThan(200);
  });
});

describe.each(MODES)('provisioning, searched, %s', (mode) => {
  test.each(['board', 'generate', 'keep'] as const)(
    'with a key from %s',
    (from) => {
      const key: Wanted['key'] = from === 'keep' ? { from } : { from, type: 'ed25519' };
      const wanted: Wanted = { flow: 'provision', key, leastProof: 'board-client' };
      function* starts(): Generator<Start> {
        for (const world of worlds(mode, true)) yield { world, wanted };
      }
      const count = search(starts(), (start, played) => {
        const { path, last, end } = played;
        const holds = holding(start, played);
        const most = Math.max(1, accepted(start.world).length);
        for (const { world } of path) holds(accepted(world).length <= most, 'two keys are never accepted');
        if (end === 'pass' || end === 'already') {
          const found = accepted(last);
          holds(found.length === 1 && found[0] === keyInUse(last), 'the key in use is the accepted one');
          holds(last.staged === 'none', 'nothing is left staged');
        } else holds(end in ERRORS, 'the stop has a name');
        const own = last.sets?.[newKey(last)];
        holds(
          (own !== 'accepted' && own !== 'preauthorized') ||
            keyInUse(last) === newKey(last) ||
            last.staged === newKey(last),
          'no key of this job is left where nobody has it',
        );
      });
      expect(count).toBeGreaterThan(1_000);
    },
    120_000,
  );
});
