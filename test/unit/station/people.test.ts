import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CALLS, type CallName, type PeopleView } from '../../../src/contract.ts';
import { CALL_RULES } from '../../../src/model/rights.ts';
import { openStation, type Station } from '../../../src/station.ts';
import { handClock } from '../hand-clock.ts';
import { Ports } from './boards.ts';
import { makeHome, open } from './home.ts';
import { recorded } from './recorded.ts';

const ADA = { name: 'Ada Admin', code: '482913' } as const;
const TOM = { name: 'Tom', code: '730258' } as const;
const FAY = { name: 'Fay', code: '915362' } as const;
const BADGE = 'HID:00417-A9';

function added(person: { readonly name: string; readonly code: string }) {
  return { name: person.name, pin: person.code };
}

let template: string | null = null;

/**
 * A home with an admin, a technician who also has a badge, and somebody from the field. Made once, since hashing takes its
 * time, and copied.
 */
async function homeWithPeople(): Promise<string> {
  if (template === null) {
    const home = mkdtempSync(join(tmpdir(), 'station-people-'));
    await using station = await openStation({
      home,
      env: {},
      access: 'write',
      probing: false,
      program: 'test',
    });
    await station.call('people.add', { ...added(ADA), role: 'admin' });
    await station.call('people.add', { ...added(TOM), role: 'technician', badge: BADGE });
    await station.call('people.add', { ...added(FAY), role: 'field' });
    template = home;
  }
  const home = makeHome();
  cpSync(template, home, { recursive: true });
  return home;
}

afterAll(() => {
  if (template !== null) rmSync(template, { recursive: true, force: true });
});

/** A station with these people; nobody has signed in. */
async function benchWithPeople(options: Parameters<typeof open>[0] = {}) {
  const home = await homeWithPeople();
  return { ...(await open({ ...options, home })), home };
}

function people(station: Station): Promise<PeopleView> {
  return station.call('people.show', {});
}

/** Whether a call gets past rights and lock: what the handler says of the parameters does not matter. */
async function refusal(station: Station, name: CallName, params: object): Promise<string | null> {
  try {
    await station.call(name, params);
    return null;
  } catch (thrown) {
    const { code, message } = thrown as { code: string; message: string };
    if (code === 'station/usage' && message.startsWith(`${name}:`)) throw thrown;
    return code === 'station/locked' || code === 'station/not-permitted' ? code : null;
  }
}

/** Parameters with which each call that takes a right gets as far as to be let through or not. */
const SOME: Partial<Record<string, object>> = {
  'people.add': { name: 'New', role: 'technician', pin: '829164' },
  'people.set': { name: 'Nobody' },
  'people.remove': { name: 'Nobody' },
  'batch.show': { name: 'y' },
  'batch.export': { path: '/nowhere/y.csv', name: 'y' },
  'batch.certificate': { path: '/nowhere/y.pdf', name: 'y' },
  'batch.close': { name: 'y' },
  'batch.remove': { name: 'y' },
  'batch.check': { path: '/nowhere' },
  'batch.import': { path: '/nowhere', name: 'y' },
  'batch.rows': { name: 'y' },
  'batch.preauthorize': { name: 'y', server: 'x' },
  'batch.reconcile': { server: 'x' },
  'batch.pause': { name: 'y' },
  'batch.cancel': { name: 'y' },
  'batch.take-back': { name: 'y', server: 'x' },
  'people.set-pin': { code: 'x', pin: '829164' },
  'port.mute': { slot: 'a', muted: true },
  'server.add': { name: 'x', url: 'https://x.example' },
  'server.remove': { name: 'y' },
  'server.certificate': { url: 'x' },
  'server.test': { name: 'y' },
  'server.shown-certificate': { name: 'y' },
  'server.pin': { name: 'y', spkiSha256: 'x' },
  'server.first-user': { name: 'y', user: 'a@b.example', password: 'x' },
  'server.read-tenant-token': { name: 'y' },
  'shift.check': { server: 'y' },
  'server.login': { name: 'y' },
  'server.logout': { name: 'y' },
  'server.tenant-token': { name: 'y', token: null },
  'server.api-key': { name: 'bench', key: null },
  'profile.show': { name: 'y' },
  'profile.check': { path: '/nowhere' },
  'credential.set': { name: 'x', password: null },
  identify: { port: 'a', profile: 'mender' },
  provision: { ports: ['a'], server: 'y', profile: 'mender' },
  'provision.plan': { ports: ['a'], server: 'y', profile: 'mender' },
  'rekey.look': { port: 'a', server: 'y', profile: 'mender' },
  'approver.add': { file: 'x' },
  'rekey.request': { port: 'a', server: 'y', profile: 'mender', reason: { code: 'returned' } },
  'rekey.read-request': { file: 'x', server: 'y' },
  'rekey.approve': { file: 'x', server: 'y' },
  'rekey.finish': { file: 'x' },
  'resume.dismiss': { job: 'x' },
  rekey: { port: 'a', server: 'y', profile: 'mender', reason: { code: 'returned' } },
  'job.cancel': { job: 'x' },
  'job.transcript': { job: 'x' },
  'slot.clear': { slot: 'x' },
  'rekey.sheet': { job: 'x', path: '/nowhere/x' },
  'journal.backup': { path: '/nowhere/x' },
  'journal.export': { format: 'csv', path: '/nowhere/x' },
};

