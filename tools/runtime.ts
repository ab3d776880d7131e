import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findChromium } from './chromium.ts';

const root = path.dirname(import.meta.dirname);
const electron = path.join(root, 'node_modules', 'electron');
const standIn = path.join(root, 'tools', 'standin');

/** How long to wait for the download's host to answer, and for the whole download, in milliseconds. */
const REACH_MS = 4_000;
const FETCH_MS = 300_000;

/** What runs the app's main process, and the line that says so. */
export interface Runtime {
  readonly kind: 'electron' | 'stand-in';
  /** Program and its first arguments; the app's folder and arguments follow. */
  readonly command: readonly [string, ...string[]];
  readonly says: string;
}

/**
 * Electron's own runtime where it is installed or can be fetched within a bounded time, else the stand-in on the system's
 * Chromium. `STATION_RUNTIME=electron|stand-in` chooses. Rejects where neither can be had.
 */
export async function findRuntime(tell: (line: string) => void): Promise<Runtime> {
  const wanted = process.env['STATION_RUNTIME'];
  if (wanted === 'stand-in') return standInRuntime('as STATION_RUNTIME asks');
  if (process.platform === 'linux' && process.getuid?.() === 0 && wanted !== 'electron') {
    return standInRuntime('Electron does not run as root');
  }
  const installed = installedElectron() ?? (await fetchElectron(tell));
  if (typeof installed === 'string')
    return { kind: 'electron', command: [installed], says: `Running on Electron ${version()}.` };
  if (wanted === 'electron') throw new Error(`Electron's runtime cannot be had: ${installed.why}.`);
  return standInRuntime(installed.why);
}

/** Electron's executable in node_modules, when it was fetched before. */
export function installedElectron(): string | undefined {
  try {
    const file = path.join(electron, 'dist', readFileSync(path.join(electron, 'path.txt'), 'utf8'));
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function standInRuntime(why: string): Runtime {
  const chromium = findChromium();
  if (chromium === undefined) {
    throw new Error(
      `No window can be opened: ${why}, and no Chromium, Chrome or Edge was found for the stand-in. ` +
        'Install Chromium, or name one in STATION_CHROMIUM.',
    );
  }
  return {
    kind: 'stand-in',
    command: [process.execPath, '--disable-warning=ExperimentalWarning', path.join(standIn, 'boot.ts')],
    says: `Running on the stand-in for Electron with ${chromium} (${why}).`,
  };
}

function version(): string {
  return (JSON.parse(readFileSync(path.join(electron, 'package.json'), 'utf8')) as { version: string })
    .version;
}

async function fetchElectron(tell: (line: string) => void): Promise<string | { readonly why: string }> {
  const mirror =
    process.env['ELECTRON_MIRROR'] ?? process.env['npm_config_electron_mirror'] ?? 'https://github.com/';
  try {
    await fetch(mirror, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(REACH_MS) });
  } catch {
    return { why: `Electron's runtime cannot be fetched: ${new URL(mirror).host} is not reachable` };
  }
  tell(`Fetching Electron ${version()} (about 110 MB, once) ...`);
  const status = await new Promise<number | null>((resolve) => {
    const child = spawn(process.execPath, [path.join(electron, 'install.js')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: FETCH_MS,
    });
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  return installedElectron() ?? { why: `fetching Electron's runtime failed (${status ?? 'timed out'})` };
}
