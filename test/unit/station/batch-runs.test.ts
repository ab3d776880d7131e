import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CallInput } from '../../../src/contract.ts';
import {
  startMenderServer,
  type MenderServer,
  type ServerOptions,
} from '../../../src/rehearsal/server/index.ts';
import type { Station } from '../../../src/station.ts';
import type { RecordedRow } from '../../../src/model/batch-event.ts';
import { appendTo, homeWithBatch, keyRow, SPRING } from './batch-home.ts';
import { makeHome, open } from './home.ts';

async function serverOf(options: ServerOptions = {}): Promise<MenderServer> {
  const server = await startMenderServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function stationWith(rows: number, servers: Readonly<Record<string, MenderServer>>) {
  const home = makeHome();
  const batch = Array.from({ length: rows }, (_, at) => keyRow(at));
  const urls = Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url]));
  await homeWithBatch(home, batch, urls);
  return { home, batch, ...(await open({ home })) };
}

const send = (station: Station, more: Partial<CallInput<'batch.preauthorize'>> = {}) =>
  station.call('batch.preauthorize', { name: 'spring', server: 'bench', ...more });

const pemOf = (spki = ''): string => `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;

describe.each(['2026', '2023'] as const)('a batch at a server of %s', (mode) => {
  test('is preauthorized row by row, and each row has its device there and in the record', async () => {
    const bench = await serverOf({ mode });
    const { station, batch, events } = await stationWith(120, { bench });
    const report = await send(station);
    expect(report).toMatchObject({
      state: 'ended',
      reason: null,
      done: 120,
      counts: { created: 120, pending: 0 },
    });
    const devices = bench.inspect();
    expect(devices).toHaveLength(120);
    expect(devices.every(({ status, sets }) => status === 'preauthorized' && sets.length === 1)).toBe(true);
    const rows = await station.call('batch.rows', { name: 'spring', limit: 1000 });
    const byId = new Map(devices.map((device) => [device.id, device]));
    for (const [at, row] of rows.entries())
      expect(byId.get(row.deviceId ?? '')?.identity).toEqual(batch[at]?.identity);
    // Each row was told once, and the last that is told of the batch is that nothing goes on.
    const told = events.flatMap((event) => (event.type === 'batch-outcomes' ? event.rows : []));
    expect(told.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual(rows.map(({ line }) => line));
    const last = events.findLast((event) => event.type === 'batch');
    expect(last?.type === 'batch' && last.batch).toMatchObject({
      server: 'bench',
      run: null,
      counts: { created: 120 },
    });
    expect(await station.call('journal.verify', {})).toMatchObject({ ok: true });
  });

  test('of another server is taken back there first: only what it made and nobody used', async () => {
    const [wrong, right] = [await serverOf({ mode, decommissionMs: 20 }), await serverOf({ mode })];
    const { station, batch } = await stationWith(20, { wrong, right });
    // One row was at the server before, by somebody else.
    const { preauthorization } = await clientOf(wrong);
    await preauthorization({ identity: batch[0]!.identity, spki: batch[0]!.spki });
    await send(station, { server: 'wrong' });
    // A unit of one comes, and another key asks for a second.
    const used = await useDevice(wrong, batch[1]!.identity);
    await expect(send(station, { server: 'right' })).rejects.toMatchObject({ code: 'batch/other-server' });
    const dry = await station.call('batch.take-back', { name: 'spring', server: 'wrong', dryRun: true });
    expect(dry.counts).toEqual({ removed: 18, gone: 0, used: 1, failed: 0 });
    expect(wrong.inspect()).toHaveLength(20);
    const report = await station.call('batch.take-back', { name: 'spring', server: 'wrong' });
    expect(report).toMatchObject({ state: 'ended', counts: { removed: 18, gone: 0, used: 1, failed: 0 } });
    expect(wrong.inspect().map(({ identity }) => identity)).toEqual([batch[0]!.identity, used]);
    // The unit in use stays where it is, and its row says so; all else goes to the right server.
    const at = await send(station, { server: 'right' });
    expect(at).toMatchObject({ state: 'ended', done: 19, counts: { created: 19, conflict: 1, pending: 0 } });
    const conflict = async () => await station.call('batch.rows', { name: 'spring', outcome: 'conflict' });
    expect(await conflict()).toMatchObject([{ line: 3, error: { code: 'batch/kept-elsewhere' } }]);
    expect((await conflict())[0]?.error?.message).toContain('wrong');
    // Neither another try nor another way back makes the unit one of both servers.
    expect(await send(station, { server: 'right', retry: true })).toMatchObject({ done: 0 });
    expect(await station.call('batch.take-back', { name: 'spring', server: 'right' })).toMatchObject({
      state: 'ended',
      counts: { removed: 19, gone: 0, used: 0, failed: 0 },
    });
    expect(await send(station, { server: 'right' })).toMatchObject({ counts: { created: 19, conflict: 1 } });
    expect(right.inspect().map(({ identity }) => identity)).not.toContainEqual(used);
    // Once the unit is gone from there it may come here.
    const { remove } = await clientOf(wrong);
    await remove(used);
    expect(await station.call('batch.take-back', { name: 'spring', server: 'wrong' })).toMatchObject({
      state: 'ended',
      counts: { removed: 0, gone: 1, used: 0, failed: 0 },
    });
    expect(await send(station, { server: 'right', retry: true })).toMatchObject({
      done: 1,
      counts: { created: 20 },
    });
    expect(right.inspect()).toHaveLength(20);
    expect(await station.call('journal.verify', {})).toMatchObject({ ok: true });
  });
});

test('a batch that comes back to a server finds the unit that stayed there in use', async () => {
  const [first, second] = [await serverOf(), await serverOf()];
  const { station, batch } = await stationWith(3, { first, second });
  await send(station, { server: 'first' });
  await useDevice(first, batch[0]!.identity);
  await station.call('batch.take-back', { name: 'spring', server: 'first' });
  await send(station, { server: 'second' });
  // What stays at the first one is no stranger there, and not missing at the second.
  for (const [server, matching] of [
    ['first', 1],
    ['second', 2],
  ] as const)
    expect(await station.call('batch.reconcile', { server })).toMatchObject({ matching, findings: [] });
  await station.call('batch.take-back', { name: 'spring', server: 'second' });
  expect(await send(station, { server: 'first' })).toMatchObject({ counts: { created: 2, already: 1 } });
  expect(second.inspect()).toEqual([]);
  expect(await station.call('batch.take-back', { name: 'spring', server: 'first' })).toMatchObject({
    counts: { removed: 2, gone: 0, used: 1, failed: 0 },
  });
});

async function clientOf(server: MenderServer) {
  const login = await fetch(`${server.url}/api/management/v1/useradm/auth/login`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('admin@bench.local:rehearsal-bench').toString('base64')}`,
    },
  });
  const authorization = `Bearer ${await login.text()}`;
  return {
    remove: async (identity: object) => {
      const device = server
        .inspect()
        .find((one) => JSON.stringify(one.identity) === JSON.stringify(identity));
      await fetch(`${server.url}/api/management/v2/devauth/devices/${device?.id}`, {
        method: 'DELETE',
        headers: { authorization },
      });
      server.finishDecommissions();
    },
    preauthorization: async ({ identity, spki }: { identity: object; spki?: string | undefined }) => {
      const answer = await fetch(`${server.url}/api/management/v2/devauth/devices`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ identity_data: identity, pubkey: pemOf(spki) }),
      });
      expect(answer.status).toBe(201);
    },
  };
}

