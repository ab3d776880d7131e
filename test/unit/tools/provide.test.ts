import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { canInstall, providePackages } from '../../../tools/provide.ts';
import { named, ROOT_ON_LINUX } from '../../needs.ts';

const missing = ROOT_ON_LINUX ?? (canInstall() ? null : 'needs apt');
const withApt = test.skipIf(missing !== null);

/** A machine whose package programs are scripts: what was called, and what was told. */
function machine(programs: { readonly installed?: string; readonly known?: string; readonly get: string }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'station-provide-'));
  const { PATH } = process.env;
  onTestFinished(() => {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): void => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  write('dpkg-query', `for n in "$@";do :;done;[ "$n" = "${programs.installed ?? ''}" ]&&printf installed`);
  write('apt-cache', `echo "${programs.known ?? ''} | 1 | http://mirror bookworm/main amd64 Packages"`);
  write('apt-get', `echo "$1" >>${folder}/calls;${programs.get}`);
  process.env['PATH'] = `${folder}:${PATH ?? ''}`;
  const told: string[] = [];
  const wanted = [{ name: 'tool', why: 'a test needs it' }];
  return {
    told,
    provide: () => providePackages(wanted, (line) => told.push(line)),
    calls: () =>
      existsSync(`${folder}/calls`) ? readFileSync(`${folder}/calls`, 'utf8').trim().split('\n') : [],
  };
}

withApt(named('what is installed is left alone', missing), async () => {
  const { provide, calls, told } = machine({ installed: 'tool', get: 'exit 1' });
  expect(await provide()).toBe(true);
  expect([calls(), told]).toEqual([[], []]);
});

withApt(named('what is missing is installed, and it is said why', missing), async () => {
  const { provide, calls, told } = machine({ known: 'tool', get: 'exit 0' });
  expect(await provide()).toBe(true);
  expect(calls()).toEqual(['install']);
  expect(told).toEqual(['Installing tool by apt: a test needs it.']);
});

withApt(named('lists that do not know it are fetched first', missing), async () => {
  const { provide, calls } = machine({ get: 'exit 0' });
  expect(await provide()).toBe(true);
  expect(calls()).toEqual(['update', 'install']);
});

withApt(named('stale lists are fetched and the installation is tried once more', missing), async () => {
  const get = '[ "$1" = update ]&&exit 0;n=$(grep -c install "${0%/*}/calls");[ "$n" -gt 1 ]';
  const { provide, calls } = machine({ known: 'tool', get });
  expect(await provide()).toBe(true);
  expect(calls()).toEqual(['install', 'update', 'install']);
});

withApt(named('what cannot be installed is told in apt’s last words', missing), async () => {
  const { provide, calls, told } = machine({
    known: 'tool',
    get: 'echo "E: no route to the mirror" >&2;exit 100',
  });
  expect(await provide()).toBe(false);
  expect(calls()).toEqual(['install', 'update', 'install']);
  expect(told.at(-1)).toBe('E: no route to the mirror');
});
