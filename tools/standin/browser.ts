import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { findChromium } from '../chromium.ts';
import { Devtools, pipeTransport, socketTransport } from './cdp.ts';

const START_MS = 30_000;

export interface Browser {
  readonly devtools: Devtools;
  readonly process: ChildProcess;
  readonly headless: boolean;
  /** Asks the running Chromium for a window without tabs and address, on a URL. */
  readonly openAppWindow: (url: string) => Promise<void>;
  /** Ends Chromium at once and removes its profile. */
  kill(): void;
}

/**
 * Starts Chromium as the window system. With a debugging port only where one was asked for (Playwright connects to it);
 * otherwise over a pipe that nothing else can reach.
 */
export async function startBrowser(switches: ReadonlyMap<string, string>): Promise<Browser> {
  const executable = findChromium();
  if (executable === undefined) {
    throw new Error('electron stand-in: no Chromium found; set STATION_CHROMIUM to its executable');
  }
  const byPort = switches.has('remote-debugging-port');
  const headless = switches.has('headless') || byPort || !hasDisplay();
  const profile = mkdtempSync(path.join(tmpdir(), 'station-window-'));
  const child = spawn(executable, chromiumArguments(switches, { byPort, headless, profile }), {
    stdio: byPort ? ['ignore', 'ignore', 'pipe'] : ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    // Its own group: Ctrl-C in a terminal is for the app, which closes Chromium itself.
    detached: process.platform !== 'win32',
  });
  const openAppWindow = (url: string): Promise<void> =>
    new Promise((resolve, reject) => {
      // A second Chromium on the same profile hands its command line to the first one and ends.
      const args = [`--user-data-dir=${profile}`, `--app=${url}`];
      const messenger = spawn(executable, [...args, ...sandboxArguments(switches)], { stdio: 'ignore' });
      messenger.once('error', reject);
      messenger.once('exit', () => resolve());
    });
  const kill = (): void => {
    child.kill('SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };

  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said = `${said}${data.toString()}`.slice(-8_000);
  });
  const failed = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => fail(`did not start within ${START_MS / 1000} s`), START_MS);
    timer.unref();
    const fail = (what: string): void => reject(new Error(`electron stand-in: Chromium ${what}\n${said}`));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? code ?? 'no status'}`));
  });
  failed.catch(() => undefined);

  try {
    const devtools = await Promise.race([byPort ? connectBySocket(child) : connectByPipe(child), failed]);
    return { devtools, process: child, headless, openAppWindow, kill };
  } catch (error) {
    kill();
    throw error;
  }
}

/** Whether windows can be seen: always on Windows and macOS. */
export function hasDisplay(): boolean {
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

function chromiumArguments(
  switches: ReadonlyMap<string, string>,
  options: { byPort: boolean; headless: boolean; profile: string },
): string[] {
  const passedOn = ['lang', 'force-device-scale-factor', 'ozone-platform'].filter((name) =>
    switches.has(name),
  );
  return [
    `--user-data-dir=${options.profile}`,
    options.byPort ? '--remote-debugging-port=0' : '--remote-debugging-pipe',
    '--no-startup-window',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-sync',
    '--disable-quic',
    '--disable-breakpad',
    '--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication',
    '--password-store=basic',
    ...(options.headless ? ['--headless=new', '--disable-gpu', '--hide-scrollbars'] : []),
    ...sandboxArguments(switches),
    ...passedOn.map((name) => `--${name}=${switches.get(name) ?? ''}`),
  ];
}

/** Chromium's sandbox refuses to run for root (`--test-type` hides the bar that says so); for everybody else it stays on. */
function sandboxArguments(switches: ReadonlyMap<string, string>): string[] {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  return isRoot || switches.has('no-sandbox') ? ['--no-sandbox', '--test-type'] : [];
}

async function connectByPipe(child: ChildProcess): Promise<Devtools> {
  const devtools = new Devtools(pipeTransport(child.stdio[3] as Writable, child.stdio[4] as Readable));
  await devtools.send('Browser.getVersion');
  return devtools;
}

async function connectBySocket(child: ChildProcess): Promise<Devtools> {
  const url = await new Promise<string>((resolve) => {
    let text = '';
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString();
      const [, found] = /DevTools listening on (ws:\S+)\s/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const devtools = new Devtools(await socketTransport(url));
  // Playwright reads this line as it reads Electron's own.
  process.stderr.write(`\nDevTools listening on ${url}\n`);
  return devtools;
}
