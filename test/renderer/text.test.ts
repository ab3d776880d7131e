import { describe, expect, test } from 'vitest';
import { keySourceText } from '../../renderer/features/bench/key-choice.ts';
import { verdictSentence } from '../../renderer/features/bench/live-verdicts.tsx';
import { cancellingText, currentStep, jobDuration, segments } from '../../renderer/features/bench/steps.ts';
import { joined } from '../../renderer/features/job/joined.ts';
import {
  caFrom,
  EMPTY_SERVER,
  firstUserFrom,
  loginFrom,
  serverToAdd,
  shiftFrom,
} from '../../renderer/features/servers/server-form.ts';
import {
  bytes,
  duration,
  fileName,
  grouped,
  readable,
  shortFingerprint,
  timeLeft,
  when,
} from '../../renderer/format.ts';
import { CALLS } from '../../src/contract.ts';
import { ended, failure, fingerprintOf, running, slot, STEP_MS, TRANSCRIPT } from './fake-station.ts';

describe('times', () => {
  test.each([
    [0, '0.0 s'],
    [-5, '0.0 s'],
    [440, '0.4 s'],
    [99_949, '99.9 s'],
    [99_950, '1:40 min'],
    [125_000, '2:05 min'],
  ])('a duration of %i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test.each([
    [7 * 86_400_000 - 1, '6 d 23 h'],
    [7.7 * 3_600_000, '7 h 42 min'],
    [3_600_000, '1 h 00 min'],
    [12 * 60_000, '12 min'],
    [9 * 60_000 + 58_000, '9:58'],
    [3_000, '0:03'],
    [-1, '0:00'],
  ])('%i ms left are %s', (ms, text) => {
    expect(timeLeft(ms)).toBe(text);
  });

  test('a record of today shows its time, an older one its day, too', () => {
    const now = new Date(2026, 2, 2, 12, 0, 0);
    expect(when(new Date(2026, 2, 2, 9, 5, 7).toISOString(), now)).toBe('09:05:07');
    expect(when(new Date(2026, 1, 28, 9, 5, 7).toISOString(), now)).toBe('2026-02-28 09:05:07');
    expect(when('garbage', now)).toBe('garbage');
  });
});

test('a sheet is named after its unit, by a name that every file system takes and the shell allows', () => {
  expect(fileName('station', '52:54:00:c0:00:01', 'pdf')).toBe('station-52-54-00-c0-00-01.pdf');
  expect(fileName('station', '../../etc passwd', 'pdf')).toBe('station-etc-passwd.pdf');
  expect(fileName('station', 'ä', 'pdf')).toBe('station-.pdf');
  expect(fileName('station', 'x'.repeat(300), 'pdf')).toHaveLength(92);
});

test('a job that is told to stop says what it does about its board', () => {
  expect(cancellingText(running(1, 'stage'))).toBeNull();
  expect(cancellingText(running(1, 'accept', { state: 'cancelling' }))).toContain('taken back');
  expect(cancellingText(running(1, 'switch', { state: 'cancelling' }))).toContain('finished, not undone');
  expect(cancellingText(running(1, 'prove', { state: 'cancelling' }))).toContain('finished, not undone');
});

test('fingerprints can be compared short and read aloud whole', () => {
  const fingerprint = fingerprintOf(1);
  expect(shortFingerprint(fingerprint)).toMatch(/^[0-9a-f]{8}…[0-9a-f]{8}$/);
  expect(grouped(fingerprint).replaceAll(' ', '')).toBe(fingerprint.slice(7));
  expect(grouped('Zm9v+/8=')).toBe('Zm9v+/8=');
  expect(bytes(9_999)).toBe('9999 B');
  expect(bytes(12_345)).toBe('12.3 kB');
  expect(bytes(12_345_678)).toBe('12.3 MB');
  expect(bytes(12_345_678_901)).toBe('12.3 GB');
});