const REFUSED: ReadonlySet<CallName> = new Set(['snapshot', 'rehearsal.start', 'doctor'] as const);
/** Those of which this file knows parameters that are taken; `rights.test.ts` sees to the rows of the others. */
const NAMES = (Object.keys(CALLS) as CallName[]).filter(
  (name) => !REFUSED.has(name) && CALLS[name].safeParse(SOME[name] ?? {}).success,
);

describe('a station without people', () => {
  it('lets everybody do everything, and says so', async () => {
    const { station } = await open();
    expect(await people(station)).toMatchObject({ defined: false, locked: false, person: null });
    for (const name of NAMES.filter((one) => !one.startsWith('people.')))
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBeNull();
  });

  it('takes a name for its record without asking', async () => {
    const home = makeHome();
    const { station } = await open({ home });
    await station.call('people.sign-in', { name: 'Ines' });
    await station.call('server.add', { name: 'x', url: 'https://x.example' });
    expect((await station.call('snapshot', {})).preferences.operator).toBe('Ines');
    expect(recorded(home, 'setting-changed')).toContainEqual({
      kind: 'setting-changed',
      setting: 'server',
      subject: 'x',
      to: 'mender https://x.example (system)',
      operator: 'Ines',
    });
  });

  it('begins with an admin, who is signed in by that', async () => {
    const { station } = await open();
    await expect(station.call('people.add', { ...added(TOM), role: 'technician' })).rejects.toMatchObject({
      code: 'station/person-invalid',
    });
    const view = await station.call('people.add', { ...added(ADA), role: 'admin' });
    expect(view).toMatchObject({ defined: true, locked: false, person: ADA.name });
    expect(view.rules).toEqual({ idleMinutes: 10, whileLocked: 'look', provisionFreely: false });
  });
});

