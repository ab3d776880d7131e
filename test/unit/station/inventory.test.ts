import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallInput } from '../../../src/contract.ts';
import { openJournal, readJournal } from '../../../src/journal/index.ts';
import { inTurns } from '../../../src/journal/turns.ts';
import { startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import { createMenderServer } from '../../../src/servers/mender/index.ts';
import type { Station } from '../../../src/station.ts';
import { ADMIN, knock, never, newKey } from '../servers/mender/bench.ts';
import { profileOf } from '../servers/peers.ts';
import { virtualTime } from '../virtual-time.ts';
import { write } from './batches/files.ts';
import { board, logIn, Ports, stationOn } from './boards.ts';
import { makeHome } from './home.ts';

const mac = (n: number): string => `52:54:00:cd:00:0${n}`;
const HEADER = 'mac,group,tag.order,tag.name';
const row = (n: number): string => `${mac(n)},plant-7,4711,gateway ${n}`;

/** A station with boards on their ports, a server whose inventory is late by `lagMs`, and a batch with tags and groups. */
async function bench(boards: number, lagMs = 0, lines: readonly string[] = [HEADER, row(1), row(2)]) {
  const time = virtualTime();
  const server = await startMenderServer({
    decommissionMs: 20,
    inventoryLagMs: lagMs,
    clock: () => time.now(),
  });
  onTestFinished(() => server.close());
  const home = makeHome();
  const ports = new Ports();
  const open = (): Promise<Station> => stationOn(home, ports, time);
  const station = await open();
  await logIn(station, server);
  for (let n = 1; n <= boards; n++) ports.put(`port${n}`, board(time, n));
  await station.call('batch.import', { path: write(lines), name: 'spring' });
  const provision = (
    numbers: readonly number[],
    more: Partial<CallInput<'provision'>> = { batch: 'spring' },
    at = station,
  ) =>
    at.call('provision', {
      ports: numbers.map((n) => `port${n}`),
      server: 'bench',
      profile: 'mender',
      ...more,
    });
  return { station, provision, server, time, home, open };
}

/** Resolves once every wish has come to an end. */
async function settled(station: Station): Promise<Readonly<Record<'open' | 'done' | 'failed', number>>> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      station.call('inventory.counts', {}).then((counts) => {
        if (counts.open > 0) return;
        unsubscribe();
        resolve(counts);
      }, reject);
    };
    const unsubscribe = station.subscribe(({ type }) => {
      if (type === 'record' || type === 'batch') look();
    });
    look();
  });
}

const described = (server: MenderServer): unknown =>
  server.inspect().map(({ identity, tags, group }) => [identity['mac'], tags, group]);
const tagCalls = (server: MenderServer): number =>
  server.requests.entries.filter(({ step }) => step === 'tags').length;

