import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readJournal } from '../../../src/journal/index.ts';
import { systemClock } from '../../../src/model/clock.ts';
import { startMenderServer, type MenderServer } from '../../../src/rehearsal/server/index.ts';
import { fingerprint, jobEvents } from '../journal/fixtures.ts';
import { appendTo, homeWithBatch, keyRow, SPRING } from './batch-home.ts';
import { makeHome, open } from './home.ts';

/** A board with a key of its own asks, and waits or is let in. @returns the status of the answer. */
async function knock(server: MenderServer, identity: object): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const body = JSON.stringify({
    id_data: JSON.stringify(identity),
    pubkey: publicKey.export({ type: 'spki', format: 'pem' }),
  });
  const signature = sign(null, Buffer.from(body), privateKey).toString('base64');
  const headers = { 'content-type': 'application/json', 'x-men-signature': signature };
  const url = `${server.url}/api/devices/v1/authentication/auth_requests`;
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

test('a batch is compared with the server: what is missing, dead, another key or waits beside; and mended by name', async () => {
  const server = await startMenderServer({ mode: '2023', decommissionMs: 10 });
  onTestFinished(() => server.close());
  const home = makeHome();
  const batch = Array.from({ length: 6 }, (_, at) => keyRow(at));
  await homeWithBatch(home, batch, { bench: server.url });
  const { station } = await open({ home });
  const reconcile = (fix?: 'missing' | 'dead') =>
    station.call('batch.reconcile', {
      server: 'bench',
      batch: 'spring',
      ...(fix === undefined ? {} : { fix }),
    });
  await station.call('batch.preauthorize', { name: 'spring', server: 'bench' });
  // Somebody else's board: no part of the batch.
  expect(await knock(server, { serial: 'stranger' })).toBe(401);
  expect(await reconcile()).toMatchObject({ devices: 7, matching: 6, findings: [] });
  // One is removed on the server.
  const api = await admin(server);
  const gone = server.inspect().find(({ identity }) => identity['serial'] === 'SN2')!;
  expect(await api('DELETE', `devices/${gone.id}`)).toBe(204);
  server.finishDecommissions();
  // One is there with a key of its own alone.
  const other = server.inspect().find(({ identity }) => identity['serial'] === 'SN3')!;
  await api('DELETE', `devices/${other.id}`);
  server.finishDecommissions();
  await knock(server, { serial: 'SN3' });
  // One is left half made.
  const half = server.inspect().find(({ identity }) => identity['serial'] === 'SN4')!;
  await api('DELETE', `devices/${half.id}`);
  server.finishDecommissions();
  server.environment.workflows = 'down';
  await api('POST', 'devices', { identity_data: { serial: 'SN4' }, pubkey: half.sets[0]!.pubkey });
  server.environment.workflows = 'up';
  const report = await reconcile();
  expect(report).toMatchObject({
    matching: 3,
    counts: { missing: 1, 'other-key': 1, dead: 1, extra: 0, pending: 0, 'stray-pending': 0 },
  });
  expect(report.findings.map(({ kind, line, fixed }) => [kind, line, fixed]).toSorted()).toEqual([
    ['dead', 6, null],
    ['missing', 4, null],
    ['other-key', 5, null],
  ]);
  expect((await reconcile('dead')).findings.find(({ kind }) => kind === 'dead')).toMatchObject({
    fixed: true,
  });
  expect((await reconcile('missing')).findings.find(({ kind }) => kind === 'missing')).toMatchObject({
    fixed: true,
  });
  // What was mended is sent again by the next run.
  expect(await station.call('batch.preauthorize', { name: 'spring', server: 'bench' })).toMatchObject({
    done: 2,
    counts: { created: 6 },
  });
  expect((await reconcile()).findings.map(({ kind }) => kind)).toEqual(['other-key']);
  // The whole record knows what its batches have there, too; only the stranger is nobody's.
  const whole = () => station.call('batch.reconcile', { server: 'bench' });
  expect(await whole()).toMatchObject({
    devices: 7,
    matching: 5,
    counts: { extra: 1, 'other-key': 1, missing: 0 },
  });
  await api('DELETE', `devices/${server.inspect().find(({ identity }) => identity['serial'] === 'SN0')!.id}`);
  server.finishDecommissions();
  expect(await whole()).toMatchObject({ matching: 4, counts: { extra: 1, 'other-key': 1, missing: 1 } });
  const mended = await station.call('batch.reconcile', { server: 'bench', fix: 'missing' });
  expect(mended.findings.find(({ kind }) => kind === 'missing')).toMatchObject({ fixed: false });
  expect(mended.findings.find(({ kind }) => kind === 'missing')?.error?.message).toContain('--batch');
});