describe('rights', () => {
  const CANNOT: readonly (readonly [typeof TOM | typeof FAY | typeof ADA, readonly CallName[]])[] = [
    [
      TOM,
      NAMES.filter((name) => {
        const rule: unknown = CALL_RULES[name];
        return (
          ['people', 'servers', 'settings', 'batches', 'rekey', 'approve', 'server-login'].includes(
            String(rule),
          ) ||
          name === 'provision' ||
          name === 'rekey'
        );
      }),
    ],
    [
      FAY,
      NAMES.filter((name) => {
        const rule: unknown = CALL_RULES[name];
        return (
          ['people', 'servers', 'settings', 'batches', 'approve'].includes(String(rule)) ||
          name === 'provision'
        );
      }),
    ],
    [ADA, []],
  ];

  it.each(CANNOT)('%o: every call is let through or refused as the role says', async (who, refused) => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', who);
    for (const name of NAMES.filter((one) => !/^people\.(sign|lock|rules|remove)/.test(one)))
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBe(
        refused.includes(name) ? 'station/not-permitted' : null,
      );
  });

  it('are asked for before anything is done, and the refusal names right and person', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', TOM);
    await expect(station.call('server.add', { name: 'x', url: 'https://x.example' })).rejects.toMatchObject({
      message: 'Tom may not add and remove servers.',
      retriable: false,
    });
    expect((await station.call('snapshot', {})).servers).toEqual([]);
  });

  it('to say whose name is recorded without signing in are an admin’s, where people sign in', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', TOM);
    const name = { operator: 'Somebody Else' };
    expect(await refusal(station, 'preferences.set', name)).toBe('station/not-permitted');
    expect(await refusal(station, 'preferences.set', { sound: false })).toBeNull();
    await station.call('people.sign-in', ADA);
    expect(await refusal(station, 'preferences.set', name)).toBeNull();
  });

  it('can be given beside the role, and taken away, by an admin', async () => {
    const { station, home } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('people.set', { name: TOM.name, grants: ['decommission', 'rekey'] });
    await station.call('people.sign-in', TOM);
    const former = { ...SOME.rekey, decommissionFormer: true };
    expect(await refusal(station, 'rekey', former)).toBeNull();
    await station.call('people.sign-in', FAY);
    expect(await refusal(station, 'rekey', former)).toBe('station/not-permitted');
    await station.call('people.sign-in', ADA);
    await station.call('people.set', { name: TOM.name, grants: [] });
    await station.call('people.sign-in', TOM);
    expect(await refusal(station, 'rekey', SOME.rekey ?? {})).toBe('station/not-permitted');
    expect(recorded(home, 'people-changed').at(-2)).toMatchObject({
      what: 'changed',
      person: TOM.name,
      rights: expect.arrayContaining(['decommission']) as unknown,
      operator: ADA.name,
    });
  });

  it('to rehearse reach simulated boards alone: no real one is taken to the simulated server', async () => {
    const { station } = await benchWithPeople({ ports: new Ports() });
    await station.call('people.sign-in', TOM);
    await station.call('rehearsal.start', { boards: 1 });
    const { slots } = await station.call('snapshot', {});
    const simulated = slots.find((slot) => slot.simulated)?.port ?? '';
    const call = { server: 'rehearsal', profile: 'mender' } as const;
    expect(await refusal(station, 'provision', { ...call, ports: ['/dev/ttyUSB0'] })).toBe(
      'station/not-permitted',
    );
    expect(await refusal(station, 'provision', { ...call, ports: [simulated, '/dev/ttyUSB0'] })).toBe(
      'station/not-permitted',
    );
    expect(await refusal(station, 'provision', { ...call, ports: [simulated] })).toBeNull();
  });

  it('let technicians work without a batch where the bench is set so', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('people.rules', { provisionFreely: true });
    await station.call('people.sign-in', TOM);
    expect(await refusal(station, 'provision', SOME.provision ?? {})).toBeNull();
  });

  it('end with the person: one who is removed while at the bench is at it no more', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('people.set', { name: FAY.name, role: 'admin' });
    await station.call('people.remove', { name: ADA.name });
    expect(await people(station)).toMatchObject({ person: null, locked: true });
  });

  it('are never left without an admin; the last person of all may go', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await expect(station.call('people.remove', { name: ADA.name })).rejects.toMatchObject({
      code: 'station/person-invalid',
    });
    await expect(station.call('people.set', { name: ADA.name, role: 'field' })).rejects.toMatchObject({
      code: 'station/person-invalid',
    });
    await station.call('people.remove', { name: TOM.name });
    await station.call('people.remove', { name: FAY.name });
    expect(await station.call('people.remove', { name: ADA.name })).toMatchObject({
      defined: false,
      locked: false,
    });
  });
});

describe('signing in', () => {
  it('takes the PIN of a name, the badge of a name, and a badge by itself', async () => {
    const { station, home } = await benchWithPeople();
    expect(await station.call('people.sign-in', TOM)).toMatchObject({ person: TOM.name, locked: false });
    await station.call('people.sign-in', { name: TOM.name, code: BADGE });
    await station.call('people.sign-in', ADA);
    // As readers send it.
    expect(await station.call('people.sign-in', { code: ` ${BADGE}\r` })).toMatchObject({ person: TOM.name });
    await expect(station.call('people.sign-in', { code: TOM.code })).rejects.toMatchObject({
      code: 'station/sign-in-refused',
    });
    expect((await people(station)).person).toBe(TOM.name);
    expect(recorded(home, 'person-signed-in').map(({ person, by }) => [person, by])).toEqual([
      [ADA.name, 'first'],
      [TOM.name, 'pin'],
      [TOM.name, 'badge'],
      [ADA.name, 'pin'],
      [TOM.name, 'badge'],
    ]);
    expect(recorded(home, 'person-signed-out').map(({ person, why }) => [person, why])).toEqual([
      [ADA.name, 'closed'],
      [TOM.name, 'another'],
      [ADA.name, 'another'],
    ]);
  });

  it('keeps neither PIN nor badge, in a file that is its owner’s alone', async () => {
    const { home } = await benchWithPeople();
    const path = join(home, 'people.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const file of [path, join(home, 'journal.db')]) {
      const bytes = readFileSync(file, 'latin1');
      for (const code of [ADA.code, TOM.code, FAY.code, BADGE]) expect(bytes.includes(code)).toBe(false);
    }
  });

  it.each(['12345', '1234567890123', '111111', '123456', '987654', '12a456'])(
    'takes no PIN that is guessed at once: %s',
    async (pin) => {
      const { station } = await open();
      await expect(station.call('people.add', { name: ADA.name, role: 'admin', pin })).rejects.toMatchObject({
        code: 'station/person-invalid',
      });
      expect((await people(station)).defined).toBe(false);
    },
  );

  it('takes no badge twice, and no name that looks like another', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await expect(
      station.call('people.add', { name: 'Uwe', role: 'field', badge: BADGE }),
    ).rejects.toMatchObject({ message: `This badge is that of ${TOM.name}.` });
    await expect(
      station.call('people.add', { name: 'tom', role: 'field', pin: '560193' }),
    ).rejects.toMatchObject({ code: 'station/person-invalid' });
  });

  it('changes one’s own PIN against a code of now', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', TOM);
    await expect(station.call('people.set-pin', { code: ADA.code, pin: '640281' })).rejects.toMatchObject({
      code: 'station/sign-in-refused',
    });
    await station.call('people.set-pin', { code: TOM.code, pin: '640281' });
    await expect(station.call('people.sign-in', TOM)).rejects.toMatchObject({
      code: 'station/sign-in-refused',
    });
    await station.call('people.sign-in', { name: TOM.name, code: '640281' });
  });
});

