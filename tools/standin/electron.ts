import { App } from './app.ts';
import { startBrowser } from './browser.ts';
import type { Browser } from './browser.ts';
import { Windows, browserWindowClass } from './browser-window.ts';
import type { CommandLine } from './command-line.ts';
import { NativeTheme, clipboard, dialogs, menus, powerSaveBlocker, small } from './desktop.ts';
import { IpcMain } from './ipc-main.ts';
import { provided } from './provided.ts';
import { safeStorage } from './safe-storage.ts';
import { Schemes } from './schemes.ts';
import { Session } from './session.ts';
import { Targets } from './targets.ts';
import { utilityProcess } from './utility-process.ts';

/** What `require('electron')` is in the main process. */
export function makeElectron(line: CommandLine): { electron: object; app: App } {
  const app = new App(line);
  // Not before somebody wants a window: an app started as a command needs no Chromium. Playwright always wants one.
  const browser = app.wanted.then(() => startBrowser(line.switches));
  app.follow(browser);
  if (line.switches.has('remote-debugging-port')) app.want();
  const session = new Session();
  const schemes = new Schemes();
  const ipcMain = new IpcMain().setMaxListeners(0);
  const nativeTheme = new NativeTheme();
  const isReady = (): boolean => app.isReady();

  const windows = new Windows(
    {
      screen: browser.then(async (started) => {
        await session.govern(started.devtools);
        const targets = new Targets(started.devtools);
        await targets.start();
        return { ...started, targets };
      }),
      schemes,
      session,
      ipcMain,
      colorScheme: () => (nativeTheme.shouldUseDarkColors ? 'dark' : 'light'),
    },
    {
      onCreated: (window) => {
        app.emit('browser-window-created', {}, window);
        app.emit('web-contents-created', {}, window.webContents);
      },
      onAllClosed: () => app.onAllWindowsClosed(),
    },
  );
  app.closeWindows = (ask) => {
    for (const window of [...windows.open]) {
      if (ask) window.close();
      else window.destroy();
    }
    return windows.open.size === 0;
  };
  nativeTheme.on('updated', () => {
    for (const { webContents } of windows.open) {
      webContents.setColorScheme(nativeTheme.shouldUseDarkColors ? 'dark' : 'light');
    }
  });

  let running: Browser | undefined;
  browser.then(
    (started) => (running = started),
    () => undefined,
  );
  app.onEnd(() => running?.kill());
  process.on('exit', () => app.end());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());

  const electron = provided('electron', {
    app,
    ipcMain,
    nativeTheme,
    BrowserWindow: browserWindowClass(windows),
    webContents: provided('electron.webContents', {
      getAllWebContents: () => [...windows.open].map((window) => window.webContents),
      fromDevToolsTargetId: (id: string) =>
        windows.find(({ webContents }) => webContents.targetId === id)?.webContents,
    }),
    session: provided('electron.session', { defaultSession: session }),
    protocol: schemes.module(isReady),
    dialog: dialogs({
      ask: async (script) => {
        const [window] = windows.open;
        return running === undefined || running.headless || window === undefined
          ? undefined
          : window.webContents.executeJavaScript(script);
      },
    }),
    Menu: menus(),
    safeStorage: safeStorage(
      () => app.getPath('userData'),
      (name) => line.switches.get(name) ?? '',
      isReady,
    ),
    powerSaveBlocker: powerSaveBlocker(),
    clipboard: clipboard(),
    utilityProcess: utilityProcess(isReady),
    ...small(),
  });
  return { electron, app };
}
