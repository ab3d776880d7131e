/** A re-key whose admin is elsewhere: the laptop at the unit has no login, the admin's station has no unit. */
import { expect, it } from 'vitest';
import { DEFAULT_ADMIN, startMenderServer, type Mode } from '../../../src/rehearsal/server/index.ts';
import type { BoardChoices } from '../../../src/rehearsal/board/index.ts';
import { onTestFinished } from 'vitest';
import { fingerprintOfPem } from '../../../src/keys/index.ts';
import type { Station } from '../../../src/station.ts';
import { virtualTime } from '../virtual-time.ts';
import { board as makeBoard, logIn, Ports, stationOn } from './boards.ts';
import { makeHome } from './home.ts';

const REASON = { code: 'returned', text: '' } as const;
const CALL = { server: 'bench', profile: 'mender' } as const;

/** A unit that was provisioned in the factory, with the admin's station, and a laptop that only knows the server's address. */
async function world({ mode = '2026', choices = {} }: { mode?: Mode; choices?: BoardChoices } = {}) {
  const time = virtualTime();
  const server = await startMenderServer({ mode, decommissionMs: 20 });
  onTestFinished(() => server.close());
  const [factory, van] = [new Ports(), new Ports()];
  const unit = makeBoard(time, 1, choices);
  const admin = await stationOn(makeHome(), factory, time);
  await logIn(admin, server);
  factory.put('bench', unit);
  const made = await admin.call('provision', { ports: ['bench'], ...CALL });
  expect(made.jobs).toMatchObject([{ verdict: 'pass' }]);
  factory.put('bench', null);
  const laptop = await stationOn(makeHome(), van, time);
  await laptop.call('server.add', { name: 'bench', url: server.url });
  await laptop.call('approver.add', { file: (await admin.call('approver.export', {})).file });
  van.put('usb', unit);
  const sets = () => server.inspect().flatMap((device) => device.sets.map(({ status }) => status));
  const request = () => laptop.call('rekey.request', { port: 'usb', ...CALL, reason: REASON });
  return { time, server, unit, van, admin, laptop, sets, request, old: made.jobs[0]?.keyFingerprint };
}

it.each([
  ['2026', 'preauthorized', ['accepted', 'preauthorized'], 'refused-tested'],
  // It was changed over at the approval: the laptop has not seen the old key go, and claims nothing of it.
  ['2023', 'accepted', ['rejected', 'accepted'], 'none'],
] as const)(
  'at a server of %s a unit gets its new key by two files: %s, and the old one is refused and removed',
  async (mode, how, approvedSets, oldKey) => {
    const { server, unit, van, admin, laptop, sets, request, old } = await world({ mode });
    const before = server.requests.total;
    const asked = await request();
    expect(server.requests.total).toBe(before);
    expect(await laptop.call('resume.list', {})).toMatchObject([
      { job: asked.job, flow: 'rekey', state: 'waiting', safe: false, deadline: asked.expires },
    ]);

    const view = await admin.call('rekey.read-request', { file: asked.file, server: 'bench' });
    expect(view).toMatchObject({
      identity: unit.identity,
      fingerprint: asked.fingerprint,
      oldKey: old,
      reason: REASON,
      stationKey: asked.stationKey,
      state: 'new',
      device: { status: 'accepted' },
    });
    expect(sets()).toEqual(['accepted']);
    const approval = await admin.call('rekey.approve', { file: asked.file, server: 'bench' });
    expect(approval).toMatchObject({ how, tidied: false });
    expect(sets().toSorted()).toEqual(approvedSets.toSorted());

    // The unit is on another port by now, and nobody has logged in at the laptop.
    van.put('other', unit);
    const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
    expect(jobs).toMatchObject([
      {
        verdict: 'pass',
        port: 'other',
        keyFingerprint: asked.fingerprint,
        proof: 'board-client',
        oldKey,
        error: null,
      },
    ]);
    expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
    expect(await laptop.call('resume.list', {})).toEqual([]);
    expect(server.requests.count({ step: 'login' })).toBe(1);

    const tidied = await admin.call('rekey.approve', { file: asked.file, server: 'bench', tidy: true });
    expect(tidied).toMatchObject({ tidied: true });
    expect(sets()).toEqual(['accepted']);
    expect(await admin.call('journal.verify', {})).toMatchObject({ ok: true });
  },
);