describe('wrong tries', () => {
  const WRONG = { name: TOM.name, code: '000111' } as const;

  it('begin a wait that grows, keeps the right PIN out too, survives a restart, and is recorded', async () => {
    const clock = handClock();
    const { station, home } = await benchWithPeople({ clock });
    for (const _ of [1, 2, 3])
      await expect(station.call('people.sign-in', WRONG)).rejects.toMatchObject({
        code: 'station/sign-in-refused',
      });
    await expect(station.call('people.sign-in', TOM)).rejects.toMatchObject({
      code: 'station/sign-in-waits',
      message: 'After 3 wrong tries no other counts for 5 s.',
    });
    await station[Symbol.asyncDispose]();
    const { station: again } = await open({ home, clock });
    await expect(again.call('people.sign-in', TOM)).rejects.toMatchObject({ code: 'station/sign-in-waits' });
    await clock.advance(5_000);
    await expect(again.call('people.sign-in', WRONG)).rejects.toMatchObject({
      code: 'station/sign-in-refused',
    });
    await expect(again.call('people.sign-in', TOM)).rejects.toMatchObject({
      message: 'After 4 wrong tries no other counts for 10 s.',
    });
    // Others are not kept out by it.
    await again.call('people.sign-in', ADA);
    await clock.advance(10_000);
    await again.call('people.sign-in', TOM);
    await expect(again.call('people.sign-in', WRONG)).rejects.toMatchObject({
      code: 'station/sign-in-refused',
    });
    expect(
      recorded(home, 'sign-in-refused').map(({ person, wrong, waitMs }) => [person, wrong, waitMs]),
    ).toEqual([
      [TOM.name, 1, 0],
      [TOM.name, 2, 0],
      [TOM.name, 3, 5_000],
      [TOM.name, 4, 10_000],
      [TOM.name, 1, 0],
    ]);
  });

  it('of badges count too, and a clock that was set back keeps nobody out for ever', async () => {
    const clock = handClock();
    const { station } = await benchWithPeople({ clock });
    for (const _ of [1, 2, 3])
      await expect(station.call('people.sign-in', { code: 'STRANGER-1' })).rejects.toMatchObject({
        code: 'station/sign-in-refused',
      });
    clock.slept(-86_400_000);
    await expect(station.call('people.sign-in', { code: BADGE })).rejects.toMatchObject({
      code: 'station/sign-in-waits',
    });
    await clock.advance(86_400_000 + 5_000);
    await station.call('people.sign-in', { code: BADGE });
  });

  it('for a new PIN of one’s own count as those at the lock', async () => {
    const clock = handClock();
    const { station } = await benchWithPeople({ clock });
    await station.call('people.sign-in', TOM);
    for (const code of ['000111', '000112', '000113'])
      await expect(station.call('people.set-pin', { code, pin: '640281' })).rejects.toMatchObject({
        code: 'station/sign-in-refused',
      });
    await expect(station.call('people.set-pin', { code: TOM.code, pin: '640281' })).rejects.toMatchObject({
      code: 'station/sign-in-waits',
    });
  });

  it('are forgiven by an admin who sets a new PIN', async () => {
    const clock = handClock();
    const { station } = await benchWithPeople({ clock });
    for (const _ of [1, 2, 3]) await station.call('people.sign-in', WRONG).catch(() => undefined);
    await station.call('people.sign-in', ADA);
    await station.call('people.set', { name: TOM.name, pin: '274961' });
    await station.call('people.sign-in', { name: TOM.name, code: '274961' });
  });
});

