import path from 'node:path';
import { app, clipboard, dialog, ipcMain, powerSaveBlocker, protocol, safeStorage, session } from 'electron';
import type {
  BrowserWindow,
  OpenDialogOptions,
  OpenDialogReturnValue,
  SaveDialogOptions,
  SaveDialogReturnValue,
} from 'electron';
import { homePath } from '../../src/settings/home.ts';
import { takeSecrets } from '../../src/settings/secrets-from-environment.ts';
import { EVENT_CHANNEL } from '../messages.ts';
import { serveFolder } from './app-scheme.ts';
import { hardenContents, hardenSession } from './hardening.ts';
import { openDoor } from './ipc.ts';
import { keep } from './keep.ts';
import { setMenu } from './menu.ts';
import { RunningJobs } from './running-jobs.ts';
import { shellCalls } from './shell-calls.ts';
import { startStationChild } from './station-child.ts';
import { Supervisor } from './supervisor.ts';
import { createWindow, loadApp } from './window.ts';
import { openWindowFile } from './window-file.ts';
import type { Theme } from './window-file.ts';
import { wrappingKey } from './wrapping-key.ts';

/** How long the station gets to bring its boards to a safe state when the app ends, in milliseconds. */
const STOP_MS = 15_000;

/** Opens the app: one window and the station's process, over one home. */
export function openApp(homeOption: string | undefined): void {
  // Nothing in the window wants them; no child and no crash file may have them.
  takeSecrets();
  const home = homePath({ home: homeOption });
  const devTools = !app.isPackaged;
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
  hardenContents(app);
  if (!app.commandLine.hasSwitch('user-data-dir')) app.setPath('userData', path.join(home, 'window'));
  if (!app.requestSingleInstanceLock()) {
    console.error(`The window of ${home} is open already; it has been brought to the front.`);
    app.quit();
    return;
  }

  const shell = new Shell(home, devTools);
  app.on('second-instance', () => shell.toFront());
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    if (shell.ended) return;
    event.preventDefault();
    void shell.end();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shell.end());
  app.whenReady().then(
    () => shell.open(),
    (error: unknown) => {
      console.error(error);
      app.exit(1);
    },
  );
}

/** The window and the station's process, and how they end together. */
class Shell {
  ended = false;
  private readonly home: string;
  private readonly devTools: boolean;
  private readonly supervisor: Supervisor;
  private readonly jobs: RunningJobs;
  private window: BrowserWindow | undefined;
  private awake: number | undefined;
  private ending: Promise<void> | undefined;

  constructor(home: string, devTools: boolean) {
    this.home = home;
    this.devTools = devTools;
    this.jobs = new RunningJobs((count) => this.keepAwake(count > 0));
    this.supervisor = new Supervisor({
      start: async () => {
        // First: should this fail there is no process yet that nobody would end.
        const key = await wrappingKey(safeStorage, home);
        const child = startStationChild(path.join(import.meta.dirname, 'station-process.cjs'));
        child.postMessage({ type: 'start', home, wrappingKey: key });
        return child;
      },
      onEvent: (event) => this.pass(event),
    });
  }

  async open(): Promise<void> {
    hardenSession(session.defaultSession, { devTools: this.devTools });
    protocol.handle('app', serveFolder(path.join(import.meta.dirname, '..', 'renderer')));
    const file = openWindowFile(this.home);
    // electron-store listens for pages that ask where the data is. No page of ours needs to know.
    ipcMain.removeAllListeners('electron-store-get-data');
    const onTheme = (theme: Theme): void => {
      keep(() => file.set('theme', theme));
      this.show(theme, onTheme);
    };
    openDoor(ipcMain, {
      windowId: () => this.window?.webContents.id ?? null,
      call: (method, params) => this.supervisor.call(method, params),
      shell: shellCalls({
        ask: (options) => this.askForFile(options),
        askWhere: (options) => this.askWhere(options),
        copy: (text) => clipboard.writeText(text),
        onTheme,
        onRestart: () => this.supervisor.begin(),
      }),
    });
    this.supervisor.begin();
    this.show(file.get('theme'), onTheme);
    const window = createWindow(file, { devTools: this.devTools });
    this.window = window;
    window.on('close', (event) => {
      if (this.ended) return;
      event.preventDefault();
      void this.askAndEnd();
    });
    window.webContents.on('did-finish-load', () => this.pass(this.supervisor.current));
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      console.error(`The page ended (${reason}); loading it again.`);
      if (!this.ended) window.webContents.reload();
    });
    await loadApp(window);
  }

  /** Gives the window its theme, and the menu the mark beside it. */
  private show(theme: Theme, onTheme: (theme: Theme) => void): void {
    setMenu({
      theme,
      onTheme,
      onRestartStation: () => this.supervisor.begin(),
      devTools: this.devTools,
    });
  }

  private askForFile(options: OpenDialogOptions): Promise<OpenDialogReturnValue> {
    return this.window === undefined
      ? dialog.showOpenDialog(options)
      : dialog.showOpenDialog(this.window, options);
  }

  private askWhere(options: SaveDialogOptions): Promise<SaveDialogReturnValue> {
    return this.window === undefined
      ? dialog.showSaveDialog(options)
      : dialog.showSaveDialog(this.window, options);
  }

  toFront(): void {
    if (this.window?.isMinimized() === true) this.window.restore();
    this.window?.show();
    this.window?.focus();
  }

  /** Ends the station, then the app. */
  end(): Promise<void> {
    this.ending ??= this.supervisor.stop(STOP_MS).then(() => {
      this.ended = true;
      app.quit();
    });
    return this.ending;
  }

  private async askAndEnd(): Promise<void> {
    if (this.jobs.count > 0 && this.ending === undefined && !(await this.mayInterrupt())) return;
    await this.end();
  }

  /** Asks whether to stop the boards that are being worked on. */
  private async mayInterrupt(): Promise<boolean> {
    const { count } = this.jobs;
    const buttons = ['Keep Running', 'Stop and Close'];
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: count === 1 ? 'One board is being worked on.' : `${count} boards are being worked on.`,
      detail: 'Closing stops them at a safe point. Each can be finished later by running it again.',
      buttons,
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    });
    return response === 1;
  }

  /** Tells the window, and keeps count of what runs. */
  private pass(event: unknown): void {
    this.jobs.note(event);
    if (isDown(event)) this.jobs.clear();
    if (this.window?.isDestroyed() === false) this.window.webContents.send(EVENT_CHANNEL, event);
  }

  /** A machine that falls asleep in the middle of a job leaves a board half done. */
  private keepAwake(wanted: boolean): void {
    if (wanted && this.awake === undefined) this.awake = powerSaveBlocker.start('prevent-app-suspension');
    if (!wanted && this.awake !== undefined) {
      powerSaveBlocker.stop(this.awake);
      this.awake = undefined;
    }
  }
}

function isDown(event: unknown): boolean {
  return (
    typeof event === 'object' &&
    event !== null &&
    'type' in event &&
    event.type === 'station-process' &&
    'state' in event &&
    event.state !== 'up'
  );
}