it('a unit that cannot sign by itself is changed over at the approval, and its client shows the new key', async () => {
  const { laptop, admin, request, sets } = await world({ choices: { system: { openssl: 'absent' } } });
  const asked = await request();
  const approval = await admin.call('rekey.approve', { file: asked.file, server: 'bench' });
  expect(approval.how).toBe('accepted');
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  // Nobody could sign with the old key: nothing is claimed of it before it is removed.
  expect(jobs).toMatchObject([{ verdict: 'pass', proof: 'board-client', oldKey: 'none' }]);
  expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
});

it('an approval is believed of a known station alone, and only for the request that was made', async () => {
  const { laptop, admin, request } = await world();
  const first = await request();
  const approval = await admin.call('rekey.approve', { file: first.file, server: 'bench' });
  const changed = approval.file.replace(/"deviceId": "[^"]*"/, '"deviceId": "another"');
  await expect(laptop.call('rekey.finish', { file: changed })).rejects.toMatchObject({
    code: 'request/altered',
  });
  await expect(laptop.call('rekey.finish', { file: first.file })).rejects.toMatchObject({
    code: 'request/unreadable',
  });

  const stranger = await world();
  const theirs = await stranger.admin.call('rekey.approve', {
    file: (await stranger.request()).file,
    server: 'bench',
  });
  await expect(laptop.call('rekey.finish', { file: theirs.file })).rejects.toMatchObject({
    code: 'request/unknown-approver',
  });
  await laptop.call('approver.add', { file: (await stranger.admin.call('approver.export', {})).file });
  await expect(laptop.call('rekey.finish', { file: theirs.file })).rejects.toMatchObject({
    code: 'request/not-this',
  });
  // Two are known now: which one is meant has to be said.
  await expect(request()).rejects.toMatchObject({ code: 'request/no-approver' });
});

it('a request holds no credential that anybody but its approver can read, and expires', async () => {
  const { laptop, admin, server, request, time } = await world();
  const asked = await request();
  expect(asked.file).not.toContain(DEFAULT_ADMIN.password);
  const frame = JSON.parse(asked.file) as { body: { sealed: object } };
  expect(Object.keys(frame.body.sealed).toSorted()).toEqual([
    'ciphertext',
    'ephemeral',
    'nonce',
    'tag',
    'to',
  ]);
  await time.sleep(25 * 3_600_000);
  await expect(admin.call('rekey.approve', { file: asked.file, server: 'bench' })).rejects.toMatchObject({
    code: 'request/expired',
  });
  expect(server.inspect()[0]?.sets).toHaveLength(1);
  // The unit is as it was: its waiting job is simply done again, by whoever has a login.
  await logIn(laptop, server);
  const again = await laptop.call('resume', {});
  expect(again.jobs).toMatchObject([{ verdict: 'pass', oldKey: 'refused-tested' }]);
});

it('a finish that is cut off is finished by the same approval', async () => {
  const { laptop, admin, request, van, unit, sets } = await world();
  const { file } = await admin.call('rekey.approve', { file: (await request()).file, server: 'bench' });
  const stop = laptop.subscribe((event) => {
    if (event.type !== 'job' || event.job.steps.at(-1)?.step !== 'switch') return;
    stop();
    unit.unplug();
  });
  const cut = await laptop.call('rekey.finish', { file });
  expect(cut.jobs).toMatchObject([{ verdict: 'fail', error: { code: 'board/switch-unknown' } }]);
  van.put('other', unit);
  const { jobs } = await laptop.call('rekey.finish', { file });
  expect(jobs).toMatchObject([{ verdict: 'pass', port: 'other', error: null }]);
  expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
  expect(await laptop.call('resume.list', {})).toEqual([]);
  await expect(laptop.call('rekey.finish', { file })).rejects.toMatchObject({ code: 'job/not-interrupted' });
});

/** A server more at the admin's station. */
async function addServer(admin: Station, name: string, url: string): Promise<void> {
  await admin.call('server.add', { name, url });
  await admin.call('server.login', {
    name,
    user: DEFAULT_ADMIN.email,
    password: DEFAULT_ADMIN.password,
    keep: true,
  });
}

