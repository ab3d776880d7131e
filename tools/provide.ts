import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './chromium.ts';
import { installedElectron } from './runtime.ts';

/** Whether packages can be installed without asking anybody: root on Debian or a relative. */
export function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** A Debian package, and what it is installed for. */
export interface Wanted {
  readonly name: string;
  readonly why: string;
}

/**
 * Installs the Debian packages of the list that are missing, saying which and why. The package lists are fetched only when
 * they do not know a package, or turn out to be stale. Resolves with whether all are there.
 */
export async function providePackages(
  wanted: readonly Wanted[],
  tell: (line: string) => void,
): Promise<boolean> {
  const missing = wanted.filter(({ name }) => !isInstalled(name));
  if (missing.length === 0) return true;
  if (!canInstall()) return false;
  for (const { name, why } of missing) tell(`Installing ${name} by apt: ${why}.`);
  const names = missing.map(({ name }) => name);
  const install = ['install', '-y', '-qq', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends', ...names];
  if (!isKnown(names)) await refreshLists(tell);
  const first = await apt(install);
  if (first.status === 0) return true;
  await refreshLists(tell);
  const second = await apt(install);
  if (second.status !== 0) tell(lastLines(second.output));
  return second.status === 0;
}

/** Fetches the package lists. One dead source among several is no obstacle: what counts is what is known afterwards. */
export async function refreshLists(tell: (line: string) => void): Promise<void> {
  tell('Fetching the Debian package lists (apt-get update).');
  const { status, output } = await apt(['update', '-qq']);
  if (status !== 0) tell(lastLines(output));
}

/** A Chromium for windows and tests, unless there is one or Electron brings its own. */
export async function provideChromium(tell: (line: string) => void): Promise<boolean> {
  if (findChromium() !== undefined || installedElectron() !== undefined) return true;
  return providePackages(
    [{ name: 'chromium', why: 'the window runs on it where Electron cannot be fetched' }],
    tell,
  );
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/** Whether the package lists of this machine have all of these. */
function isKnown(names: readonly string[]): boolean {
  const { stdout } = spawnSync('apt-cache', ['madison', ...names], { encoding: 'utf8' });
  return names.every((name) => stdout.split('\n').some((line) => line.trim().startsWith(`${name} |`)));
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-6).join('\n');
}

function apt(args: readonly string[]): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn('apt-get', [...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), APT_LIMIT_MS);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', (error) => {
      clearTimeout(limit);
      resolve({ status: -1, output: `apt-get: ${error.message}` });
    });
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ status: code ?? -1, output });
    });
  });
}

/** A mirror that stands still must not hold up the tests for ever. */
const APT_LIMIT_MS = 600_000;
