import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serveFolder } from '../../../electron/main/app-scheme.ts';
import { startedAs } from '../../../electron/main/command.ts';
import { stationEnvironment } from '../../../electron/main/environment.ts';
import { RunningJobs } from '../../../electron/main/running-jobs.ts';
import { isTrustedLink } from '../../../electron/main/trusted-links.ts';
import { wrappingKey } from '../../../electron/main/wrapping-key.ts';
import { answerCall } from '../../../electron/station-process/serve.ts';
import type { StationApi } from '../../../src/contract.ts';
import { StationError } from '../../../src/model/station-error.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shell-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what the app was started for', () => {
  test.each([
    [['/usr/bin/station'], undefined],
    [['/usr/bin/station', '--no-sandbox', '--user-data-dir=/tmp/x'], undefined],
    [['/usr/bin/station', '--home', '/srv/home'], '/srv/home'],
    [['/usr/bin/station', '--home=/srv/home'], '/srv/home'],
  ])('%j opens the window', (argv, home) => {
    expect(startedAs(argv, false)).toEqual({ as: 'window', home });
  });

  test.each([
    [['/usr/bin/station', 'ports'], ['ports']],
    [['/usr/bin/station', '--help'], ['--help']],
    [
      ['/usr/bin/station', '--no-sandbox', '--home', '/srv/home', 'ports', '--json'],
      ['--home', '/srv/home', 'ports', '--json'],
    ],
    [
      ['/usr/bin/station', '--json', 'provision', '--port', '/dev/ttyUSB0'],
      ['--json', 'provision', '--port', '/dev/ttyUSB0'],
    ],
  ])('%j runs the command', (argv, args) => {
    expect(startedAs(argv, false)).toEqual({ as: 'command', args });
  });

  test("in a checkout the app's folder is not an argument", () => {
    expect(startedAs(['/electron', '--inspect=0', '.'], true)).toEqual({ as: 'window', home: undefined });
    expect(startedAs(['/electron', '.', 'ports'], true)).toEqual({ as: 'command', args: ['ports'] });
  });
});

describe('the environment of the station process', () => {
  test('is an allow-list', () => {
    const chosen = stationEnvironment({
      PATH: '/bin',
      STATION_TOKEN: 'canary-1',
      AWS_SECRET: 'canary-2',
      NODE_OPTIONS: '-r x',
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'inside.example',
    });
    // The way to the servers is part of where things are.
    expect(chosen).toEqual({
      PATH: '/bin',
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'inside.example',
    });
  });
});

describe('links (15)', () => {
  test.each(['https://docs.mender.io/', 'https://docs.mender.io/a?b#c'])('%s may leave', (link) => {
    expect(isTrustedLink(link)).toBe(true);
  });

  test.each([
    'http://docs.mender.io/',
    'https://docs.mender.io.example.org/',
    'https://example.org/https://docs.mender.io/',
    'https://docs.mender.io@example.org/',
    'https://user@docs.mender.io/',
    'https://docs.mender.io:8443/',
    'https://xdocs.mender.io/',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'smb://docs.mender.io/',
    'docs.mender.io',
    '',
  ])('%s may not', (link) => {
    expect(isTrustedLink(link)).toBe(false);
  });
});

describe('the app scheme (18)', () => {
  const get = (url: string, method = 'GET'): Promise<Response> =>
    serveFolder(path.join(folder, 'renderer'))(new Request(url, { method }));

  beforeEach(() => {
    mkdirSync(path.join(folder, 'renderer', 'assets'), { recursive: true });
    writeFileSync(path.join(folder, 'renderer', 'index.html'), '<title>Station</title>');
    writeFileSync(path.join(folder, 'renderer', 'assets', 'a.js'), 'let a;');
    writeFileSync(path.join(folder, 'renderer', 'assets', 'a.map'), '{}');
    writeFileSync(path.join(folder, 'secret.html'), 'canary');
  });

  test('serves the files of its folder with their type and the policies', async () => {
    const response = await get('app://station/assets/a.js');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('let a;');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'permissions-policy': expect.stringContaining('serial=()') as string,
      'content-security-policy': expect.stringContaining("connect-src 'none'") as string,
    });
    expect((await get('app://station/')).headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test.each([
    'app://station/../secret.html',
    'app://station/%2e%2e/secret.html',
    'app://station/..%2fsecret.html',
    'app://station/assets/..%5c..%5csecret.html',
    'app://station/%00',
    'app://station/%',
    'app://station/missing.html',
    'app://station/assets/a.map',
    'app://station/assets',
    'app://other/index.html',
    'app://station.example.org/index.html',
  ])('answers 404 to %s', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('not found');
  });

  test('answers 404 to any other method', async () => {
    expect((await get('app://station/index.html', 'POST')).status).toBe(404);
  });
});

