import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './chromium.ts';
import { installedElectron } from './runtime.ts';

/** Whether packages can be installed without asking anybody: root on Debian or a relative. */
export function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

let updated = false;

/**
 * Installs the Debian packages of the list that are missing, saying which and why. Resolves with whether all are there.
 */
export async function providePackages(
  wanted: readonly { readonly name: string; readonly why: string }[],
  tell: (line: string) => void,
): Promise<boolean> {
  const missing = wanted.filter(({ name }) => !isInstalled(name));
  if (missing.length === 0) return true;
  if (!canInstall()) return false;
  for (const { name, why } of missing) tell(`Installing ${name} by apt: ${why}.`);
  const options = ['-y', '-qq', '-o', 'Dpkg::Use-Pty=0', '--no-install-recommends'];
  if (!updated) await apt(['update', '-qq'], tell);
  updated = true;
  return (await apt(['install', ...options, ...missing.map(({ name }) => name)], tell)) === 0;
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

function apt(args: readonly string[], tell: (line: string) => void): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('apt-get', [...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', (error) => {
      tell(`apt-get: ${error.message}`);
      resolve(-1);
    });
    child.once('close', (code) => {
      if (code !== 0) tell(output.trim().split('\n').slice(-6).join('\n'));
      resolve(code ?? -1);
    });
  });
}
