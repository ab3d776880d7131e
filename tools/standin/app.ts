import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from './browser.ts';
import type { CommandLine } from './command-line.ts';
import { PreventableEvent, provided } from './provided.ts';
import { SingleInstance } from './single-instance.ts';

interface Manifest {
  readonly name: string;
  readonly productName?: string;
  readonly version: string;
  readonly main: string;
}

/** `app`: its life from start over `ready` to `quit`, paths and switches. */
export class App extends EventEmitter {
  readonly isPackaged = false;
  readonly manifest: Manifest;
  readonly commandLine: object;
  name: string;
  /** Closes every window; set by the windows. */
  closeWindows: (ask: boolean) => boolean = () => true;

  private readonly folder: string;
  private readonly switches: Map<string, string>;
  private readonly paths = new Map<string, string>();
  private readonly becameReady = Promise.withResolvers<undefined>();
  private readonly wish = Promise.withResolvers<undefined>();
  private readonly ended: (() => void)[] = [];
  private singleInstance: SingleInstance | undefined;
  private ready = false;
  private quitting = false;

  constructor(line: CommandLine) {
    super();
    this.setMaxListeners(0);
    this.folder = path.resolve(line.appFolder);
    this.switches = line.switches;
    this.manifest = JSON.parse(readFileSync(path.join(this.folder, 'package.json'), 'utf8')) as Manifest;
    this.name = this.manifest.productName ?? this.manifest.name;
    this.commandLine = provided('electron.app.commandLine', {
      appendSwitch: (name: string, value = '') => void this.switches.set(name, value),
      hasSwitch: (name: string) => this.switches.has(name),
      getSwitchValue: (name: string) => this.switches.get(name) ?? '',
      removeSwitch: (name: string) => void this.switches.delete(name),
    });
    this.on('newListener', (name) => {
      if (name === 'ready') this.want();
    });
  }

  /** Resolves when the app waits for being ready; the browser is started then. */
  get wanted(): Promise<undefined> {
    return this.wish.promise;
  }

  want(): void {
    this.wish.resolve(undefined);
  }

  /** Makes the app ready when the browser is, and end with it. */
  follow(browser: Promise<Browser>): void {
    browser.then(
      ({ devtools }) => {
        this.ready = true;
        devtools.onClose(() => this.exit(0));
        this.emit('ready', {}, {});
        this.becameReady.resolve(undefined);
      },
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        this.exit(1);
      },
    );
  }

  /** Called before the process ends, however it ends. */
  onEnd(listener: () => void): void {
    this.ended.push(listener);
  }

  whenReady(): Promise<undefined> {
    this.want();
    return this.becameReady.promise;
  }

  isReady(): boolean {
    return this.ready;
  }

  getName(): string {
    return this.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  getVersion(): string {
    return this.manifest.version;
  }

  getAppPath(): string {
    return this.folder;
  }

  getLocale(): string {
    return 'en-US';
  }

  getPath(name: string): string {
    const found = this.paths.get(name) ?? this.defaultPath(name);
    if (name === 'userData' || name === 'sessionData' || name === 'logs')
      mkdirSync(found, { recursive: true });
    return found;
  }

  setPath(name: string, to: string): void {
    if (!path.isAbsolute(to)) throw new Error('Path must be absolute');
    this.paths.set(name, to);
  }

  requestSingleInstanceLock(): boolean {
    this.singleInstance ??= new SingleInstance(this.getPath('userData'), ({ argv, workingDirectory }) =>
      this.emit('second-instance', {}, argv, workingDirectory),
    );
    return this.singleInstance.request();
  }

  releaseSingleInstanceLock(): void {
    this.singleInstance?.release();
  }

  setAppUserModelId(_id: string): void {
    this.emit('app-user-model-id-set');
  }

  enableSandbox(): void {
    if (this.ready) throw new Error('app.enableSandbox() can only be called before app is ready');
  }

  /** Asks the app and its windows, then exits. */
  quit(): void {
    if (this.quitting) return;
    if (this.prevented('before-quit')) return;
    this.quitting = true;
    if (!this.closeWindows(true) || this.prevented('will-quit')) {
      this.quitting = false;
      return;
    }
    this.exit(0);
  }

  /** Ends the process without asking. */
  exit(code = 0): never {
    this.quitting = true;
    this.closeWindows(false);
    this.emit('quit', {}, code);
    this.end();
    process.exit(code);
  }

  /** The last window has gone. */
  onAllWindowsClosed(): void {
    if (this.quitting) return;
    if (this.listenerCount('window-all-closed') > 0) this.emit('window-all-closed');
    else this.quit();
  }

  end(): void {
    for (const listener of this.ended.splice(0)) listener();
    this.singleInstance?.release();
  }

  private prevented(name: string): boolean {
    const event = new PreventableEvent();
    this.emit(name, event);
    return event.defaultPrevented;
  }

  private defaultPath(name: string): string {
    const home = homedir();
    const environment = process.env;
    const appData =
      process.platform === 'win32'
        ? (environment['APPDATA'] ?? path.join(home, 'AppData', 'Roaming'))
        : process.platform === 'darwin'
          ? path.join(home, 'Library', 'Application Support')
          : (environment['XDG_CONFIG_HOME'] ?? path.join(home, '.config'));
    const userData = this.switches.get('user-data-dir') ?? path.join(appData, this.name);
    const paths: Record<string, string> = {
      home,
      appData,
      userData,
      sessionData: userData,
      temp: tmpdir(),
      exe: process.execPath,
      logs: path.join(userData, 'logs'),
      crashDumps: path.join(userData, 'Crashpad'),
    };
    const found = paths[name];
    if (found === undefined)
      throw new Error(`electron stand-in: electron.app.getPath('${name}') is not provided`);
    return found;
  }
}

provided('electron.app', App.prototype);