it('a request for one server is neither shown nor approved at another, which is not even asked', async () => {
  const { admin, laptop, request, sets } = await world();
  const staging = await startMenderServer({ decommissionMs: 20 });
  onTestFinished(() => staging.close());
  await addServer(admin, 'staging', staging.url);
  const { file } = await request();
  const before = staging.requests.total;
  for (const method of ['rekey.read-request', 'rekey.approve'] as const)
    await expect(admin.call(method, { file, server: 'staging' })).rejects.toMatchObject({
      code: 'request/other-server',
    });
  expect(staging.requests.total).toBe(before);
  // Nothing was spoilt: at the right one it is approved, and the unit finished.
  const approval = await admin.call('rekey.approve', { file, server: 'bench' });
  expect((await laptop.call('rekey.finish', { file: approval.file })).jobs).toMatchObject([
    { verdict: 'pass' },
  ]);
  expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
});

it('a server that the admin reaches at another address is approved at when the admin says that it is the one', async () => {
  const { admin, laptop, request, server } = await world();
  await addServer(admin, 'other', server.url.replace('127.0.0.1', 'localhost'));
  const { file } = await request();
  await expect(admin.call('rekey.approve', { file, server: 'other' })).rejects.toMatchObject({
    code: 'request/other-server',
  });
  const approval = await admin.call('rekey.approve', { file, server: 'other', otherAddress: true });
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  expect(jobs).toMatchObject([{ verdict: 'pass', error: null }]);
});

it('an approval given at another address than that of the unit’s server changes nothing on the unit', async () => {
  const { admin, laptop, request, server, unit } = await world();
  const asked = await request();
  const approval = await admin.call('rekey.approve', { file: asked.file, server: 'bench' });
  const files = unit.inspect.names('/var/lib/mender');
  await laptop.call('server.remove', { name: 'bench' });
  await laptop.call('server.add', { name: 'bench', url: server.url.replace('127.0.0.1', 'localhost') });
  await expect(laptop.call('rekey.finish', { file: approval.file })).rejects.toMatchObject({
    code: 'request/approved-elsewhere',
  });
  expect(unit.inspect.names('/var/lib/mender')).toEqual(files);
  expect(await laptop.call('resume.list', {})).toMatchObject([{ job: asked.job, state: 'waiting' }]);
});

it.each(['2023', '2026'] as const)(
  'a used request is not approved again at a server of %s: the unit keeps the key that it was given after it',
  async (mode) => {
    const { admin, laptop, request, server } = await world({ mode });
    const keys = () =>
      server
        .inspect()
        .flatMap((device) => device.sets.map(({ status, pubkey }) => [fingerprintOfPem(pubkey), status]));
    const [first, unused] = [await request(), await request()];
    const finish = async (file: string) => {
      const approval = await admin.call('rekey.approve', { file, server: 'bench' });
      expect((await laptop.call('rekey.finish', { file: approval.file })).jobs).toMatchObject([
        { verdict: 'pass' },
      ]);
    };
    await finish(unused.file);
    const second = await request();
    await finish(second.file);
    const before = keys();
    expect(before).toContainEqual([second.fingerprint, 'accepted']);
    // The first was never brought in, but shows that the unit had another key then than it has now.
    for (const [file, code] of [
      [unused.file, 'request/used'],
      [first.file, 'request/other-key'],
    ] as const)
      await expect(admin.call('rekey.approve', { file, server: 'bench' })).rejects.toMatchObject({ code });
    expect(keys()).toEqual(before);
    // Also where no set is left of it: the record tells.
    await admin.call('rekey.approve', { file: second.file, server: 'bench', tidy: true });
    await expect(admin.call('rekey.approve', { file: unused.file, server: 'bench' })).rejects.toMatchObject({
      code: 'request/used',
    });
    expect(keys()).toEqual([[second.fingerprint, 'accepted']]);
  },
);

it('a unit whose approval was lost gets another key once its admin says that the accepted one is nowhere', async () => {
  const { admin, laptop, request, sets } = await world({ mode: '2023' });
  const lost = await request();
  await admin.call('rekey.approve', { file: lost.file, server: 'bench' });
  // Making a new request discards the key that was staged for the first.
  const { file } = await request();
  await expect(admin.call('rekey.approve', { file, server: 'bench' })).rejects.toMatchObject({
    code: 'request/other-key',
  });
  const approval = await admin.call('rekey.approve', { file, server: 'bench', otherKey: true });
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  expect(jobs).toMatchObject([{ verdict: 'pass', error: null }]);
  expect(sets().filter((status) => status === 'accepted')).toHaveLength(1);
});

