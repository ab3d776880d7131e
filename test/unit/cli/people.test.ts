import { expect, it } from 'vitest';
import type { DoctorLine } from '../../../src/contract.ts';
import { openStation } from '../../../src/station.ts';
import { makeHome, station, type Ended } from './command.ts';

const ADMIN = '482913';
const TECHNICIAN = '730258';

/** A home with an admin and a technician. */
async function homeWithPeople(): Promise<string> {
  const home = makeHome();
  const first = ['people', 'add', 'Ada', '--role', 'admin', '--home', home];
  expect(await station(first, { env: { STATION_NEW_PIN: ADMIN } })).toMatchObject({ status: 0 });
  const second = ['people', 'add', 'Tom', '--role', 'technician', '--operator', 'Ada', '--home', home];
  const added = await station(second, { env: { STATION_PIN: ADMIN, STATION_NEW_PIN: TECHNICIAN } });
  expect(added).toMatchObject({ status: 0, env: {} });
  return home;
}

function json(text: string): unknown {
  return JSON.parse(text);
}

it('records the name that --operator gives where nobody is defined', async () => {
  const home = makeHome();
  const args = ['rehearse', '--boards', '1', '--operator', 'Ines', '--home', home];
  expect((await station(args)).status).toBe(0);
  const { out } = await station([
    'journal',
    'export',
    '--format',
    'csv',
    '--out',
    `${home}/x.csv`,
    '--home',
    home,
  ]);
  expect(out).toContain('x.csv');
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(`${home}/x.csv`, 'utf8')).toContain('Ines');
});

it('begins with an admin, lists people, and never shows a code', async () => {
  const home = makeHome();
  const technician = ['people', 'add', 'Tom', '--role', 'technician', '--home', home];
  expect(await station(technician, { env: { STATION_NEW_PIN: TECHNICIAN } })).toMatchObject({
    status: 2,
    err: expect.stringContaining('station/person-invalid') as string,
  });
  expect((await station(['people', 'list', '--home', home])).out).toContain('everybody may everything here');
  const both = await homeWithPeople();
  const { status, out } = await station(['people', 'list', '--json', '--home', both]);
  expect(status).toBe(0);
  expect(json(out)).toMatchObject({
    defined: true,
    people: [
      { name: 'Ada', role: 'admin', hasPin: true, hasBadge: false },
      { name: 'Tom', role: 'technician' },
    ],
  });
  expect(out).not.toContain(ADMIN);
});

it('refuses what nobody, or the wrong person, asks for, and says what to do', async () => {
  const home = await homeWithPeople();
  const add = ['server', 'add', 'bench', '--url', 'https://bench.example', '--home', home];
  const nobody = await station(add);
  expect(nobody.status).toBe(3);
  expect(nobody.err).toContain('station/locked');
  expect(nobody.err).toContain('--operator NAME');
  const tom = await station([...add, '--operator', 'Tom'], { env: { STATION_PIN: TECHNICIAN } });
  expect(tom.status).toBe(2);
  expect(tom.err).toContain('Tom may not add and remove servers.');
  const wrong = await station([...add, '--operator', 'Ada', '--pin-stdin'], { stdin: '000000\n' });
  expect(wrong.status).toBe(3);
  expect(wrong.err).toContain('station/sign-in-refused');
  const stranger = await station([...add, '--operator', 'Eve'], { env: { STATION_PIN: ADMIN } });
  expect(stranger.status).toBe(2);
  expect(stranger.err).toContain('station/unknown-person');
  const ada = await station([...add, '--operator', 'Ada', '--pin-stdin'], { stdin: `${ADMIN}\n` });
  expect(ada.status).toBe(0);
});

it('asks for a PIN of somebody', async () => {
  const { status, err } = await station(['people', 'list', '--pin-stdin', '--home', makeHome()]);
  expect(status).toBe(2);
  expect(err).toContain('--operator NAME');
});

it('reads without a person, unless a locked bench shows nothing', async () => {
  const home = await homeWithPeople();
  expect((await station(['journal', 'list', '--home', home])).status).toBe(0);
  const admin = { env: { STATION_PIN: ADMIN } };
  const rules = await station(
    ['people', 'rules', '--while-locked', 'nothing', '--idle', '5', '--operator', 'Ada', '--home', home],
    admin,
  );
  expect(rules.status).toBe(0);
  expect(rules.out).toContain('While locked: nothing');
  expect(await station(['journal', 'list', '--home', home])).toMatchObject({ status: 3, out: '' });
  expect(await station(['server', 'list', '--home', home])).toMatchObject({ status: 3, out: '' });
  expect(await station(['doctor', '--home', home])).toMatchObject({ status: 3, out: '' });
  const read = await station(['journal', 'list', '--operator', 'Tom', '--home', home], {
    env: { STATION_PIN: TECHNICIAN },
  });
  expect(read.status).toBe(0);
});

