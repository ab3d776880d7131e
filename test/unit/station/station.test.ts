import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CALLS,
  type CallInput,
  type CallName,
  type Snapshot,
  type StationEvent,
} from '../../../src/contract.ts';
import { DEFAULT_ADMIN, startMenderServer } from '../../../src/rehearsal/server/index.ts';
import { openStation } from '../../../src/station.ts';
import { virtualTime } from '../virtual-time.ts';
import { makeHome, open } from './home.ts';

const REHEARSAL = { server: 'rehearsal', profile: 'mender' } as const;

async function startServer() {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  return server;
}

describe('every call', () => {
  /** For each call, parameters of which each is wrong in its own way. */
  const WRONG: Readonly<Partial<Record<CallName, readonly unknown[]>>> = {
    'port.mute': [{}, { slot: 'a', muted: 'yes' }],
    'server.add': [
      { url: 'https://x' },
      { name: '../x', url: 'https://x' },
      { name: 'x', url: 'https://x', kind: 'other' },
    ],
    'server.login': [{}, { name: 'x', password: '' }],
    'server.tenant-token': [{ name: 'x' }, { name: 'x', token: '' }],
    'credential.set': [{ name: 'x' }, { name: 'x', password: '' }],
    identify: [{ port: 'a' }],
    provision: [
      { ports: [], server: 'x', profile: 'y' },
      { ports: ['a'], server: 'x' },
      { ports: ['a'], server: 'x', profile: 'y', keySource: 'generate:dsa' },
      { ports: Array.from({ length: 300 }, String), server: 'x', profile: 'y' },
    ],
    'journal.list': [{ limit: 0 }, { limit: 1.5 }, { since: 'yesterday' }],
    'rehearsal.start': [{ boards: 0 }, { boards: 65 }, { mode: '1999' }],
    'preferences.set': [{ server: 7 }],
  };

  test('refuses what its schema does not allow, and members that it does not know', async () => {
    const { station } = await open();
    for (const name of Object.keys(CALLS) as CallName[]) {
      const wrong = [null, [], 'text', { surplus: 1 }, ...(WRONG[name] ?? [])];
      for (const params of wrong) {
        const call = station.call(name, params as CallInput<typeof name>);
        await expect(call, `${name} ${JSON.stringify(params)}`).rejects.toMatchObject({
          code: 'station/usage',
        });
      }
    }
  });

  test('names what is not there', async () => {
    const { station } = await open();
    await expect(station.call('server.test', { name: 'x' })).rejects.toMatchObject({
      code: 'station/unknown-server',
    });
    await expect(station.call('server.login', { name: 'x', user: 'u', password: 'p' })).rejects.toMatchObject(
      {
        code: 'station/unknown-server',
      },
    );
    await expect(station.call('profile.show', { name: 'x' })).rejects.toMatchObject({
      code: 'station/unknown-profile',
    });
    await expect(station.call('job.cancel', { job: 'x' })).rejects.toMatchObject({
      code: 'station/unknown-job',
    });
    await expect(station.call('job.transcript', { job: 'x' })).rejects.toMatchObject({
      code: 'station/unknown-job',
    });
    await expect(station.call('rehearsal.start', { fail: 'everything' })).rejects.toMatchObject({
      code: 'station/usage',
    });
    await expect(station.call('server.add', { name: 'x', kind: 'mic' })).rejects.toMatchObject({
      code: 'station/server-invalid',
    });
  });
});

