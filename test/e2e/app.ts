import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, test as base } from '@playwright/test';
import type { ElectronApplication, Page } from '@playwright/test';
import type { Bridge } from '../../renderer/station.ts';

const root = path.resolve(import.meta.dirname, '../..');
const standIn = path.join(root, 'tools', 'standin');

declare global {
  interface Window {
    readonly station?: Bridge;
  }
}

/** Whether these specs run on Electron itself. Set before Playwright looks for the executable. */
export const onRealElectron =
  process.env['STATION_RUNTIME'] !== 'stand-in' &&
  existsSync(path.join(root, 'node_modules', 'electron', 'path.txt')) &&
  (process.platform !== 'linux' || process.env['DISPLAY'] !== undefined);
if (!onRealElectron) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = standIn;

/** A running app with its window. */
export interface Opened {
  readonly application: ElectronApplication;
  readonly page: Page;
  readonly home: string;
  /** Errors that the page wrote on its console or threw. */
  readonly problems: readonly string[];
  /** All that main and the station's process wrote. */
  readonly output: () => string;
  readonly close: () => Promise<void>;
}

export interface LaunchOptions {
  readonly home: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the app as it was built and waits for its window. */
export async function launch({ home, args = [], environment = {} }: LaunchOptions): Promise<Opened> {
  const application = await _electron.launch({
    args: ['.', ...args],
    cwd: root,
    env: { ...definedEnvironment(), STATION_HOME: home, ...environment },
    // The window's theme decides, not Playwright.
    colorScheme: null,
  });
  let text = '';
  const child = application.process();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => (text += data.toString('utf8')));
  }
  const page = await application.firstWindow();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  // A new window is blank for a moment.
  await page.waitForURL((url) => url.href !== 'about:blank', { waitUntil: 'load' });
  // Playwright takes its emulation back when it meets the page: the window's theme is said once more.
  await application.evaluate(({ nativeTheme }) => {
    const { themeSource } = nativeTheme;
    nativeTheme.themeSource = themeSource;
  });
  return { application, page, home, problems, output: () => text, close: () => application.close() };
}

function definedEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

interface Fixtures {
  /** A home of this test's own, removed after it unless the canary search wants it. */
  readonly home: string;
  /** The app, started on that home. */
  readonly app: Opened;
  /** Writes a picture of the window to test-results/screens/NAME.png. */
  readonly capture: (name: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  home: async ({}, use) => {
    const keep = process.env['STATION_TEST_HOMES'];
    const home = mkdtempSync(path.join(keep ?? tmpdir(), 'station-e2e-'));
    await use(home);
    if (keep === undefined) rmSync(home, { recursive: true, force: true });
  },
  app: async ({ home }, use) => {
    const app = await launch({ home });
    await use(app);
    await app.close();
  },
  capture: async ({ app }, use) => {
    await use(async (name) => {
      await app.page.screenshot({ path: path.join(root, 'test-results', 'screens', `${name}.png`) });
    });
  },
});

export { expect } from '@playwright/test';