/** Another key of the same identity asks: its set stands beside the preauthorized one. */
async function useDevice(server: MenderServer, identity: object): Promise<object> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const body = JSON.stringify({
    id_data: JSON.stringify(identity),
    pubkey: publicKey.export({ type: 'spki', format: 'pem' }),
  });
  const { sign } = await import('node:crypto');
  const answer = await fetch(`${server.url}/api/devices/v1/authentication/auth_requests`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-men-signature': sign(null, Buffer.from(body), privateKey).toString('base64'),
    },
    body,
  });
  expect(answer.status).toBe(401);
  return identity;
}

test('the device limit is looked at before anything is sent', async () => {
  const bench = await serverOf({ limit: 5 });
  const { station } = await stationWith(8, { bench });
  await expect(send(station)).rejects.toMatchObject({
    code: 'batch/over-limit',
    details: { room: 5, limit: 5, accepted: 0, preauthorized: 0, rows: 8 },
  });
  expect(bench.requests.count({ step: 'preauthorize' })).toBe(0);
  expect(await send(station, { ignoreLimit: true })).toMatchObject({ counts: { created: 8 } });
});

test('pausing keeps what is done, going on is on purpose, and a second run at once is refused', async () => {
  const bench = await serverOf();
  const { station, events } = await stationWith(400, { bench });
  const handle = bench.core.handle.bind(bench.core);
  const reached = Promise.withResolvers<unknown>();
  let asked = 0;
  bench.core.handle = (request) => {
    asked += request.target.endsWith('/devices') ? 1 : 0;
    if (asked === 60) {
      reached.resolve(expect(send(station)).rejects.toMatchObject({ code: 'batch/running' }));
      void station.call('batch.pause', { name: 'spring' });
    }
    return handle(request);
  };
  const first = send(station);
  await reached.promise;
  const { state, counts } = await first;
  expect(state).toBe('paused');
  expect(counts.created).toBe(bench.inspect().length);
  expect(counts.pending).toBeGreaterThan(0);
  expect((await station.call('batch.show', { name: 'spring' })).run).toMatchObject({
    state: 'paused',
    total: 400,
  });
  await expect(send(station)).rejects.toMatchObject({ code: 'batch/begun' });
  expect(await send(station, { resume: true })).toMatchObject({ state: 'ended', counts: { created: 400 } });
  expect(bench.inspect()).toHaveLength(400);
  const states = events.flatMap((event) => (event.type === 'batch' ? (event.batch.run?.state ?? []) : []));
  expect(states).toEqual(expect.arrayContaining(['running', 'cancelling', 'paused']));
});

