import { EventEmitter } from 'node:events';
import { PreventableEvent, provided } from './provided.ts';
import { WebContents } from './web-contents.ts';
import type { Surroundings, WebPreferences } from './web-contents.ts';

export interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly x?: number;
  readonly y?: number;
  readonly minWidth?: number;
  readonly minHeight?: number;
  readonly show?: boolean;
  readonly title?: string;
  readonly backgroundColor?: string;
  readonly autoHideMenuBar?: boolean;
  readonly icon?: string;
  readonly webPreferences?: WebPreferences;
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Called when windows come and when the last one goes. */
export interface WindowEvents {
  onCreated(window: BrowserWindow): void;
  onAllClosed(): void;
}

/** Every open window. */
export class Windows {
  readonly open = new Set<BrowserWindow>();
  readonly around: Surroundings;
  private readonly events: WindowEvents;
  private lastId = 0;

  constructor(around: Surroundings, events: WindowEvents) {
    this.around = around;
    this.events = events;
  }

  created(window: BrowserWindow): void {
    this.open.add(window);
    this.events.onCreated(window);
  }

  nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  find(is: (window: BrowserWindow) => boolean): BrowserWindow | null {
    return [...this.open].find(is) ?? null;
  }

  remove(window: BrowserWindow): void {
    this.open.delete(window);
    if (this.open.size === 0) this.events.onAllClosed();
  }
}

/** A window of Chromium's with Electron's interface. */
export class BrowserWindow extends EventEmitter {
  readonly id: number;
  readonly webContents: WebContents;
  private readonly windows: Windows;
  private readonly around: Surroundings;
  private bounds: Rectangle;
  private title: string;
  private visible: boolean;
  private maximized = false;
  private fullScreen = false;
  private minimized = false;
  private destroyed = false;

  constructor(id: number, options: WindowOptions, around: Surroundings, windows: Windows) {
    super();
    this.setMaxListeners(0);
    this.id = id;
    this.windows = windows;
    this.around = around;
    this.bounds = {
      x: options.x ?? 0,
      y: options.y ?? 0,
      width: options.width ?? 800,
      height: options.height ?? 600,
    };
    this.title = options.title ?? '';
    this.visible = options.show !== false;
    this.webContents = new WebContents(id, options.webPreferences ?? {}, around, {
      size: { width: this.bounds.width, height: this.bounds.height },
      onShown: () => void this.emit('ready-to-show', {}),
      onGone: () => this.gone(),
      onResized: () => void this.readBounds(),
    });
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.visible = true;
    this.emit('show');
  }

  hide(): void {
    this.visible = false;
    this.emit('hide');
  }

  isVisible(): boolean {
    return this.visible;
  }

  focus(): void {
    this.webContents.command('Page.bringToFront', {}).catch(() => undefined);
    this.emit('focus');
  }

  isFocused(): boolean {
    return true;
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }

  getTitle(): string {
    return this.title;
  }

  setTitle(title: string): void {
    this.title = title;
  }

  setMenuBarVisibility(_visible: boolean): void {
    this.emit('menu-bar-visibility-set');
  }

  setProgressBar(_progress: number): void {
    this.emit('progress-set');
  }

  setBackgroundColor(_color: string): void {
    this.emit('background-set');
  }

  flashFrame(_flag: boolean): void {
    this.emit('flash-set');
  }

  getBounds(): Rectangle {
    return { ...this.bounds };
  }

  getNormalBounds(): Rectangle {
    return this.getBounds();
  }

  setBounds(bounds: Partial<Rectangle>): void {
    this.bounds = { ...this.bounds, ...bounds };
    const { x: left, y: top, width, height } = this.bounds;
    this.moveTo({ left, top, width, height });
    this.emit('resize');
    this.emit('move');
  }

  isMaximized(): boolean {
    return this.maximized;
  }

  maximize(): void {
    this.maximized = true;
    this.moveTo({ windowState: 'maximized' });
    this.emit('maximize');
  }

  unmaximize(): void {
    this.maximized = false;
    this.moveTo({ windowState: 'normal' });
    this.emit('unmaximize');
  }

  isMinimized(): boolean {
    return this.minimized;
  }

  minimize(): void {
    this.minimized = true;
    this.moveTo({ windowState: 'minimized' });
    this.emit('minimize');
  }

  restore(): void {
    this.minimized = false;
    this.moveTo({ windowState: 'normal' });
    this.emit('restore');
  }

  isFullScreen(): boolean {
    return this.fullScreen;
  }

  setFullScreen(flag: boolean): void {
    this.fullScreen = flag;
    this.moveTo({ windowState: flag ? 'fullscreen' : 'normal' });
    this.emit(flag ? 'enter-full-screen' : 'leave-full-screen');
  }

  /** Asks the app, then closes. */
  close(): void {
    if (this.destroyed) return;
    const event = new PreventableEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  /** Closes without asking. */
  destroy(): void {
    if (this.destroyed) return;
    this.webContents.closeTarget();
    this.gone();
  }

  private gone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.webContents.gone();
    this.emit('closed');
    this.windows.remove(this);
  }

  private async windowId(): Promise<{
    windowId: number;
    bounds: { left: number; top: number; width: number; height: number };
  }> {
    const { devtools } = await this.around.screen;
    return devtools.send('Browser.getWindowForTarget', { targetId: this.webContents.targetId });
  }

  private moveTo(bounds: object): void {
    this.windowId()
      .then(async ({ windowId }) =>
        (await this.around.screen).devtools.send('Browser.setWindowBounds', { windowId, bounds }),
      )
      .catch(() => undefined);
  }

  private async readBounds(): Promise<void> {
    if (this.destroyed || this.maximized || this.fullScreen || this.minimized) return;
    try {
      const { left: x, top: y, width, height } = (await this.windowId()).bounds;
      this.bounds = { x, y, width, height };
      this.emit('resize');
    } catch {
      // The window has just gone; `closed` tells.
    }
  }
}

provided('electron.BrowserWindow#', BrowserWindow.prototype);

/** The class that apps call `BrowserWindow`: it makes windows of this desktop. */
export function browserWindowClass(windows: Windows): object {
  class Window extends BrowserWindow {
    constructor(options: WindowOptions = {}) {
      super(windows.nextId(), options, windows.around, windows);
      windows.created(this);
    }

    static getAllWindows(): BrowserWindow[] {
      return [...windows.open];
    }

    static getFocusedWindow(): BrowserWindow | null {
      return [...windows.open].at(-1) ?? null;
    }

    static fromWebContents(contents: unknown): BrowserWindow | null {
      return windows.find((item) => item.webContents === contents);
    }

    static fromId(id: number): BrowserWindow | null {
      return windows.find((item) => item.id === id);
    }
  }
  return provided('electron.BrowserWindow', Window);
}