it('reads for a person also while the window has the home, and says nothing bad of that', async () => {
  const home = await homeWithPeople();
  const rules = ['people', 'rules', '--while-locked', 'nothing', '--operator', 'Ada', '--home', home];
  expect(await station(rules, { env: { STATION_PIN: ADMIN } })).toMatchObject({ status: 0 });
  await using _window = await openStation({
    home,
    env: {},
    access: 'write',
    probing: false,
    program: 'station window',
  });
  const as = (...args: readonly string[]): Promise<Ended> =>
    station([...args, '--operator', 'Tom', '--home', home], { env: { STATION_PIN: TECHNICIAN } });
  expect((await station(['journal', 'list', '--home', home])).err).toContain('station/locked');
  for (const args of [['journal', 'list'], ['server', 'list'], ['stats'], ['ports'], ['people', 'list']])
    expect(await as(...args), args.join(' ')).toMatchObject({ status: 0 });
  const lines = json((await as('doctor', '--json')).out) as DoctorLine[];
  expect(lines).toContainEqual(expect.objectContaining({ check: 'in use', state: 'note' }));
  expect(lines.filter(({ check, state }) => state === 'bad' && /station|journal|people/.test(check))).toEqual(
    [],
  );
  const wrong = ['journal', 'list', '--operator', 'Tom', '--home', home];
  expect((await station(wrong, { env: { STATION_PIN: '000111' } })).err).toContain('station/sign-in-refused');
  // What writes needs the home.
  expect((await as('credential', 'set', 'board', '--password-stdin')).err).toMatch(
    /home-locked|not-permitted/,
  );
});

it('changes, revokes and removes', async () => {
  const home = await homeWithPeople();
  const env = { STATION_PIN: ADMIN };
  const as = ['--operator', 'Ada', '--home', home];
  const granted = await station(
    ['people', 'set', 'Tom', '--grant', 'rekey', '--grant', 'decommission', ...as],
    {
      env,
    },
  );
  expect(granted.status).toBe(0);
  expect((await station(['people', 'list', '--home', home])).out).toContain('rekey decommission');
  await station(['people', 'set', 'Tom', '--revoke', 'rekey', '--role', 'field', '--idle', '0', ...as], {
    env,
  });
  const { out } = await station(['people', 'list', '--json', '--home', home]);
  expect(json(out)).toMatchObject({
    people: [{}, { role: 'field', grants: ['decommission'], idleMinutes: 0 }],
  });
  const unknown = await station(['people', 'set', 'Tom', '--grant', 'everything', ...as], { env });
  expect(unknown.status).toBe(2);
  const pin = ['people', 'pin', '--operator', 'Tom', '--home', home];
  expect(await station(pin, { env: { STATION_PIN: TECHNICIAN, STATION_NEW_PIN: '294857' } })).toMatchObject({
    status: 0,
  });
  expect(await station(pin, { env: { STATION_PIN: TECHNICIAN, STATION_NEW_PIN: '294857' } })).toMatchObject({
    status: 3,
  });
  expect(await station(['people', 'remove', 'Tom', ...as], { env })).toMatchObject({ status: 0 });
  const last = await station(['people', 'remove', 'Ada', ...as], { env });
  expect(last.out).toContain('everybody may everything again');
});

it('restores a record for who may', async () => {
  const home = await homeWithPeople();
  const copy = `${home}/copy.db`;
  const backup = ['journal', 'backup', '--out', copy, '--home', home];
  expect((await station(backup)).err).toContain('station/locked');
  expect((await station([...backup, '--operator', 'Tom'], { env: { STATION_PIN: TECHNICIAN } })).status).toBe(
    0,
  );
  const restore = ['journal', 'restore', copy, '--discard-newer', '--home', home];
  expect(await station(restore)).toMatchObject({
    status: 3,
    err: expect.stringContaining('station/locked') as string,
  });
  const tom = await station([...restore, '--operator', 'Tom'], { env: { STATION_PIN: TECHNICIAN } });
  expect(tom).toMatchObject({ status: 2, err: expect.stringContaining('station/not-permitted') as string });
  const ada = await station([...restore, '--operator', 'Ada'], { env: { STATION_PIN: ADMIN } });
  expect(ada.status).toBe(0);
});