describe('a home that another station holds', () => {
  test('can be read, and nothing in it be changed', async () => {
    const home = makeHome();
    const { station: writer } = await open({ home, program: 'the other window' });
    await writer.call('server.add', { name: 'bench', url: 'https://bench.example' });
    await expect(
      openStation({ home, access: 'write', probing: false, program: 'test' }),
    ).rejects.toMatchObject({
      code: 'station/home-locked',
    });
    const { station } = await open({ home, access: 'write-if-free' });
    const snapshot = await station.call('snapshot', {});
    expect(snapshot.readOnly).toMatchObject({ code: 'station/home-locked' });
    expect(snapshot.readOnly?.message).toContain('the other window');
    expect(snapshot.servers.map(({ name }) => name)).toEqual(['bench']);
    const changes: readonly (readonly [CallName, unknown])[] = [
      ['server.add', { name: 'x', url: 'https://x.example' }],
      ['server.remove', { name: 'bench' }],
      ['server.login', { name: 'bench', user: 'u', password: 'p' }],
      ['server.logout', { name: 'bench' }],
      ['server.tenant-token', { name: 'bench', token: 't' }],
      ['credential.set', { name: 'board', password: 'p' }],
      ['provision', { ports: ['a'], ...REHEARSAL }],
      ['rekey.look', { port: 'a', ...REHEARSAL }],
      ['resume', {}],
      ['resume.dismiss', { job: 'a' }],
      ['rehearsal.start', {}],
      ['preferences.set', { operator: 'me' }],
      ['port.mute', { slot: 'a', muted: true }],
    ];
    for (const [name, params] of changes)
      await expect(station.call(name, params as CallInput<typeof name>), name).rejects.toMatchObject({
        code: 'station/home-locked',
      });
    // A board may be read: its port has a lock of its own.
    await expect(station.call('identify', { port: 'a', profile: 'mender' })).rejects.toMatchObject({
      code: 'port/not-found',
    });
    const doctor = await station.call('doctor', {});
    expect(doctor.find(({ check }) => check === 'in use')?.text).toContain('the other window');
    expect((await writer.call('snapshot', {})).servers).toHaveLength(1);
  });
});

describe('servers', () => {
  test('a server that is replaced by one at another address takes neither login nor tenant token along', async () => {
    const [one, two] = [await startServer(), await startServer()];
    const { station } = await open();
    await station.call('server.add', { name: 'bench', url: one.url });
    const login = { name: 'bench', user: DEFAULT_ADMIN.email, password: DEFAULT_ADMIN.password, keep: true };
    await station.call('server.login', login);
    const view = await station.call('server.tenant-token', { name: 'bench', token: 'opaque' });
    expect(view).toMatchObject({
      hasTenantToken: true,
      session: { account: DEFAULT_ADMIN.email, kept: true },
    });
    expect(await station.call('server.add', { name: 'bench', url: one.url })).toMatchObject({
      hasTenantToken: true,
      session: { account: DEFAULT_ADMIN.email },
    });
    expect(await station.call('server.add', { name: 'bench', url: two.url })).toMatchObject({
      hasTenantToken: false,
      session: null,
    });
    expect(two.requests.total).toBe(0);
  });

  test('a tenant token with white space in it is refused', async () => {
    const { station } = await open();
    await station.call('server.add', { name: 'bench', url: 'https://bench.example' });
    for (const token of ['a b', '  ', 'a\nb'])
      await expect(station.call('server.tenant-token', { name: 'bench', token })).rejects.toMatchObject({
        code: 'station/usage',
      });
  });

  test('a session that is kept serves the next opening; one that is not, does not', async () => {
    for (const keep of [true, false]) {
      const [home, server] = [makeHome(), await startServer()];
      {
        await using first = await openStation({
          home,
          env: {},
          access: 'write',
          probing: false,
          program: 'test',
        });
        await first.call('server.add', { name: 'bench', url: server.url });
        await first.call('server.login', {
          name: 'bench',
          user: DEFAULT_ADMIN.email,
          password: DEFAULT_ADMIN.password,
          keep,
        });
      }
      const { station } = await open({ home });
      const { lines } = await station.call('server.test', { name: 'bench' });
      expect(lines.find(({ check }) => check === 'login')?.state).toBe(keep ? 'ok' : 'note');
      expect(server.requests.count({ step: 'login' })).toBe(1);
    }
  });

  test('a server test calls no certificate verified that the server’s trust refuses', async () => {
    const server = await startMenderServer({ tls: true });
    onTestFinished(() => server.close());
    const { station } = await open();
    const test = async (trust: CallInput<'server.add'>['trust']) => {
      await station.call('server.add', { name: 'bench', url: server.url, trust });
      const { lines } = await station.call('server.test', { name: 'bench' });
      return lines.find(({ check }) => check === 'certificate');
    };
    expect(await test({ by: 'ca', pem: server.ca ?? '' })).toMatchObject({ state: 'ok' });
    for (const trust of [{ by: 'system' } as const, { by: 'pin', spkiSha256: '0'.repeat(64) } as const]) {
      const line = await test(trust);
      expect(line).toMatchObject({ state: 'bad' });
      expect(line?.text).not.toContain('verified');
    }
  });

  test('a session that ended is shown as ended, and a call that needs it fails before a board is touched', async () => {
    const server = await startServer();
    const { station, events } = await open();
    await station.call('server.add', { name: 'bench', url: server.url });
    // A personal access token cannot be renewed by the station.
    await station.call('server.login', {
      name: 'bench',
      user: DEFAULT_ADMIN.email,
      password: DEFAULT_ADMIN.password,
    });
    server.faults.add({ on: ['get-limit', 'count-devices'], act: { kind: 'status', status: 401 } });
    await expect(
      station.call('provision', { ports: ['/dev/ttyNONE'], server: 'bench', profile: 'mender' }),
    ).rejects.toMatchObject({ code: 'server/session-ended' });
    expect(events.some(({ type }) => type === 'job')).toBe(false);
    const [view] = (await station.call('snapshot', {})).servers;
    expect(view?.session).toBeNull();
    expect(events.findLast(({ type }) => type === 'server')).toEqual({ type: 'server', server: view });
  });
});