test('a session that ends in the middle asks for a login and loses nothing', async () => {
  const bench = await serverOf();
  const { station } = await stationWith(300, { bench });
  bench.faults.add({ on: 'preauthorize', skip: 100, times: 1, act: { kind: 'revoke-sessions' } });
  const cut = await send(station);
  expect(cut).toMatchObject({ state: 'paused', reason: { code: 'server/session-ended' } });
  expect(cut.counts.created).toBe(bench.inspect().length);
  await station.call('server.login', {
    name: 'bench',
    user: 'admin@bench.local',
    password: 'rehearsal-bench',
  });
  expect(await send(station, { resume: true })).toMatchObject({ state: 'ended', counts: { created: 300 } });
  expect(bench.inspect()).toHaveLength(300);
});

test('an account that may not preauthorize binds the batch to no server', async () => {
  const [wrong, right] = [await serverOf(), await serverOf()];
  const { station } = await stationWith(40, { wrong, right });
  wrong.faults.add({ on: 'preauthorize', act: { kind: 'status', status: 403 } });
  expect(await send(station, { server: 'wrong' })).toMatchObject({
    state: 'paused',
    reason: { code: 'server/forbidden' },
    counts: { pending: 40 },
  });
  expect(await station.call('batch.take-back', { name: 'spring', server: 'wrong' })).toMatchObject({
    state: 'ended',
    inFlight: 0,
  });
  expect(await send(station, { server: 'right' })).toMatchObject({ counts: { created: 40 } });
});

test('rows that failed are tried again when it is asked for, and answered anew', async () => {
  const bench = await serverOf();
  const { station, batch } = await stationWith(3, { bench });
  const { preauthorization } = await clientOf(bench);
  const other = keyRow(99);
  await preauthorization({ identity: batch[1]!.identity, spki: other.spki });
  expect(await send(station)).toMatchObject({ counts: { created: 2, conflict: 1 } });
  const [row] = await station.call('batch.rows', { name: 'spring', outcome: 'conflict' });
  expect(row?.error).toMatchObject({ code: 'batch/conflict' });
  expect(row?.error?.message).toContain(other.fingerprint);
  expect(await send(station)).toMatchObject({ done: 0 });
  expect(await send(station, { retry: true })).toMatchObject({
    done: 1,
    counts: { created: 2, conflict: 1 },
  });
});

