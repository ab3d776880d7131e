/** Jobs that end before they are done while the station lives: a pulled cable, a lid that is closed. */
import { expect, it } from 'vitest';
import type { StationEvent } from '../../../src/contract.ts';
import type { StepName } from '../../../src/model/job.ts';
import { StationError } from '../../../src/model/station-error.ts';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';
import type { Station } from '../../../src/station.ts';
import { UnfinishedJobs, type UnfinishedParts } from '../../../src/station/unfinished.ts';
import { virtualTime, type VirtualTime } from '../virtual-time.ts';
import { board as makeBoard, logIn, Ports, startServer, stationOn } from './boards.ts';
import { write } from './batches/files.ts';
import { makeHome } from './home.ts';

const CALL = { server: 'bench', profile: 'mender' } as const;

/** Calls back once, when a job comes to a step. */
function onStep(station: Station, step: StepName, run: () => void): void {
  const stop = station.subscribe((event) => {
    if (event.type !== 'job' || event.job.steps.at(-1)?.step !== step) return;
    stop();
    run();
  });
}

function told(station: Station): Extract<StationEvent, { type: 'interrupted' }>[] {
  const events: Extract<StationEvent, { type: 'interrupted' }>[] = [];
  station.subscribe((event) => {
    if (event.type === 'interrupted') events.push(event);
  });
  return events;
}

/** A clock whose wall time a test moves on, as the sleep of a machine does. */
function sleepy(): VirtualTime & { slept: (ms: number) => void } {
  const time = virtualTime();
  let slept = 0;
  return {
    now: () => time.now() + slept,
    monotonic: () => time.monotonic(),
    sleep: (ms, signal) => time.sleep(ms, signal),
    after: (ms, run) => time.after(ms, run),
    hold: (work) => time.hold(work),
    slept: (ms) => void (slept += ms),
    [Symbol.dispose]: () => time[Symbol.dispose](),
  };
}