it.each(['2023', '2026'] as const)(
  'at a server of %s an approval that was lost is written again, and takes nothing away before the unit has its key',
  async (mode) => {
    const { admin, laptop, request, sets } = await world({ mode });
    const { file } = await request();
    await expect(admin.call('rekey.approve', { file, server: 'bench', tidy: true })).rejects.toMatchObject({
      code: 'request/nothing-to-tidy',
    });
    const first = await admin.call('rekey.approve', { file, server: 'bench' });
    const approved = sets();
    const second = await admin.call('rekey.approve', { file, server: 'bench' });
    expect(second).toMatchObject({ how: first.how, tidied: false });
    expect(sets()).toEqual(approved);
    // The first one turned up again: either will do.
    const { jobs } = await laptop.call('rekey.finish', { file: first.file });
    expect(jobs).toMatchObject([{ verdict: 'pass', error: null }]);
    expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
  },
);

it('nothing is claimed of an old key whose set was removed before the unit had its new one, and none is made anew', async () => {
  const { admin, laptop, request, sets } = await world({ mode: '2023' });
  const { file } = await request();
  const approval = await admin.call('rekey.approve', { file, server: 'bench' });
  await admin.call('rekey.approve', { file, server: 'bench', tidy: true });
  expect(sets()).toEqual(['accepted']);
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  expect(jobs).toMatchObject([{ verdict: 'pass', oldKey: 'none', error: null }]);
  expect(sets()).toEqual(['accepted']);
});

it('a finish that was cut off after its token claims nothing of the old key, which may have been removed since', async () => {
  const { admin, laptop, request, sets, unit, van } = await world();
  const { file } = await request();
  const approval = await admin.call('rekey.approve', { file, server: 'bench' });
  const stop = laptop.subscribe((event) => {
    if (event.type !== 'job' || event.job.steps.at(-1)?.step !== 'tidy') return;
    stop();
    unit.unplug();
  });
  await laptop.call('rekey.finish', { file: approval.file });
  expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
  await admin.call('rekey.approve', { file, server: 'bench', tidy: true });
  van.put('other', unit);
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  expect(jobs).toMatchObject([{ verdict: 'pass', oldKey: 'none', error: null }]);
  expect(sets()).toEqual(['accepted']);
});

it('the old key of a unit that was finished after its request had expired can still be removed', async () => {
  const { admin, laptop, request, sets, time } = await world({ mode: '2023' });
  const { file } = await request();
  const approval = await admin.call('rekey.approve', { file, server: 'bench' });
  await time.sleep(25 * 3_600_000);
  const { jobs } = await laptop.call('rekey.finish', { file: approval.file });
  expect(jobs).toMatchObject([{ verdict: 'pass', error: null }]);
  expect(sets().toSorted()).toEqual(['accepted', 'rejected']);
  expect(await admin.call('rekey.read-request', { file, server: 'bench' })).toMatchObject({
    state: 'accepted',
  });
  expect(await admin.call('rekey.approve', { file, server: 'bench', tidy: true })).toMatchObject({
    tidied: true,
  });
  expect(sets()).toEqual(['accepted']);
});

it('reading a request never brings its key to the server, also where the unit is not known there', async () => {
  const { admin, request } = await world();
  const empty = await startMenderServer({ decommissionMs: 20 });
  onTestFinished(() => empty.close());
  await addServer(admin, 'empty', empty.url);
  // What the search made there cannot be removed: it stays, to be looked at.
  empty.faults.add({ on: 'decommission', act: { kind: 'status', status: 403 } });
  const asked = await request();
  await expect(
    admin.call('rekey.read-request', { file: asked.file, server: 'empty', otherAddress: true }),
  ).rejects.toThrow();
  const left = empty.inspect().flatMap(({ sets }) => sets.map(({ pubkey }) => fingerprintOfPem(pubkey)));
  expect(left).toHaveLength(1);
  expect(left).not.toContain(asked.fingerprint);
});