describe('the lock', () => {
  it('comes after so long without a sign of anybody, and by itself only where somebody may leave', async () => {
    const clock = handClock();
    const { station, events, home } = await benchWithPeople({ clock, attended: true });
    await station.call('people.sign-in', TOM);
    await clock.advance(9 * 60_000);
    await station.call('people.active', {});
    await clock.advance(9 * 60_000);
    expect((await people(station)).locked).toBe(false);
    await clock.advance(61_000);
    expect(await people(station)).toMatchObject({ locked: true, person: TOM.name, rights: ['look'] });
    expect(events.filter(({ type }) => type === 'people').at(-1)).toMatchObject({
      people: { locked: true },
    });
    expect(recorded(home, 'bench-locked')).toEqual([{ kind: 'bench-locked', person: TOM.name, why: 'idle' }]);
    // A sign of somebody does not open it.
    await station.call('people.active', {});
    expect((await people(station)).locked).toBe(true);
    await station.call('people.sign-in', TOM);
    expect((await people(station)).locked).toBe(false);

    const { station: command } = await benchWithPeople({ clock });
    await command.call('people.sign-in', TOM);
    await clock.advance(3_600_000);
    expect((await people(command)).locked).toBe(false);
  });

  it('comes when the machine wakes after a sleep', async () => {
    const clock = handClock();
    const { station } = await benchWithPeople({ clock, attended: true });
    await station.call('people.sign-in', TOM);
    clock.slept(8 * 3_600_000);
    await clock.advance(30_000);
    expect((await people(station)).locked).toBe(true);
  });

  it('comes for each person after a time of their own', async () => {
    const clock = handClock();
    const { station } = await benchWithPeople({ clock, attended: true });
    await station.call('people.sign-in', ADA);
    await station.call('people.set', { name: ADA.name, idleMinutes: 1 });
    await station.call('people.set', { name: TOM.name, idleMinutes: 0 });
    await clock.advance(61_000);
    expect((await people(station)).locked).toBe(true);
    await station.call('people.sign-in', TOM);
    await clock.advance(24 * 3_600_000);
    expect((await people(station)).locked).toBe(false);
  });

  it('refuses in the station what the bench may not do while it is locked', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('people.lock', {});
    expect(await refusal(station, 'journal.list', {})).toBeNull();
    for (const name of [
      'server.add',
      'provision',
      'rekey',
      'people.add',
      'credential.set',
      'job.cancel',
    ] as const)
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBe('station/locked');
    expect(await refusal(station, 'preferences.set', {})).toBe('station/locked');

    await station.call('people.sign-in', ADA);
    await station.call('people.rules', { whileLocked: 'nothing' });
    await station.call('server.add', { name: 'x', url: 'https://x.example' });
    await station.call('people.lock', {});
    for (const name of ['journal.list', 'doctor', 'job.transcript', 'profile.list', 'journal.stats'] as const)
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBe('station/locked');
    expect(await station.call('snapshot', {})).toMatchObject({
      people: { blind: true },
      servers: [],
      records: [],
    });
  });

  it('that lets look lets nothing write or read a file, or use a login', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('server.add', { name: 'y', url: 'https://y.example' });
    await station.call('people.lock', {});
    for (const name of [
      'journal.backup',
      'journal.export',
      'rekey.sheet',
      'batch.export',
      'batch.certificate',
      'profile.check',
      'server.test',
      'shift.check',
      'batch.reconcile',
    ] as const)
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBe('station/locked');
    const servers = (await station.call('doctor', {})).filter(({ check }) => check.startsWith('server'));
    expect(servers).toEqual([expect.objectContaining({ check: 'servers', state: 'note' })]);
    await station.call('people.sign-in', TOM);
    for (const name of ['journal.backup', 'profile.check', 'server.test'] as const)
      expect(await refusal(station, name, SOME[name] ?? {}), name).toBeNull();
  });

  it('lets a bench that may go on provision for who was there last, and do nothing else', async () => {
    const { station } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station.call('people.rules', { whileLocked: 'go-on' });
    await station.call('people.lock', {});
    expect(await refusal(station, 'provision', SOME.provision ?? {})).toBeNull();
    expect(await refusal(station, 'rekey', SOME.rekey ?? {})).toBe('station/locked');
    expect(await refusal(station, 'server.add', SOME['server.add'] ?? {})).toBe('station/locked');
    // Nobody was there: nobody is it done for.
    await station.call('people.sign-out', {});
    expect(await refusal(station, 'provision', SOME.provision ?? {})).toBe('station/locked');
  });

  it('is there again after a restart', async () => {
    const { station, home } = await benchWithPeople();
    await station.call('people.sign-in', ADA);
    await station[Symbol.asyncDispose]();
    expect(recorded(home, 'person-signed-out').at(-1)).toMatchObject({ person: ADA.name, why: 'closed' });
    const { station: again } = await open({ home });
    expect(await people(again)).toMatchObject({ locked: true, person: null });
  });
});