describe('the wrapping key', () => {
  const store = (backend: 'basic_text' | 'gnome_libsecret', secret = 1, available = true) => ({
    reEncrypt: false,
    isAsyncEncryptionAvailable() {
      return Promise.resolve(available);
    },
    encryptStringAsync: (text: string) =>
      Promise.resolve(Buffer.from(`${secret}:${Buffer.from(text).toString('hex')}`)),
    decryptStringAsync(bytes: Buffer) {
      const [key, text = ''] = bytes.toString().split(':');
      if (key !== String(secret)) return Promise.reject(new Error('another key ring'));
      return Promise.resolve({
        result: Buffer.from(text, 'hex').toString(),
        shouldReEncrypt: this.reEncrypt,
      });
    },
    getSelectedStorageBackend: () => backend,
  });

  test('is made once and kept, readable to its owner alone', async () => {
    const home = path.join(folder, 'home');
    const first = await wrappingKey(store('gnome_libsecret'), home, 'linux');
    const second = await wrappingKey(store('gnome_libsecret'), home, 'linux');
    expect(first).toMatchObject({ kind: 'os', backend: 'gnome_libsecret' });
    expect(second).toEqual(first);
    expect(first.kind === 'os' && first.key.length).toBe(32);
    expect(statSync(path.join(home, 'wrapping-key')).mode & 0o777).toBe(0o600);
  });

  test('is refused where the key store protects nothing', async () => {
    const key = await wrappingKey(store('basic_text'), folder, 'linux');
    expect(key).toEqual({ kind: 'none', reason: expect.stringContaining('no key ring') as string });
    expect(await wrappingKey(store('gnome_libsecret', 1, false), folder, 'linux')).toMatchObject({
      kind: 'none',
    });
  });

  test('is not replaced when the key store cannot read it: what it wraps would be lost unasked', async () => {
    await wrappingKey(store('gnome_libsecret'), folder, 'linux');
    const lost = await wrappingKey(store('gnome_libsecret', 2), folder, 'linux');
    expect(lost).toEqual({ kind: 'none', reason: expect.stringContaining('another key ring') as string });
    expect(await wrappingKey(store('gnome_libsecret'), folder, 'linux')).toMatchObject({ kind: 'os' });
  });

  test('is none, and why is said, when the key store fails at making one', async () => {
    const failing = {
      ...store('gnome_libsecret'),
      encryptStringAsync: () => Promise.reject(new Error('the key ring is locked')),
    };
    expect(await wrappingKey(failing, folder, 'linux')).toEqual({
      kind: 'none',
      reason: expect.stringContaining('the key ring is locked') as string,
    });
  });

  test('is encrypted again when the key store says so', async () => {
    const before = await wrappingKey(store('gnome_libsecret'), folder, 'linux');
    const changed = {
      ...store('gnome_libsecret'),
      reEncrypt: true,
      encryptStringAsync: store('gnome_libsecret', 2).encryptStringAsync,
    };
    expect(await wrappingKey(changed, folder, 'linux')).toEqual(before);
    expect(await wrappingKey(store('gnome_libsecret', 2), folder, 'linux')).toEqual(before);
  });
});

describe('the jobs that run', () => {
  test('are counted from the events', () => {
    const counts: number[] = [];
    const jobs = new RunningJobs((count) => counts.push(count));
    const event = (job: string, state: string): object => ({ type: 'job', job: { job, state, slot: '1' } });
    for (const told of [
      event('a', 'running'),
      event('b', 'running'),
      event('a', 'running'),
      event('a', 'cancelling'),
      { type: 'slot' },
      null,
      event('a', 'ended'),
    ]) {
      jobs.note(told);
    }
    expect(jobs.count).toBe(1);
    jobs.clear();
    expect(counts).toEqual([1, 2, 2, 2, 1, 0]);
  });

  test('do not count one that waits: its board works, and nobody need stay for it', () => {
    const jobs = new RunningJobs(() => undefined);
    for (const state of ['running', 'waiting']) jobs.note({ type: 'job', job: { job: 'a', state } });
    expect(jobs.count).toBe(0);
    jobs.note({ type: 'job', job: { job: 'a', state: 'running' } });
    expect(jobs.count).toBe(1);
  });
});

describe('the station at its port', () => {
  const station = (call: StationApi['call']): StationApi => ({ call, subscribe: () => () => undefined });

  test('answers with the value', async () => {
    const told = station((() => Promise.resolve([1])) as unknown as StationApi['call']);
    expect(await answerCall(told, { type: 'call', id: 4, method: 'profile.list', params: {} })).toEqual({
      type: 'answer',
      id: 4,
      answer: { ok: true, value: [1] },
    });
  });

  test.each([
    [new StationError('station/unknown-job', { job: 'x' }), 'station/unknown-job'],
    [new TypeError('a fault'), 'station/internal'],
  ])('answers with the report of %s', async (error, code) => {
    const failing = station(() => Promise.reject(error));
    const { answer } = await answerCall(failing, {
      type: 'call',
      id: 1,
      method: 'job.cancel',
      params: { job: 'x' },
    });
    expect(answer).toMatchObject({ ok: false, error: { code } });
  });

  test.each(['nonsense', 'toString', '__proto__'])('knows no call %s', async (method) => {
    const never = station(() => Promise.reject(new Error('called')));
    const { answer } = await answerCall(never, { type: 'call', id: 1, method, params: {} });
    expect(answer).toMatchObject({ ok: false, error: { code: 'station/usage' } });
  });
});