describe('after a run that was killed', () => {
  /** A record in which a run was cut off so long ago, with every row about to be sent. */
  async function killed(rows: number, agoMs: number, options: ServerOptions = {}) {
    const bench = await serverOf(options);
    const home = makeHome();
    const batch = Array.from({ length: rows }, (_, at) => keyRow(at));
    await homeWithBatch(home, batch, { bench: bench.url });
    const run = { batch: SPRING, run: 'R1' } as const;
    appendTo(home, Date.now() - agoMs, [
      { kind: 'batch-run', ...run, state: 'begun', server: 'bench', serverUrl: bench.url, operator: null },
      { kind: 'batch-intent', ...run, lines: batch.map(({ line }) => line) },
    ]);
    const { preauthorization } = await clientOf(bench);
    const { station } = await open({ home });
    const made = async (some: readonly RecordedRow[]) => {
      for (const { identity, spki } of some) await preauthorization({ identity, spki });
    };
    return { bench, station, batch, made };
  }

  test('what another program made meanwhile is not this batch’s, and is never taken back', async () => {
    const { bench, station, batch, made } = await killed(6, 300_000);
    await made(batch.slice(0, 4));
    expect(await send(station, { resume: true })).toMatchObject({ counts: { created: 2, already: 4 } });
    expect(await station.call('batch.take-back', { name: 'spring', server: 'bench' })).toMatchObject({
      counts: { removed: 2, gone: 0, used: 0, failed: 0 },
    });
    expect(bench.inspect().map(({ identity }) => identity)).toEqual(
      batch.slice(0, 4).map(({ identity }) => identity),
    );
  });

  test('rows that the server may have need no second place there', async () => {
    const { bench, station, batch, made } = await killed(6, 1000, { limit: 6 });
    await made(batch);
    expect(await send(station, { resume: true })).toMatchObject({ state: 'ended', counts: { created: 6 } });
    expect(bench.inspect()).toHaveLength(6);
  });

  test('nothing is taken back before it is known what is there', async () => {
    const { station } = await killed(2, 1000);
    await expect(station.call('batch.take-back', { name: 'spring', server: 'bench' })).rejects.toMatchObject({
      code: 'batch/in-flight',
    });
  });
});

test('a batch of real boards is not sent to the server of a rehearsal, which would be gone with it', async () => {
  const bench = await serverOf();
  const { station } = await stationWith(1, { bench });
  await station.call('rehearsal.start', { boards: 1 });
  await expect(send(station, { server: 'rehearsal' })).rejects.toMatchObject({ code: 'batch/simulated' });
  await station.call('rehearsal.stop', {});
  expect(await send(station)).toMatchObject({ counts: { created: 1 } });
});

test('rows in conflict need no place at a server that is full', async () => {
  const bench = await serverOf({ limit: 3 });
  const { station, batch } = await stationWith(3, { bench });
  const { preauthorization } = await clientOf(bench);
  await preauthorization({ identity: batch[1]!.identity, spki: keyRow(99).spki });
  await send(station, { ignoreLimit: true });
  expect(await send(station, { retry: true })).toMatchObject({
    done: 1,
    counts: { created: 2, conflict: 1 },
  });
});

test('a row that the server gives no lasting answer to does not keep the others at the wrong server', async () => {
  const [bench, right] = [await serverOf(), await serverOf()];
  const { station, batch } = await stationWith(4, { bench, right });
  const { preauthorization } = await clientOf(bench);
  await preauthorization({ identity: batch[2]!.identity, spki: batch[2]!.spki });
  const [hidden] = bench.inspect();
  const handle = bench.core.handle.bind(bench.core);
  bench.core.handle = (request) => {
    const isHidden = request.method === 'GET' && request.target.includes(`/devices/${hidden!.id}`);
    return handle(isHidden ? { ...request, target: request.target.replace(hidden!.id, 'unknown') } : request);
  };
  expect(await send(station)).toMatchObject({
    state: 'paused',
    counts: { created: 3, pending: 1 },
    unsettled: [{ line: 4, error: { code: 'batch/not-settled' } }],
  });
  const back = await station.call('batch.take-back', { name: 'spring', server: 'bench' });
  expect(back).toMatchObject({
    state: 'ended',
    counts: { removed: 3, gone: 0, used: 0, failed: 0 },
    inFlight: 1,
  });
  // As long as that is open the batch is at that server.
  await expect(send(station, { server: 'right' })).rejects.toMatchObject({ code: 'batch/other-server' });
  expect(bench.inspect()).toHaveLength(1);
});