describe('while another program is the writer of the home', () => {
  it('whoever signs in may look; wrong tries count for both, and the entry is recorded once it can be', async () => {
    const clock = handClock();
    const { station, home } = await benchWithPeople({ clock });
    await station.call('people.sign-in', ADA);
    await station.call('people.rules', { whileLocked: 'nothing' });
    const { station: reader } = await open({ home, clock, access: 'write-if-free' });
    expect(await people(reader)).toMatchObject({ person: null, blind: true });
    const wrong = { name: TOM.name, code: '000111' };
    // While the writer changes somebody, which takes a moment.
    const [, ...tries] = await Promise.allSettled([
      station.call('people.set', { name: FAY.name, role: 'admin' }),
      reader.call('people.sign-in', wrong),
      station.call('people.sign-in', wrong),
      reader.call('people.sign-in', wrong),
    ]);
    expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await people(station)).people).toMatchObject([
      {},
      { name: TOM.name, waitsUntil: expect.any(String) as string },
      { role: 'admin' },
    ]);
    await expect(station.call('people.sign-in', TOM)).rejects.toMatchObject({
      code: 'station/sign-in-waits',
    });
    await clock.advance(5_000);
    expect(await reader.call('people.sign-in', TOM)).toMatchObject({ person: TOM.name, locked: false });
    await reader.call('journal.list', {});
    await expect(reader.call('port.mute', { slot: 'a', muted: true })).rejects.toMatchObject({
      code: 'station/home-locked',
    });
    expect(recorded(home, 'person-signed-in').map(({ person }) => person)).not.toContain(TOM.name);
    const takenOver = new Promise<void>((resolve) => {
      reader.subscribe((event) => {
        if (event.type === 'read-only' && event.readOnly === null) resolve();
      });
    });
    await station[Symbol.asyncDispose]();
    await clock.advance(3_000);
    await takenOver;
    await reader.call('port.mute', { slot: 'a', muted: true });
    expect(recorded(home, 'person-signed-in').at(-1)).toMatchObject({ person: TOM.name, by: 'pin' });
    expect(recorded(home, 'setting-changed').at(-1)).toMatchObject({ operator: TOM.name });
  });
});

describe('the file of people', () => {
  it('that was changed or removed by another hand is found, at once, and recorded', async () => {
    const { station, home } = await benchWithPeople();
    const path = join(home, 'people.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"technician"', '"admin"'));
    await people(station);
    expect(recorded(home, 'people-changed').at(-1)).toMatchObject({ what: 'outside', people: 3 });
    await station[Symbol.asyncDispose]();
    rmSync(path);
    const { station: again } = await open({ home });
    expect(await people(again)).toMatchObject({ defined: false });
    expect(recorded(home, 'people-changed').at(-1)).toMatchObject({
      what: 'outside',
      people: 0,
      digest: null,
      operator: null,
    });
    const rows = recorded(home, 'people-changed').length;
    await again.call('snapshot', {});
    expect(recorded(home, 'people-changed')).toHaveLength(rows);
  });

  it('that cannot be read lets nobody in', async () => {
    const { station, home } = await benchWithPeople();
    await station[Symbol.asyncDispose]();
    writeFileSync(join(home, 'people.json'), '{"version":1}');
    await expect(open({ home })).rejects.toMatchObject({ code: 'station/people-unreadable' });
  });

  it('follows from the record, which verifies', async () => {
    const { station } = await benchWithPeople();
    expect((await station.call('journal.verify', {})).problem).toBeNull();
  });
});