test.each(['missing', 'dead'] as const)(
  'the key that a unit had before it was re-keyed here is not sent again where its device is %s',
  async (fix) => {
    const server = await startMenderServer({ mode: '2023', decommissionMs: 10 });
    onTestFinished(() => server.close());
    const home = makeHome();
    const batch = [keyRow(0), keyRow(1)];
    await homeWithBatch(home, batch, { bench: server.url });
    const api = await admin(server);
    if (fix === 'dead') server.environment.workflows = 'down';
    const ids: string[] = [];
    for (const { identity, spki } of fix === 'dead' ? batch : []) {
      const pubkey = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;
      await api('POST', 'devices', { identity_data: identity, pubkey });
      ids.push(server.inspect().at(-1)!.id);
    }
    server.environment.workflows = 'up';
    const run = { batch: SPRING, run: 'R1', server: 'bench', serverUrl: server.url, operator: null } as const;
    const [rekeyed] = batch;
    const job = jobEvents({
      job: 'J1',
      identity: rekeyed!.identity,
      key: fingerprint('e'),
      deviceId: ids[0] ?? 'gone',
    });
    appendTo(home, Date.now(), [
      { kind: 'batch-run', ...run, state: 'begun' },
      {
        kind: 'batch-outcomes',
        batch: SPRING,
        run: 'R1',
        outcomes: batch.map(({ line }, at) => ({
          line,
          outcome: 'created',
          deviceId: ids[at] ?? `gone-${at}`,
        })),
      },
      { kind: 'batch-run', ...run, state: 'ended' },
      ...job.map((event) =>
        event.kind === 'job-started' ? { ...event, serverUrl: server.url, batch: SPRING } : event,
      ),
    ]);
    const { station } = await open({ home });
    const report = await station.call('batch.reconcile', { server: 'bench', batch: 'spring', fix });
    expect(report.findings.map(({ kind, line, fixed }) => [kind, line, fixed]).toSorted()).toEqual([
      [fix, 2, false],
      [fix, 3, true],
    ]);
    expect(report.findings.find(({ line }) => line === 2)?.error?.message).toContain('another key');
    // The other row is sent again, and nobody is let in with the key that this unit had.
    expect(await station.call('batch.preauthorize', { name: 'spring', server: 'bench' })).toMatchObject({
      done: 1,
    });
    const keys = server.inspect().flatMap(({ identity, sets }) => sets.map(() => identity));
    expect(keys).toEqual([batch[1]!.identity]);
  },
);

test('a row whose unit was given another key here is not sent, with retry neither, until the unit has the row’s key again', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const home = makeHome();
  const batch = [keyRow(0), keyRow(1)];
  await homeWithBatch(home, batch, { bench: server.url });
  const [row] = batch;
  const given = (job: string, key: string) =>
    jobEvents({ job, identity: row!.identity, key: key as never, deviceId: 'gone' });
  appendTo(home, Date.now(), given('J1', fingerprint('e')));
  const send = { name: 'spring', server: 'bench', retry: true };
  const sent = () => server.inspect().map(({ identity }) => identity);
  {
    const { station } = await open({ home });
    for (let round = 0; round < 2; round++)
      expect(await station.call('batch.preauthorize', send)).toMatchObject({
        state: 'ended',
        counts: { created: 1, conflict: 1, pending: 0 },
      });
    expect(await station.call('batch.rows', { name: 'spring', outcome: 'failed', limit: 9 })).toMatchObject([
      { line: row!.line, error: { code: 'batch/former-key' } },
    ]);
    expect(sent()).toEqual([batch[1]!.identity]);
    await station[Symbol.asyncDispose]();
  }
  appendTo(home, Date.now(), given('J2', row!.fingerprint!));
  const { station } = await open({ home });
  expect(await station.call('batch.preauthorize', send)).toMatchObject({
    counts: { created: 2, conflict: 0 },
  });
  expect(sent()).toHaveLength(2);
  await station[Symbol.asyncDispose]();
  using journal = readJournal(join(home, 'journal.db'), {
    stationId: 'ST-TEST',
    clock: systemClock,
    holder: { program: 'test' },
  });
  expect(journal.checkProjections()).toBeNull();
});

test('a batch that nobody knows is told before its server is asked', async () => {
  const server = await startMenderServer();
  onTestFinished(() => server.close());
  const home = makeHome();
  await homeWithBatch(home, [keyRow(0)], { bench: server.url });
  const { station } = await open({ home });
  await station.call('server.logout', { name: 'bench' });
  await expect(station.call('batch.reconcile', { server: 'bench', batch: 'autumn' })).rejects.toMatchObject({
    code: 'batch/unknown',
  });
});

test('a batch that was sent to another server is not mended here: its devices there are not forgotten', async () => {
  const [first, second] = await Promise.all([startMenderServer(), startMenderServer()]);
  onTestFinished(async () => {
    await Promise.all([first.close(), second.close()]);
  });
  const home = makeHome();
  await homeWithBatch(home, [keyRow(0)], { bench: first.url, other: second.url });
  const { station } = await open({ home });
  await station.call('batch.preauthorize', { name: 'spring', server: 'bench' });
  await expect(
    station.call('batch.reconcile', { server: 'other', batch: 'spring', fix: 'missing' }),
  ).rejects.toMatchObject({ code: 'batch/not-sent-there' });
  expect(await station.call('batch.reconcile', { server: 'bench', batch: 'spring' })).toMatchObject({
    matching: 1,
    findings: [],
  });
});

async function admin(server: MenderServer) {
  const basic = Buffer.from('admin@bench.local:rehearsal-bench').toString('base64');
  const login = await fetch(`${server.url}/api/management/v1/useradm/auth/login`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
  });
  const authorization = `Bearer ${await login.text()}`;
  return async (method: string, path: string, json?: object): Promise<number> => {
    const answer = await fetch(`${server.url}/api/management/v2/devauth/${path}`, {
      method,
      headers: { authorization, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return answer.status;
  };
}