/** What a front end knows that has only the first snapshot and what it was told since. */
function mirror(
  first: Snapshot,
  events: readonly StationEvent[],
): Pick<Snapshot, 'slots' | 'servers' | 'rehearsal' | 'preferences'> & { jobs: Snapshot['jobs'] } {
  const slots = new Map(first.slots.map((slot) => [slot.slot, slot]));
  const jobs = new Map(first.jobs.map((job) => [job.job, job]));
  const servers = new Map(first.servers.map((server) => [server.name, server]));
  let { rehearsal, preferences } = first;
  for (const event of events) {
    if (event.type === 'slot') slots.set(event.slot.slot, event.slot);
    else if (event.type === 'slot-gone') slots.delete(event.slot);
    else if (event.type === 'job') jobs.set(event.job.job, event.job);
    else if (event.type === 'server') servers.set(event.server.name, event.server);
    else if (event.type === 'server-gone') servers.delete(event.name);
    else if (event.type === 'rehearsal') rehearsal = event.rehearsal;
    else if (event.type === 'preferences') preferences = event.preferences;
  }
  return {
    slots: [...slots.values()],
    jobs: [...jobs.values()],
    servers: [...servers.values()],
    rehearsal,
    preferences,
  };
}

describe('a rehearsal', () => {
  test('runs four boards side by side, and events alone tell all that a snapshot does', async () => {
    const { station, events } = await open({ clock: virtualTime(), forgetful: true });
    const before = await station.call('snapshot', {});
    expect(before.rehearsal).toMatchObject({ running: false, offer: true });
    const started = await station.call('rehearsal.start', { boards: 4 });
    const ports = started.slots.filter(({ simulated }) => simulated).map(({ port }) => port);
    expect(ports).toHaveLength(4);
    const report = await station.call('provision', { ports, ...REHEARSAL });
    expect(report.jobs.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
    const after = await station.call('snapshot', {});
    const { slots, jobs, servers, rehearsal, preferences } = after;
    expect(mirror(before, events)).toEqual({ slots, jobs, servers, rehearsal, preferences });
    expect(after.records.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(new Set(after.records.map(({ deviceId }) => deviceId)).size).toBe(4);
    // A verdict is told only once it is in the record.
    for (const [at, event] of events.entries())
      if (event.type === 'job' && event.job.result !== null) {
        const { job } = event.job;
        expect(events.slice(at).some((later) => later.type === 'record' && later.record.job === job)).toBe(
          true,
        );
      }
    for (const { job } of jobs)
      expect((await station.call('job.transcript', { job })).length).toBeGreaterThan(5);

    const stopped = await station.call('rehearsal.stop', {});
    expect(stopped.slots.filter(({ simulated }) => simulated)).toEqual([]);
    expect(stopped.servers).toEqual([]);
    expect(stopped.rehearsal).toMatchObject({ running: false, offer: false });
    await expect(station.call('provision', { ports, ...REHEARSAL })).rejects.toThrow();
  });

  test('jobs: one a port, each can be cancelled, an ended one can be cleared', async () => {
    const { station, events } = await open({ clock: virtualTime(), forgetful: true });
    await station.call('rehearsal.start', { boards: 3 });
    const running = station.call('provision', { ports: ['rehearsal-1', 'rehearsal-2'], ...REHEARSAL });
    await expect.poll(() => events.filter(({ type }) => type === 'job').length).toBeGreaterThan(1);
    // All or none: the free third port is not begun for a call that fails.
    await expect(
      station.call('provision', { ports: ['rehearsal-3', 'rehearsal-1'], ...REHEARSAL }),
    ).rejects.toMatchObject({ code: 'port/in-job' });
    await expect(
      station.call('provision', { ports: ['rehearsal-3', 'rehearsal-3'], ...REHEARSAL }),
    ).rejects.toMatchObject({ code: 'port/twice' });
    const first = (await station.call('snapshot', {})).jobs.find(({ port }) => port === 'rehearsal-1');
    await station.call('job.cancel', { job: first?.job ?? '' });
    const { jobs } = await running;
    expect(jobs.map(({ verdict }) => verdict)).toEqual(['stopped', 'pass']);
    const shown = await station.call('snapshot', {});
    expect(shown.jobs.map(({ port }) => port).sort()).toEqual(['rehearsal-1', 'rehearsal-2']);
    await station.call('slot.clear', { slot: 'rehearsal-1' });
    expect((await station.call('snapshot', {})).jobs.map(({ port }) => port)).toEqual(['rehearsal-2']);
    expect(shown.records).toHaveLength(2);
  });

  test('that is stopped in the middle, and a station that is closed in the middle, bring their boards to a safe state', async () => {
    const { station, events } = await open({ clock: virtualTime(), forgetful: true });
    await station.call('rehearsal.start', { boards: 2 });
    const running = station.call('provision', { ports: ['rehearsal-1', 'rehearsal-2'], ...REHEARSAL });
    await expect.poll(() => JSON.stringify(events).includes('"step":"connect"')).toBe(true);
    await station[Symbol.asyncDispose]();
    const { jobs } = await running;
    for (const { verdict, error } of jobs)
      expect([verdict, error?.code]).toEqual(['stopped', 'job/cancelled']);
  });

  test('can be read without being changed', async () => {
    const { station } = await open({ clock: virtualTime(), forgetful: true });
    await station.call('rehearsal.start', { boards: 1 });
    const report = await station.call('identify', { port: 'rehearsal-1', profile: 'mender' });
    expect(report).toMatchObject({
      port: 'rehearsal-1',
      board: { identity: { state: 'read', identity: { mac: '52:54:00:be:00:01' } }, staged: null },
      serverUrls: [],
    });
    expect((await station.call('snapshot', {})).records).toEqual([]);
  });
});

test('doctor says how to mend each thing that is in the way', async () => {
  const home = makeHome();
  const { station } = await open({ home });
  writeFileSync(join(home, 'board-profiles', 'broken.json'), '{"login":');
  await station.call('server.add', { name: 'gone', url: 'https://127.0.0.1:9' });
  const lines = await station.call('doctor', {});
  for (const line of lines) {
    expect(line.text).toMatch(/\S/);
    if (line.state === 'bad') expect(line.remedy, line.check).toMatch(/\w/);
  }
  expect(lines.find(({ check }) => check === 'board profiles')).toMatchObject({ state: 'bad' });
  expect(lines.find(({ check }) => check.startsWith('server gone'))).toMatchObject({ state: 'bad' });
  expect(lines.find(({ check }) => check === 'journal')).toMatchObject({ state: 'ok' });
});
