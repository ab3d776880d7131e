import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

/** The Chromium to use as a window: `STATION_CHROMIUM`, else the system's, else Playwright's own. Undefined: none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['STATION_CHROMIUM'];
  return named === undefined ? (systemChromium(environment) ?? playwrightChromium(environment)) : named;
}

function systemChromium(environment: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'darwin') {
    const apps = ['Chromium', 'Google Chrome', 'Microsoft Edge'];
    return apps
      .map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`)
      .find((file) => existsSync(file));
  }
  if (process.platform === 'win32') {
    const roots = ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].map(
      (name) => environment[name] ?? '',
    );
    const files = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
    return roots
      .flatMap((root) => files.map((file) => path.join(root, file)))
      .find((file) => existsSync(file));
  }
  const folders = (environment['PATH'] ?? '').split(path.delimiter).concat('/usr/bin', '/snap/bin');
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

/** Where `npx playwright install chromium` puts its browsers. */
function playwrightChromium(environment: NodeJS.ProcessEnv): string | undefined {
  const caches: Partial<Record<NodeJS.Platform, string>> = {
    linux: path.join(homedir(), '.cache', 'ms-playwright'),
    darwin: path.join(homedir(), 'Library', 'Caches', 'ms-playwright'),
    win32: path.join(environment['LOCALAPPDATA'] ?? '', 'ms-playwright'),
  };
  const cache = environment['PLAYWRIGHT_BROWSERS_PATH'] ?? caches[process.platform] ?? '';
  const executables: Partial<Record<NodeJS.Platform, string[]>> = {
    linux: ['chrome-linux64/chrome', 'chrome-linux/chrome'],
    darwin: [
      'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
      'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    ],
    win32: ['chrome-win64/chrome.exe', 'chrome-win/chrome.exe'],
  };
  if (!existsSync(cache)) return undefined;
  const versions = readdirSync(cache).filter((name) => name.startsWith('chromium-'));
  return versions
    .toSorted((a, b) => Number(b.slice(9)) - Number(a.slice(9)))
    .flatMap((version) =>
      (executables[process.platform] ?? []).map((file) => path.join(cache, version, file)),
    )
    .find((file) => existsSync(file));
}