describe('a transcript', () => {
  test('says what was masked and how long it was, and joins what went one way', () => {
    const runs = joined(TRANSCRIPT);
    const sent = runs.filter(({ way }) => way === 'sent');
    expect(sent[1]?.spans).toEqual([
      { kind: 'masked', what: 'password', bytes: 12 },
      { kind: 'text', text: '\n' },
    ]);
    expect(runs.flatMap(({ spans }) => spans)).toContainEqual({
      kind: 'masked',
      what: 'private key',
      bytes: 2459,
    });
  });

  test('shows what a terminal would hide', () => {
    expect(readable('a\u001b[1;31mred\u001b[0m\r\n\tb\u0007\u0000\u001b[2J')).toBe('ared\n\tb^G^@');
    expect(readable('loading 10%\rloading 20%')).toBe('loading 10%^Mloading 20%');
  });
});

describe('steps', () => {
  test('that were passed over are told from those to come', () => {
    const job = running(1, 'stage', {
      steps: running(1, 'stage').steps.filter(({ step }) => step !== 'make-key'),
    });
    const states = Object.fromEntries(segments(job).map(({ step, state }) => [step, state]));
    expect(states).toMatchObject({
      connect: 'done',
      'make-key': 'left',
      stage: 'running',
      submit: 'waiting',
    });
    expect(currentStep(job)?.step).toBe('stage');
  });

  test('give the time of a job that has ended, whatever the clock says', () => {
    const total = Object.values(STEP_MS).reduce((sum, ms) => sum + ms, 0);
    expect(jobDuration(ended(1), 0)).toBe(total);
    const job = running(1, 'connect', { startedAt: new Date(10_000).toISOString() });
    expect(jobDuration(job, 12_500)).toBe(2_500);
  });
});

test('a verdict is read out with its slot and what it rests on, or what to do', () => {
  const slots = [slot(1), slot(2)];
  expect(verdictSentence(ended(1), slots)).toBe('Slot 1: PASS. The board’s own client was authorized.');
  const job = failure(2, 'board/disk-full', 'No room left.', 'stage');
  expect(verdictSentence(job, slots)).toContain('Slot 2: FAIL. No room left.');
  expect(verdictSentence(job, slots)).toContain(job.result?.error?.remedy);
});