it.each(['stage', 'accept', 'switch'] as const)(
  'a lid that is closed in the step %s leaves a job that is listed at once, and finished when all is there again',
  async (step) => {
    const time = sleepy();
    const [server, ports, home] = [await startServer(), new Ports(), makeHome()];
    const unit = makeBoard(time, 1);
    ports.put('left', unit);
    const station = await stationOn(home, ports, time);
    await logIn(station, server);
    const events = told(station);
    onStep(station, step, () => {
      // Hours pass that no timer of the machine sees; the adapter and every connection are gone.
      time.slept(5 * 3_600_000);
      ports.put('left', null);
    });
    const report = await station.call('provision', { ports: ['left'], ...CALL });
    const [job] = report.jobs;
    expect(job).toMatchObject({ verdict: 'fail', error: { retriable: true } });
    // What is waited for is waited for by the clock that does not jump.
    expect(job?.steps.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(60_000);
    expect(events.at(-1)?.interrupted).toMatchObject([
      { job: job?.job, identity: unit.identity, port: 'left', boardAt: null, state: 'interrupted' },
    ]);
    expect((await station.call('snapshot', {})).interrupted).toEqual(events.at(-1)?.interrupted);

    ports.put('right', unit);
    const resumed = await station.call('resume', {});
    expect(resumed.jobs).toMatchObject([{ verdict: 'pass', port: 'right', error: null }]);
    expect(events.at(-1)?.interrupted).toEqual([]);
    const [device, ...others] = server.inspect();
    expect(others).toEqual([]);
    expect(device?.sets.map(({ status }) => status)).toEqual(['accepted']);
  },
);

it('the list says where a board is as soon as it was read, and resuming takes no other board for it', async () => {
  const time = virtualTime();
  const [server, ports, home] = [await startServer(), new Ports(), makeHome()];
  const [unit, other] = [makeBoard(time, 1), makeBoard(time, 2)];
  ports.put('left', unit);
  const station = await stationOn(home, ports, time);
  await logIn(station, server);
  onStep(station, 'accept', () => ports.put('left', null));
  await station.call('provision', { ports: ['left'], ...CALL });

  ports.put('left', other);
  const [job] = await station.call('resume.list', {});
  await expect(station.call('resume', { job: job?.job ?? '' })).rejects.toMatchObject({
    code: 'job/board-not-here',
  });
  expect(server.inspect()).toHaveLength(1);

  ports.put('right', unit);
  await station.call('identify', { port: 'right', profile: 'mender' });
  expect(await station.call('resume.list', {})).toMatchObject([{ job: job?.job, boardAt: 'right' }]);
  // Changed for another one after it was read there: what the job itself reads counts.
  ports.put('right', other);
  expect(await station.call('resume', { job: job?.job ?? '' })).toMatchObject({
    jobs: [{ port: 'right', identity: other.identity, error: { code: 'job/other-board' } }],
  });
  expect(server.inspect()).toHaveLength(1);

  ports.put('right', unit);
  await station.call('identify', { port: 'right', profile: 'mender' });
  expect(await station.call('resume.list', {})).toMatchObject([{ job: job?.job, boardAt: 'right' }]);
  // Changed for another one after it was read there: what the job itself reads counts.
  ports.put('right', other);
  const { jobs } = await station.call('resume', { job: job?.job ?? '' }).catch(() => ({ jobs: [] }));
  expect(jobs.every(({ error }) => error?.code === 'job/other-board')).toBe(true);
  expect(server.inspect()).toHaveLength(1);

  ports.put('right', unit);
  expect(await station.call('resume', {})).toMatchObject({ jobs: [{ verdict: 'pass', port: 'right' }] });
});

it('jobs that were started alike are finished side by side', async () => {
  const time = virtualTime();
  const [server, ports, home] = [await startServer(), new Ports(), makeHome()];
  const units = [makeBoard(time, 1), makeBoard(time, 2)];
  for (const [at, unit] of units.entries()) ports.put(`p${at}`, unit);
  const station = await stationOn(home, ports, time);
  await logIn(station, server);
  const cut = new Set<string>();
  station.subscribe((event) => {
    if (event.type !== 'job' || event.job.steps.at(-1)?.step !== 'switch' || cut.has(event.job.port)) return;
    cut.add(event.job.port);
    units[Number(event.job.port.slice(1))]?.unplug();
  });
  const report = await station.call('provision', { ports: ['p0', 'p1'], ...CALL });
  expect(report.jobs.map(({ error }) => error?.code)).toEqual([
    'board/switch-unknown',
    'board/switch-unknown',
  ]);
  expect(await station.call('resume.list', {})).toHaveLength(2);
  const resumed = await station.call('resume', {});
  expect(resumed.jobs.map(({ port, verdict }) => [port, verdict]).toSorted()).toEqual([
    ['p0', 'pass'],
    ['p1', 'pass'],
  ]);
  expect(await station.call('resume.list', {})).toEqual([]);
  expect(server.inspect().map(({ sets }) => sets.map(({ status }) => status))).toEqual([
    ['accepted'],
    ['accepted'],
  ]);
});

it('a job is finished by whom it would be begun by: without a batch not by a technician, unless all may', async () => {
  const time = virtualTime();
  const [server, ports, home] = [await startServer(), new Ports(), makeHome()];
  const [free, counted] = [makeBoard(time, 1), makeBoard(time, 2)];
  ports.put('left', free);
  ports.put('right', counted);
  const station = await stationOn(home, ports, time);
  await logIn(station, server);
  const path = write(['mac', '52:54:00:cd:00:02']);
  await station.call('batch.import', { path, name: 'spring' });
  const cut = async (port: string, board: SimulatedBoard, more: object = {}): Promise<void> => {
    onStep(station, 'accept', () => ports.put(port, null));
    await station.call('provision', { ports: [port], ...CALL, ...more });
    ports.put(port, board);
  };
  await cut('left', free);
  await cut('right', counted, { batch: 'spring' });
  await station.call('people.add', { name: 'Ada', role: 'admin', pin: '482913' });
  await station.call('people.add', { name: 'Tom', role: 'technician', pin: '730258' });
  await station.call('people.sign-in', { name: 'Tom', code: '730258' });

  const [first, second] = await station.call('resume.list', {});
  expect([first?.right, second?.right]).toEqual(['provision-freely', 'provision']);
  await expect(station.call('resume', { job: first?.job ?? '' })).rejects.toMatchObject({
    code: 'station/not-permitted',
    message: 'Tom may not provision boards without a batch.',
  });
  // All that he may: the other one stays on the list.
  expect(await station.call('resume', {})).toMatchObject({ jobs: [{ verdict: 'pass', port: 'right' }] });
  expect(await station.call('resume.list', {})).toMatchObject([{ job: first?.job }]);

  await station.call('people.sign-in', { name: 'Ada', code: '482913' });
  await station.call('people.rules', { provisionFreely: true });
  await station.call('people.sign-in', { name: 'Tom', code: '730258' });
  expect(await station.call('resume', {})).toMatchObject({ jobs: [{ verdict: 'pass', port: 'left' }] });
});

it('a record that cannot be read keeps nobody from telling of a slot or a job', () => {
  const reader = {
    openJobs: () => {
      throw new StationError('journal/unusable', { path: 'p', detail: 'gone' });
    },
  };
  const told: StationEvent[] = [];
  const unfinished = new UnfinishedJobs({
    record: { reader, isWriter: () => true, holder: () => null },
    tell: (event: StationEvent) => told.push(event),
  } as unknown as UnfinishedParts);
  expect(() => unfinished.list()).toThrow(/gone/);
  expect(() => unfinished.tellChanges()).not.toThrow();
  expect(told).toEqual([]);
});
