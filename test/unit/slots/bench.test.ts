import { expect, onTestFinished, test } from 'vitest';
import type { BoardDriver } from '../../../src/boards/driver.ts';
import type { StationEvent } from '../../../src/contract.ts';
import type { Presence } from '../../../src/model/board.ts';
import type { BoardProfile } from '../../../src/model/profile.ts';
import { StationError } from '../../../src/model/station-error.ts';
import { createVirtualClock } from '../../../src/rehearsal/board/index.ts';
import type { ByteLink, PortEntry } from '../../../src/serial/index.ts';
import { BUILT_IN } from '../../../src/settings/index.ts';
import { Bench } from '../../../src/slots/bench.ts';
import { Jobs } from '../../../src/slots/jobs.ts';
import type { PortSource } from '../../../src/slots/port-source.ts';

const profile = ((): BoardProfile => {
  const [first] = BUILT_IN;
  if (first === undefined) throw new Error('there is no built-in profile');
  return first;
})();
const never = new AbortController().signal;

function port(name: string): PortEntry {
  return { slot: `slot-${name}`, path: `/dev/${name}`, label: name, usb: null, byId: null, byPath: null };
}

/** Ports that come and go as a test says, and a driver that finds on them what a test says. */
function table() {
  const clock = createVirtualClock();
  const events: StationEvent[] = [];
  const muted = new Set<string>();
  const present = new Map<string, Presence | StationError>();
  const open = new Set<string>();
  let changed = (): void => undefined;
  let probes = 0;
  let hold: Promise<void> | null = null;
  const source: PortSource = {
    simulated: false,
    list: () => Promise.resolve([...present.keys()].map(port)),
    open(path): Promise<ByteLink> {
      const found = present.get(path.replace('/dev/', ''));
      if (found instanceof StationError) return Promise.reject(found);
      if (open.has(path)) return Promise.reject(new StationError('port/busy', { port: path, holder: 'us' }));
      open.add(path);
      return Promise.resolve({
        name: path,
        ended: new Promise<never>(() => undefined),
        write: () => Promise.resolve(),
        onData: () => () => undefined,
        close: () => {
          open.delete(path);
          return Promise.resolve();
        },
      });
    },
    watch: (told) => {
      changed = told;
      return { [Symbol.dispose]: () => (changed = () => undefined) };
    },
  };
  const driver: BoardDriver = {
    name: 'linux-console',
    async probe(link, { signal }) {
      probes += 1;
      if (hold !== null)
        await Promise.race([
          hold,
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new StationError('job/cancelled'))),
          ),
        ]);
      const found = present.get(link.name.replace('/dev/', ''));
      return typeof found === 'string' ? found : 'unknown';
    },
    open: () => Promise.reject(new Error('not of this test')),
  };
  const jobs = new Jobs((event) => events.push(event));
  const bench = new Bench({
    driver,
    jobs,
    clock,
    profile: () => profile,
    muted: () => muted,
    tell: (event) => events.push(event),
    probing: true,
  });
  onTestFinished(() => bench[Symbol.asyncDispose]());
  return {
    clock,
    events,
    muted,
    present,
    bench,
    source,
    open,
    plug: (name: string, what: Presence | StationError) => {
      present.set(name, what);
      changed();
    },
    unplug: (name: string) => {
      present.delete(name);
      changed();
    },
    holdProbes: (until: Promise<void>): void => {
      hold = until;
    },
    get probes() {
      return probes;
    },
    presence: (name: string) => bench.views().find(({ port: path }) => path === `/dev/${name}`)?.presence,
  };
}

test('ports come and go, and each change is told with the whole slot', async () => {
  const t = table();
  await t.bench.addSource(t.source);
  expect(t.bench.views()).toEqual([]);
  t.plug('a', 'ready');
  await t.clock.advance(1_000);
  expect(t.presence('a')).toBe('ready');
  expect(t.events.at(-1)).toEqual({ type: 'slot', slot: t.bench.views()[0] });
  t.unplug('a');
  await t.clock.advance(100);
  expect(t.bench.views()).toEqual([]);
  expect(t.events.at(-1)).toEqual({ type: 'slot-gone', slot: 'slot-a' });
});

test('an idle port is looked at again after a while, and only a change is told', async () => {
  const t = table();
  t.present.set('a', 'silent');
  await t.bench.addSource(t.source);
  await t.clock.advance(5_000);
  expect([t.probes, t.presence('a')]).toEqual([1, 'silent']);
  const told = t.events.length;
  await t.clock.advance(8_000);
  expect([t.probes, t.events.length]).toEqual([2, told]);
  t.present.set('a', 'ready');
  await t.clock.advance(12_000);
  expect(t.presence('a')).toBe('ready');
});

test('a muted port is left alone, at once', async () => {
  const t = table();
  t.muted.add('slot-a');
  t.present.set('a', 'ready');
  t.present.set('b', 'ready');
  t.holdProbes(new Promise(() => undefined));
  await t.bench.addSource(t.source);
  await t.clock.advance(1_000);
  expect(t.presence('a')).toBe('muted');
  expect([...t.open]).toEqual(['/dev/b']);
  t.muted.add('slot-b');
  t.bench.touch('slot-b');
  await t.clock.settle();
  expect([...t.open]).toEqual([]);
  expect(t.presence('b')).toBe('muted');
});

test('a busy port names its holder, and one without rights says so', async () => {
  const t = table();
  t.present.set('a', new StationError('port/busy', { port: '/dev/a', holder: 'ModemManager (pid 7)' }));
  t.present.set('b', new StationError('port/no-permission', { port: '/dev/b', remedy: 'Join dialout.' }));
  await t.bench.addSource(t.source);
  await t.clock.advance(1_000);
  expect(t.bench.views()).toMatchObject([
    { presence: 'busy', error: { code: 'port/busy', message: '/dev/a is in use by ModemManager (pid 7).' } },
    { presence: 'no-permission', error: { code: 'port/no-permission' } },
  ]);
});

test('whoever opens a port waits until the look at it has let go, and no look begins while it is open', async () => {
  const t = table();
  t.present.set('a', 'ready');
  t.holdProbes(new Promise(() => undefined));
  await t.bench.addSource(t.source);
  await t.clock.advance(1_000);
  expect([...t.open]).toEqual(['/dev/a']);
  const link = await t.bench.open(await t.bench.port('slot-a'), profile.line, never);
  expect([...t.open]).toEqual(['/dev/a']);
  await t.clock.advance(60_000);
  expect(t.probes).toBe(1);
  await link.close();
  expect([...t.open]).toEqual([]);
});

test('a list that is asked for while one is made waits for one that knows the change', async () => {
  const t = table();
  await t.bench.addSource(t.source);
  const first = t.bench.refresh();
  t.present.set('late', 'ready');
  await Promise.all([first, t.bench.refresh()]);
  expect(t.bench.views()).toHaveLength(1);
  const going = t.bench.refresh();
  await Promise.all([going, t.bench.removeSource(t.source)]);
  expect(t.bench.views()).toEqual([]);
});

test('a port is found by its path or its slot; an unknown name is refused', async () => {
  const t = table();
  t.present.set('a', 'ready');
  await t.bench.addSource(t.source);
  expect((await t.bench.port('/dev/a')).slot).toBe('slot-a');
  expect((await t.bench.port('slot-a')).path).toBe('/dev/a');
  t.present.set('b', 'ready');
  expect((await t.bench.port('slot-b')).path).toBe('/dev/b');
  await expect(t.bench.port('nowhere')).rejects.toMatchObject({ code: 'port/not-found' });
});
