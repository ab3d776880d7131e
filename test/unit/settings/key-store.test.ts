import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { named, POSIX } from '../../needs.ts';
import { secret } from '../../../src/model/secret.ts';
import {
  credentialOf,
  MemoryKeyStore,
  openKeyStore,
  sessionOf,
  tenantTokenOf,
  type KeyStore,
} from '../../../src/settings/index.ts';
import { contentOf, makeHome, modeOf, refusal } from './fixtures.ts';

const NOON = Date.parse('2026-11-21T12:00:00Z');
const CANARY = 'canary-7f3a9c-ü€';

describe.each([
  ['0600 files', 'file', (home: string, now: () => number) => openKeyStore(home, { now })],
  [
    'files under a key of the operating system',
    'os',
    (home: string, now: () => number) =>
      openKeyStore(home, { now, wrappingKey: secret(new Uint8Array(32).fill(7)) }),
  ],
  ['memory', 'memory', (_home: string, now: () => number) => new MemoryKeyStore(now)],
] as const)('a key store in %s', (_, protection, open: (home: string, now: () => number) => KeyStore) => {
  it('gives back what it was given, under its name alone', () => {
    const store = open(makeHome(), () => NOON);
    expect(store.protection.class).toBe(protection);
    expect(store.get(sessionOf('plant'))).toBeNull();
    store.set(sessionOf('plant'), secret('session'));
    store.set(tenantTokenOf('plant'), secret('tenant'));
    store.set(credentialOf('board'), secret(CANARY));
    store.set(credentialOf('board'), secret(`${CANARY}2`));
    expect(store.get(sessionOf('plant'))?.reveal()).toBe('session');
    expect(store.get(credentialOf('board'))?.reveal()).toBe(`${CANARY}2`);
    expect(store.get(sessionOf('other'))).toBeNull();
    store.delete(sessionOf('plant'));
    store.delete(sessionOf('plant'));
    expect(store.get(sessionOf('plant'))).toBeNull();
    expect([...store.names()].sort()).toEqual(['credential/board', 'server/plant/tenant-token']);
  });

  it('drops what has ended', () => {
    let now = NOON;
    const store = open(makeHome(), () => now);
    store.set(sessionOf('plant'), secret('session'), '2026-11-21T14:00:01+02:00');
    expect(store.get(sessionOf('plant'))?.reveal()).toBe('session');
    now += 1000;
    expect(store.get(sessionOf('plant'))).toBeNull();
    expect(store.names()).toEqual([]);
  });
});

describe('the secrets in a home', () => {
  it('lie there for the owner alone, readable in no file, and are there for the next process', () => {
    const home = makeHome();
    openKeyStore(home).set(credentialOf('board'), secret(CANARY));
    expect(openKeyStore(home).get(credentialOf('board'))?.reveal()).toBe(CANARY);
    expect(readdirSync(home).sort()).toEqual(['secrets.json', 'secrets.key']);
    for (const text of [CANARY, Buffer.from(CANARY).toString('base64'), 'canary'])
      expect(contentOf(home)).not.toContain(text);
    if (process.platform !== 'win32')
      for (const file of readdirSync(home)) expect(modeOf(join(home, file))).toBe('600');
  });

  it('that have ended leave the file at the next write', () => {
    const home = makeHome();
    let now = NOON;
    const store = openKeyStore(home, { now: () => now });
    store.set(sessionOf('plant'), secret('session'), '2026-11-21T12:00:01Z');
    now += 2000;
    store.set(credentialOf('board'), secret('pw'));
    expect(readFileSync(join(home, 'secrets.json'), 'utf8')).not.toContain('plant');
  });

  it('under the operating system’s key cannot be read without it, and leave no key in the home', () => {
    const home = makeHome();
    const wrappingKey = secret(new Uint8Array(randomBytes(32)));
    openKeyStore(home, { wrappingKey }).set(credentialOf('board'), secret(CANARY));
    expect(readdirSync(home)).toEqual(['secrets.os.json']);
    expect(openKeyStore(home).get(credentialOf('board'))).toBeNull();
    const other = openKeyStore(home, { wrappingKey: secret(new Uint8Array(32)) });
    expect(refusal(() => other.get(credentialOf('board')))).toMatch(
      /^station\/key-store: .*under another key/,
    );
    // The way out: the secret is given anew.
    other.set(credentialOf('board'), secret('new'));
    expect(other.get(credentialOf('board'))?.reveal()).toBe('new');
  });

  it('from the command line are known to the window; what the window stores takes their place', () => {
    const home = makeHome();
    const command = openKeyStore(home);
    const window = openKeyStore(home, { wrappingKey: secret(new Uint8Array(32).fill(7)) });
    command.set(credentialOf('board'), secret('old'));
    expect(window.get(credentialOf('board'))?.reveal()).toBe('old');
    expect(window.names()).toEqual(['credential/board']);
    window.set(credentialOf('board'), secret('new'));
    expect(window.get(credentialOf('board'))?.reveal()).toBe('new');
    expect(command.get(credentialOf('board'))).toBeNull();
    command.set(credentialOf('spare'), secret('x'));
    window.delete(credentialOf('spare'));
    expect(command.get(credentialOf('spare'))).toBeNull();
  });

  it('cannot be moved to another name, or made to last longer', () => {
    const home = makeHome();
    const path = join(home, 'secrets.json');
    const store = openKeyStore(home, { now: () => NOON });
    store.set(sessionOf('plant'), secret('session'), '2026-11-21T13:00:00Z');
    const text = readFileSync(path, 'utf8');
    for (const changed of [
      text.replace('server/plant/session', 'server/evil/session'),
      text.replace('2026', '2036'),
    ]) {
      writeFileSync(path, changed);
      const name = changed.includes('evil') ? sessionOf('evil') : sessionOf('plant');
      expect(refusal(() => store.get(name))).toMatch(/^station\/key-store: .*changed/);
    }
  });

  it('are not overwritten when their file or key is spoiled', () => {
    const home = makeHome();
    const store = openKeyStore(home);
    store.set(credentialOf('board'), secret('pw'));
    writeFileSync(join(home, 'secrets.json'), '{"format":1,"entries":{"a":');
    expect(refusal(() => store.set(credentialOf('x'), secret('y')))).toMatch(/^station\/key-store: /);
    expect(readFileSync(join(home, 'secrets.json'), 'utf8')).toContain('"a":');
    rmSync(join(home, 'secrets.json'));
    writeFileSync(join(home, 'secrets.key'), 'short');
    expect(refusal(() => store.set(credentialOf('x'), secret('y')))).toMatch(
      /^station\/key-store: .*32 bytes/,
    );
    expect(refusal(() => openKeyStore(home, { wrappingKey: secret(new Uint8Array(16)) }))).toMatch(
      /32 bytes/,
    );
  });

  it.skipIf(POSIX !== null)(named('are refused when others could read them', POSIX), () => {
    const home = makeHome();
    const store = openKeyStore(home);
    store.set(credentialOf('board'), secret('pw'));
    chmodSync(join(home, 'secrets.key'), 0o640);
    expect(refusal(() => store.get(credentialOf('board')))).toMatch(/^station\/key-store: .*chmod 600/);
  });

  it('that cannot be stored are not said to be', () => {
    const store = openKeyStore(join(makeHome(), 'missing'));
    expect(refusal(() => store.set(credentialOf('board'), secret('pw')))).toMatch(/^station\/key-store: /);
  });
});