describe('boards of a batch, once they are through', () => {
  it('get name tag, tags and group of their rows; record, batch and result say so', async () => {
    const { station, provision, server, home } = await bench(2);
    const report = await provision([1, 2]);
    expect(report.jobs.map(({ verdict, inventory }) => [verdict, inventory?.group])).toEqual([
      ['pass', 'plant-7'],
      ['pass', 'plant-7'],
    ]);
    expect(await settled(station)).toEqual({ open: 0, done: 2, failed: 0 });
    expect(described(server)).toEqual(
      expect.arrayContaining([
        [mac(1), { order: '4711', name: 'gateway 1' }, 'plant-7'],
        [mac(2), { order: '4711', name: 'gateway 2' }, 'plant-7'],
      ]),
    );
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({
      units: 2,
      inventory: { open: 0, done: 2, failed: 0 },
    });
    expect(await station.call('journal.list', {})).toMatchObject([
      { inventory: { state: 'done', tags: { order: '4711' }, error: null } },
      { inventory: { state: 'done' } },
    ]);
    expect(await station.call('journal.stats', {})).toMatchObject({
      batches: [{ name: 'spring', rows: 2, units: 2, jobs: { pass: 2, already: 0, fail: 0, stopped: 0 } }],
    });
    expect(await station.call('journal.verify', {})).toMatchObject({ ok: true });
    await station[Symbol.asyncDispose]();
    using journal = readJournal(join(home, 'journal.db'), {
      stationId: 'ST-TEST',
      clock: { now: () => 0, monotonic: () => 0 },
      holder: { program: 'test' },
    });
    expect(journal.checkProjections()).toBeNull();
    expect(await inTurns(journal.verifying())).toMatchObject({ ok: true });
  }, 60_000);

  it('are tried again while the inventory has not learnt of them, and pass at once all the same', async () => {
    const { station, provision, server } = await bench(1, 45_000);
    const [job] = (await provision([1])).jobs;
    expect(job).toMatchObject({ verdict: 'pass', inventory: { state: 'open' } });
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(described(server)).toMatchObject([[mac(1), { name: 'gateway 1' }, 'plant-7']]);
    expect(tagCalls(server)).toBe(1);
  }, 60_000);

  it('are given up after an hour with the reason, and tried anew when a person asks', async () => {
    const { station, provision, server } = await bench(1, 90 * 60_000);
    expect((await provision([1])).jobs[0]?.verdict).toBe('pass');
    expect(await settled(station)).toEqual({ open: 0, done: 0, failed: 1 });
    expect(await station.call('inventory.list', { batch: 'spring', state: 'failed' })).toMatchObject([
      { identity: mac(1), batch: 'spring', error: { code: 'inventory/not-known' } },
    ]);
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({
      units: 1,
      inventory: { failed: 1 },
    });
    expect(described(server)).toEqual([[mac(1), {}, undefined]]);
    expect(await station.call('inventory.retry', { batch: 'spring' })).toMatchObject({ again: 1 });
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(described(server)).toMatchObject([[mac(1), { name: 'gateway 1' }, 'plant-7']]);
  }, 60_000);

  it('whose tags a server fails to take are tried again, and an answer that was lost doubles nothing', async () => {
    const { station, provision, server } = await bench(1);
    server.faults.add({ on: 'tags', times: 2, act: { kind: 'status', status: 500 } });
    server.faults.add({ on: 'tags', skip: 0, times: 1, act: { kind: 'drop', when: 'after' } });
    await provision([1]);
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(described(server)).toMatchObject([[mac(1), { order: '4711' }, 'plant-7']]);
  }, 60_000);

  it('that the account may not describe are given up at once, which is said and fails nothing', async () => {
    const { station, provision, server } = await bench(1);
    server.faults.add({ on: 'group', act: { kind: 'status', status: 403 } });
    expect((await provision([1])).jobs[0]).toMatchObject({ verdict: 'pass', error: null });
    expect(await settled(station)).toEqual({ open: 0, done: 0, failed: 1 });
    expect(await station.call('journal.list', {})).toMatchObject([
      { verdict: 'pass', inventory: { state: 'failed', error: { code: 'server/forbidden' } } },
    ]);
    server.faults.clear();
    const [record] = await station.call('journal.list', {});
    await station.call('inventory.retry', { job: record?.job ?? '' });
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
  }, 60_000);

  it('keep what other programs have written, also of the same tags', async () => {
    const { station, provision, server } = await bench(1);
    server.faults.add({ on: ['tags', 'inventory-device'], act: { kind: 'status', status: 503 } });
    await provision([1]);
    const { id } = server.inspect()[0] ?? { id: '' };
    await otherProgram(server, id, { colour: 'blue' });
    server.faults.clear();
    await station.call('inventory.retry', {});
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(described(server)).toMatchObject([[mac(1), { colour: 'blue', order: '4711' }, 'plant-7']]);
  }, 60_000);
});