describe('what is sent', () => {
  const choice = { from: 'profile', type: null, directory: '', encrypted: false } as const;

  test('key sources are such as the station takes', () => {
    const schema = CALLS.provision.shape.keySource;
    for (const picked of [
      { ...choice, from: 'board' },
      { ...choice, from: 'board', type: 'p256' },
      { ...choice, from: 'generate', type: 'rsa3072' },
      { ...choice, from: 'keep' },
      { ...choice, from: 'import', directory: ' /keys/today ' },
    ] as const) {
      const source = keySourceText(picked);
      expect(source.finished).toBe(true);
      if (source.finished) expect(schema.safeParse(source.text).success).toBe(true);
    }
    expect(keySourceText(choice)).toEqual({ finished: true, text: null });
    expect(keySourceText({ ...choice, from: 'import', directory: '  ' })).toEqual({ finished: false });
  });

  test('a stack of the Managed IoT Cloud needs a host or a base URL; its key goes beside the draft', () => {
    const mic = {
      ...EMPTY_SERVER.mic,
      iotCa: 'PEM',
      address: ' customer.mic.telenorconnexion.com ',
      thingType: ' gateway ',
    };
    const draft = { ...EMPTY_SERVER, kind: 'mic', name: 'Cloud' } as const;
    expect(serverToAdd(draft)).toMatchObject({ field: 'url' });
    expect(serverToAdd({ ...draft, mic }, 'k'.repeat(40))).toEqual({
      name: 'Cloud',
      kind: 'mic',
      trust: { by: 'system' },
      mic: { host: 'customer.mic.telenorconnexion.com', thingType: 'gateway', iotCa: 'PEM' },
      apiKey: 'k'.repeat(40),
    });
    const url = 'https://id.execute-api.example/prod';
    expect(serverToAdd({ ...draft, mic: { ...EMPTY_SERVER.mic, address: url } })).toEqual({
      name: 'Cloud',
      kind: 'mic',
      trust: { by: 'system' },
      url,
      mic: {},
    });
  });

  test('a server needs a name, a URL, and a key that was compared', () => {
    const draft = { ...EMPTY_SERVER, name: ' Factory ', url: ' https://mender.factory.example ' };
    expect(serverToAdd(EMPTY_SERVER)).toMatchObject({ field: 'name' });
    expect(serverToAdd({ ...EMPTY_SERVER, name: 'x' })).toMatchObject({ field: 'url' });
    expect(serverToAdd({ ...draft, trustBy: 'ca' })).toMatchObject({ field: 'trust' });
    const shown = { ...draft, trustBy: 'pin', pin: 'ab'.repeat(32) } as const;
    expect(serverToAdd(shown)).toMatchObject({ field: 'trust' });
    const added = serverToAdd({ ...shown, pinConfirmed: true });
    expect(added).toEqual({
      name: 'Factory',
      url: 'https://mender.factory.example',
      trust: { by: 'pin', spkiSha256: 'ab'.repeat(32) },
    });
    expect(CALLS['server.add'].safeParse(added).success).toBe(true);
  });

  test('of a CA file only the certificates are taken, never a private key beside them', () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB+/==\n-----END CERTIFICATE-----';
    const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----';
    expect(caFrom(`notes\n${certificate}\n${key}\n${certificate}`)).toEqual({
      pem: `${certificate}\n${certificate}\n`,
    });
    expect(caFrom(key)).toHaveProperty('problem');
  });

  test('a login is sent whole or not at all', () => {
    const form = new FormData();
    form.set('user', ' anna@factory.example ');
    expect(loginFrom('F', 'password', form)).toBeNull();
    form.set('password', ' blank in front');
    form.set('otp', '');
    expect(loginFrom('F', 'password', form)).toEqual({
      name: 'F',
      user: 'anna@factory.example',
      password: ' blank in front',
      keep: false,
    });
    form.set('token', 'eyJ ');
    form.set('keep', 'on');
    expect(loginFrom('F', 'token', form)).toEqual({ name: 'F', token: 'eyJ', keep: true });
    expect(loginFrom('F', 'code', form)).toBeNull();
    form.set('otp', ' 123456 ');
    expect(loginFrom('F', 'code', form)).toEqual({ name: 'F', otp: '123456', keep: true });
  });

  test('a first user’s password is typed twice', () => {
    const form = new FormData();
    form.set('user', 'first@factory.example');
    form.set('password', 'long-enough');
    form.set('again', 'long-enouhg');
    expect(firstUserFrom('F', form)).toEqual({ problem: 'The two passwords differ.' });
    form.set('again', 'long-enough');
    expect(firstUserFrom('F', form)).toEqual({
      name: 'F',
      user: 'first@factory.example',
      password: 'long-enough',
      keep: false,
    });
    form.set('user', ' ');
    expect(firstUserFrom('F', form)).toHaveProperty('problem');
  });

  test('a shift is asked for as far as it is said', () => {
    const form = new FormData();
    form.set('hours', '7,5');
    form.set('units', '');
    const now = new Date(2026, 2, 2, 14, 30);
    expect(shiftFrom('F', form, now)).toEqual({ server: 'F', hours: 7.5 });
    form.set('hours', '');
    form.set('units', '120');
    expect(shiftFrom('F', form, now)).toEqual({ server: 'F', units: 120 });
    form.set('units', '');
    form.set('hours', '8');
    form.set('batch', 'Order 4711');
    form.set('until', '22:00');
    const today = new Date(2026, 2, 2, 22).toISOString();
    expect(shiftFrom('F', form, now)).toEqual({ server: 'F', until: today, batch: 'Order 4711' });
    // A night shift ends tomorrow.
    form.set('until', '06:00');
    const tomorrow = new Date(2026, 2, 3, 6).toISOString();
    expect(shiftFrom('F', form, now)).toMatchObject({ until: tomorrow });
  });
});