test.each(['paused', 'cancelled'] as const)(
  'a run that is %s while the server is still asked for its room ends with its report',
  async (as) => {
    const bench = await serverOf();
    const { station } = await stationWith(3, { bench });
    const handle = bench.core.handle.bind(bench.core);
    bench.core.handle = (request) => {
      void station.call(as === 'paused' ? 'batch.pause' : 'batch.cancel', { name: 'spring' });
      return handle(request);
    };
    expect(await send(station)).toMatchObject({
      state: as,
      reason: null,
      done: 0,
      room: null,
      counts: { pending: 3 },
    });
    expect(bench.inspect()).toEqual([]);
    bench.core.handle = handle;
    expect(await send(station)).toMatchObject({ state: 'ended', counts: { created: 3 } });
  },
);

test('a batch is neither removed nor given away while its run still logs in, or it is taken back', async () => {
  const bench = await serverOf();
  const { home, station } = await stationWith(3, { bench });
  const tried = async (): Promise<void> => {
    await expect(station.call('batch.remove', { name: 'spring' })).rejects.toMatchObject({
      code: 'batch/in-use',
    });
    await expect(
      station.call('batch.share', { name: 'spring', benches: 1, keep: true, folder: home }),
    ).rejects.toMatchObject({ code: 'batch/running' });
  };
  const handle = bench.core.handle.bind(bench.core);
  const duringFirstCall = async <T>(work: () => Promise<T>): Promise<T> => {
    const tries: Promise<void>[] = [];
    bench.core.handle = (request) => {
      if (tries.length === 0) tries.push(tried());
      return handle(request);
    };
    const done = await work();
    expect(tries).toHaveLength(1);
    await Promise.all(tries);
    return done;
  };
  expect(await duringFirstCall(() => send(station))).toMatchObject({ counts: { created: 3 } });
  const takeBack = () => station.call('batch.take-back', { name: 'spring', server: 'bench' });
  expect(await duringFirstCall(takeBack)).toMatchObject({ counts: { removed: 3 } });
  // Taken back, with nothing going on, it goes.
  await station.call('batch.remove', { name: 'spring' });
  expect(await station.call('batch.list', {})).toEqual([]);
});

test('what a paused run had announced and not sent is taken back at once: there is nothing of it', async () => {
  const bench = await serverOf();
  const { station } = await stationWith(400, { bench });
  const handle = bench.core.handle.bind(bench.core);
  let asked = 0;
  bench.core.handle = (request) => {
    asked += request.target.endsWith('/devices') ? 1 : 0;
    if (asked === 60) void station.call('batch.pause', { name: 'spring' });
    return handle(request);
  };
  await send(station);
  const made = bench.inspect().length;
  expect(await station.call('batch.take-back', { name: 'spring', server: 'bench' })).toMatchObject({
    state: 'ended',
    counts: { removed: made, gone: 0, used: 0, failed: 0 },
    inFlight: 0,
  });
  expect(bench.inspect()).toEqual([]);
  expect(await station.call('batch.show', { name: 'spring' })).toMatchObject({ run: null });
});

test('a list of expected units, and a server that was never sent to, are told apart', async () => {
  const bench = await serverOf();
  const home = makeHome();
  await homeWithBatch(home, [{ line: 2, identity: { serial: 'A' } }], { bench: bench.url });
  const { station } = await open({ home });
  await expect(send(station)).rejects.toMatchObject({ code: 'batch/no-keys' });
  await expect(station.call('batch.take-back', { name: 'spring', server: 'bench' })).rejects.toMatchObject({
    code: 'batch/not-sent',
  });
});