describe('a station that was cut off', () => {
  it('between a verdict and the inventory goes on at its next start, once', async () => {
    const { station, provision, server, open } = await bench(1);
    server.faults.add({ on: ['tags', 'inventory-device'], act: { kind: 'status', status: 503 } });
    await provision([1]);
    expect(await station.call('inventory.counts', {})).toMatchObject({ open: 1 });
    await station[Symbol.asyncDispose]();
    server.faults.clear();
    const again = await open();
    expect(await settled(again)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(tagCalls(server)).toBeGreaterThan(0);
    const calls = tagCalls(server);
    await again[Symbol.asyncDispose]();
    const third = await open();
    expect(await settled(third)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(tagCalls(server)).toBe(calls);
  }, 60_000);

  it('after the tags were set and before that was recorded sets nothing twice', async () => {
    const { station, provision, server, home, open, time } = await bench(1);
    await provision([1]);
    await settled(station);
    const [wish] = await station.call('inventory.list', {});
    const [record] = await station.call('journal.list', {});
    await station[Symbol.asyncDispose]();
    const calls = tagCalls(server);
    {
      // As it was a moment before: wanted, not done.
      using journal = openJournal(join(home, 'journal.db'), {
        stationId: 'ST-0000000001',
        clock: time,
        holder: { program: 'test' },
      });
      journal.append({
        kind: 'inventory-wanted',
        server: 'bench',
        serverUrl: server.url,
        deviceId: wish?.deviceId ?? '',
        identity: { mac: mac(1) },
        job: (record?.job ?? '') as never,
        batch: null,
        operator: null,
        tags: wish?.tags ?? {},
        group: wish?.group ?? null,
      });
    }
    const again = await open();
    expect(await settled(again)).toEqual({ open: 0, done: 1, failed: 0 });
    expect(tagCalls(server)).toBe(calls);
  }, 60_000);

  it('waits for a login, and goes on with it', async () => {
    const { station, provision, server, open } = await bench(1);
    server.faults.add({ on: ['tags', 'inventory-device'], act: { kind: 'status', status: 503 } });
    await provision([1]);
    await station.call('server.logout', { name: 'bench' });
    server.faults.clear();
    await station[Symbol.asyncDispose]();
    const again = await open();
    expect(await again.call('inventory.counts', {})).toEqual({ open: 1, done: 0, failed: 0 });
    await logIn(again, server);
    expect(await settled(again)).toEqual({ open: 0, done: 1, failed: 0 });
  }, 60_000);
});

describe('boards without a batch', () => {
  it('are called what the call says, with values of their identity', async () => {
    const { station, provision, server } = await bench(2);
    const inventory = { nameTag: 'gateway {mac:nocolon:upper}', tags: { line: 'b' }, group: 'field' };
    await provision([1, 2], { inventory });
    expect(await settled(station)).toEqual({ open: 0, done: 2, failed: 0 });
    expect(described(server)).toMatchObject([
      [expect.any(String), { line: 'b' }, 'field'],
      [expect.any(String), { line: 'b' }, 'field'],
    ]);
    expect(server.inspect().map(({ tags }) => tags['name'])).toEqual(
      expect.arrayContaining(['gateway 525400CD0001', 'gateway 525400CD0002']),
    );
  }, 60_000);

  it('get no name that their identity does not give, which is said; and no two boards the same one', async () => {
    const { station, provision, server } = await bench(2);
    const [job] = (await provision([1], { inventory: { nameTag: '{serial}', group: 'field' } })).jobs;
    expect(job).toMatchObject({ verdict: 'pass', inventory: { tags: {}, group: 'field' } });
    expect(job?.notes.join()).toContain('{serial}');
    await settled(station);
    expect(described(server)).toMatchObject([[mac(1), {}, 'field']]);
    await expect(provision([1, 2], { inventory: { nameTag: 'one' } })).rejects.toMatchObject({
      code: 'station/usage',
    });
  }, 60_000);

  it('ask for nothing where nothing was asked for', async () => {
    const { station, provision, server } = await bench(1);
    const [job] = (await provision([1], {})).jobs;
    expect(job).toMatchObject({ verdict: 'pass' });
    expect(job).not.toHaveProperty('inventory');
    expect(await station.call('inventory.list', {})).toEqual([]);
    expect(server.inspect()[0]?.group).toBeUndefined();
  }, 60_000);
});

describe('the tier of a row', () => {
  it('is the board’s own to say: another one is told, and the board passes', async () => {
    const { provision } = await bench(1, 0, ['mac,tier', `${mac(1)},micro`]);
    const [job] = (await provision([1])).jobs;
    expect(job).toMatchObject({ verdict: 'pass' });
    expect(job?.notes.filter((note) => note.includes('DeviceTier'))).toHaveLength(1);
  }, 60_000);

  it('that nobody wrote is no other one', async () => {
    const { provision } = await bench(1);
    const [job] = (await provision([1])).jobs;
    expect(job?.notes.filter((note) => note.includes('DeviceTier'))).toEqual([]);
  }, 60_000);
});

describe('devices that were preauthorized', () => {
  it('are described once they have come, by asking for it; those that have not are left for the next time', async () => {
    const pairs = [newKey(), newKey()];
    const lines = pairs.map(({ pem }, n) => `${mac(n + 1)},${pem.replaceAll('\n', '\\n')},plant-7,4711`);
    const { station, server } = await bench(0, 0, ['mac,pubkey,group,tag.order', ...lines]);
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({ describes: true });
    const apply = () => station.call('inventory.apply', { batch: 'spring', server: 'bench' });
    await expect(apply()).rejects.toMatchObject({ code: 'batch/not-sent' });
    await station.call('batch.preauthorize', { name: 'spring', server: 'bench' });
    expect(await apply()).toEqual({ wanted: 0, before: 0, notYet: 2 });
    await using other = createMenderServer(profileOf(server.url));
    const [first] = pairs;
    if (first === undefined) throw new Error('no key');
    expect(await knock(other, { mac: mac(1) }, first)).toMatchObject({ authorized: true });
    expect(await apply()).toEqual({ wanted: 1, before: 0, notYet: 1 });
    expect(await settled(station)).toEqual({ open: 0, done: 1, failed: 0 });
    const found = server
      .inspect()
      .map(({ identity, tags, group }) => [identity['mac'], tags['order'], group]);
    expect(found).toEqual(
      expect.arrayContaining([
        [mac(1), '4711', 'plant-7'],
        [mac(2), undefined, undefined],
      ]),
    );
    expect(await apply()).toEqual({ wanted: 0, before: 1, notYet: 1 });
    expect(await station.call('journal.verify', {})).toMatchObject({ ok: true });
  }, 60_000);

  it('of a list without tags and groups are not described: the batch says so', async () => {
    const { station } = await bench(0, 0, ['mac,tier', `${mac(1)},standard`]);
    expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({ describes: false });
  });
});

/** What another program does meanwhile, with a login of its own. */
async function otherProgram(
  server: MenderServer,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  await using other = createMenderServer(profileOf(server.url));
  await other.login(ADMIN, never);
  server.faults.clear();
  await other.api.addTags(id, tags, null, never);
}
