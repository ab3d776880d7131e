import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Browser } from './browser.ts';
import type { Params } from './cdp.ts';
import type { IpcMain } from './ipc-main.ts';
import { BINDING, PRELOAD_WORLD, RECEIVER, pageScript, preloadScript } from './page/inject.ts';
import { makeCodec } from './page/codec.ts';
import type { FromPreload, ToPreload } from './page/preload.ts';
import { PreventableEvent, provided } from './provided.ts';
import type { Schemes } from './schemes.ts';
import type { Session } from './session.ts';
import type { PausedPage, Size, Targets } from './targets.ts';

export interface WebPreferences extends Params {
  readonly preload?: string;
  readonly additionalArguments?: readonly string[];
}

/** What a page needs of the rest of the stand-in. */
export interface Surroundings {
  readonly screen: Promise<Browser & { readonly targets: Targets }>;
  readonly schemes: Schemes;
  readonly session: Session;
  readonly ipcMain: IpcMain;
  readonly colorScheme: () => 'light' | 'dark';
}

/** The window around a page. */
export interface Frame {
  readonly size: Size;
  onShown(): void;
  onGone(): void;
  onResized(): void;
}

interface PausedRequest {
  readonly requestId: string;
  readonly frameId: string;
  readonly resourceType: string;
  readonly redirectedRequestId?: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly postData?: string;
  };
}
interface ExecutionContext {
  readonly id: number;
  readonly origin: string;
  readonly name: string;
  readonly auxData: { readonly frameId: string };
}
type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' };

const codec = makeCodec();

/** A page in Chromium, with Electron's `webContents` around it. */
export class WebContents extends EventEmitter {
  readonly id: number;
  readonly session: Session;
  targetId: string | undefined;
  /** The frame as IPC senders are told of it. */
  readonly mainFrame: { readonly url: string; readonly origin: string; readonly parent: null };

  private readonly around: Surroundings;
  private readonly frame: Frame;
  private readonly preferences: WebPreferences;
  private readonly up: Promise<void>;
  private readonly firstUrl = Promise.withResolvers<string>();
  private sessionId = '';
  private url = '';
  private context: { id: number; origin: string } | undefined;
  /** The browser URL that the app itself asked for: its navigation is not the page's doing. */
  private expected: string | undefined;
  private openHandler: OpenHandler = () => ({ action: 'allow' });
  private shown = false;
  private destroyed = false;

  constructor(id: number, preferences: WebPreferences, around: Surroundings, frame: Frame) {
    super();
    this.setMaxListeners(0);
    this.id = id;
    this.preferences = preferences;
    this.around = around;
    this.session = around.session;
    this.frame = frame;
    const page = (): { url: string; origin: string } => ({ url: this.url, origin: originOf(this.url) });
    this.mainFrame = {
      get url() {
        return page().url;
      },
      get origin() {
        return page().origin;
      },
      parent: null,
    };
    this.up = this.attach();
    this.up.catch((error: unknown) => {
      if (!this.destroyed) console.error('electron stand-in: the window failed:', error);
    });
  }

  getURL(): string {
    return this.url;
  }

  getTitle(): string {
    return this.url;
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }

  getOSProcessId(): number {
    return process.pid;
  }

  isDevToolsOpened(): boolean {
    return false;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }

  setVisualZoomLevelLimits(_minimum: number, _maximum: number): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when the page has loaded; rejects with Electron's message when it cannot be. */
  async loadURL(url: string): Promise<void> {
    this.firstUrl.resolve(url);
    await this.up;
    const loaded = new Promise<void>((resolve) => this.once('did-finish-load', () => resolve()));
    this.expected = this.around.schemes.toBrowser(url);
    const { errorText } = await this.command<{ errorText?: string }>('Page.navigate', { url: this.expected });
    if (errorText !== undefined) {
      this.emit('did-fail-load', {}, -1, errorText, url, true);
      throw Object.assign(new Error(`${errorText} loading '${url}'`), { code: errorText, url });
    }
    await loaded;
  }

  reload(): void {
    this.expected = this.around.schemes.toBrowser(this.url);
    this.quietly('Page.reload', {});
  }

  async executeJavaScript(code: string): Promise<unknown> {
    await this.up;
    const answer = await this.command<{
      result: { value?: unknown };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    }>('Runtime.evaluate', { expression: code, awaitPromise: true, returnByValue: true });
    const failure = answer.exceptionDetails;
    if (failure !== undefined) throw new Error(failure.exception?.description ?? failure.text);
    return answer.result.value;
  }

  /** Sends a message to the preload. */
  send(channel: string, ...args: unknown[]): void {
    if (this.destroyed) throw new TypeError('Object has been destroyed');
    this.tell('event', channel, codec.encode(args));
  }

  setColorScheme(scheme: 'light' | 'dark'): void {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    this.up.then(() => this.quietly('Emulation.setEmulatedMedia', { features })).catch(() => undefined);
  }

  /** The page is no more. */
  gone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('destroyed');
  }

  closeTarget(): void {
    this.up
      .then(async () =>
        (await this.around.screen).devtools.send('Target.closeTarget', { targetId: this.targetId }),
      )
      .catch(() => undefined);
  }

  /** Sends a command about this page to the browser. */
  async command<T = Params>(method: string, params: Params): Promise<T> {
    const { devtools } = await this.around.screen;
    return devtools.send<T>(method, params, this.sessionId);
  }

  /** For commands whose failure means only that the page has just gone. */
  private quietly(method: string, params: Params): void {
    this.command(method, params).catch(() => undefined);
  }

  private async attach(): Promise<void> {
    const { devtools } = await this.around.screen;
    const { targetId, sessionId } = await this.openPage();
    this.targetId = targetId;
    this.sessionId = sessionId;

    devtools.on(
      'Runtime.bindingCalled',
      (event: { name: string; payload: string; executionContextId: number }) => {
        if (event.name === BINDING) this.receive(event.payload, event.executionContextId);
      },
      sessionId,
    );
    devtools.on(
      'Runtime.executionContextCreated',
      ({ context }: { context: ExecutionContext }) => {
        if (context.name !== PRELOAD_WORLD || context.auxData.frameId !== targetId) return;
        this.context = { id: context.id, origin: this.around.schemes.fromBrowser(context.origin) };
      },
      sessionId,
    );
    devtools.on(
      'Page.frameNavigated',
      ({ frame }: { frame: { id: string; parentId?: string; url: string } }) => {
        if (frame.parentId !== undefined) return;
        this.url = this.around.schemes.fromBrowser(frame.url);
        this.emit('did-navigate', {}, this.url);
      },
      sessionId,
    );
    devtools.on('Page.loadEventFired', () => this.loaded(), sessionId);
    devtools.on(
      'Inspector.targetCrashed',
      () => this.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 }),
      sessionId,
    );
    devtools.on('Fetch.requestPaused', (paused: PausedRequest) => void this.answer(paused), sessionId);
    const ended = (event: { targetId?: string; sessionId?: string }): void => {
      if (event.targetId === targetId || event.sessionId === sessionId) this.frame.onGone();
    };
    devtools.on('Target.targetDestroyed', ended);
    devtools.on('Target.detachedFromTarget', ended);

    await Promise.all([
      this.command('Page.enable', {}),
      this.command('Runtime.enable', {}),
      this.command('Fetch.enable', { patterns: [{ urlPattern: '*' }] }),
      this.command('Runtime.addBinding', { name: BINDING, executionContextName: PRELOAD_WORLD }),
      this.command('Page.addScriptToEvaluateOnNewDocument', { source: pageScript }),
      this.addPreload(),
      this.command('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value: this.around.colorScheme() }],
      }),
      this.command('Runtime.runIfWaitingForDebugger', {}),
    ]);
  }

  /** A window to be seen has no tabs and no address; that kind needs to know its first URL. */
  private async openPage(): Promise<PausedPage> {
    const { devtools, targets, headless, openAppWindow } = await this.around.screen;
    if (headless) return targets.open(this.frame.size);
    const first = await this.firstUrl.promise;
    const page = await targets.next(() => openAppWindow(this.around.schemes.toBrowser(first)));
    const { windowId } = await devtools.send('Browser.getWindowForTarget', { targetId: page.targetId });
    await devtools.send('Browser.setWindowBounds', { windowId, bounds: this.frame.size });
    return page;
  }

  private async addPreload(): Promise<void> {
    const { preload } = this.preferences;
    if (preload === undefined) return;
    const { platform, arch, versions } = process;
    const source = preloadScript(readFileSync(preload, 'utf8'), {
      platform,
      arch,
      versions: { ...versions },
      env: {},
      argv: this.preferences.additionalArguments ?? [],
      contextIsolated: true,
      sandboxed: true,
      type: 'renderer',
    });
    await this.command('Page.addScriptToEvaluateOnNewDocument', { worldName: PRELOAD_WORLD, source });
  }

  private loaded(): void {
    this.emit('dom-ready', {});
    this.emit('did-finish-load', {});
    if (this.shown) return;
    this.shown = true;
    this.frame.onShown();
  }

  /** The page wanted a window of its own: the app hears of it, but there is none whatever it says. */
  private popup(url: string): void {
    const { action } = this.openHandler({ url: this.around.schemes.fromBrowser(url) });
    if (action === 'allow') console.error('electron stand-in: a window opened by a page is not provided');
  }

  private async answer(paused: PausedRequest): Promise<void> {
    const { requestId, request } = paused;
    try {
      if (!(await this.mayGo(paused))) {
        await this.command('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
        return;
      }
      if (!this.around.schemes.isMapped(request.url)) {
        await this.command('Fetch.continueRequest', { requestId });
        return;
      }
      const response = await this.around.schemes.answer({
        url: request.url,
        method: request.method,
        headers: request.headers,
        body: request.postData,
      });
      if (response === undefined) {
        await this.command('Fetch.failRequest', { requestId, errorReason: 'AddressUnreachable' });
        return;
      }
      await this.command('Fetch.fulfillRequest', {
        requestId,
        responseCode: response.status,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      });
    } catch (error) {
      if (this.destroyed) return;
      console.error(`electron stand-in: ${request.url}:`, error);
      this.quietly('Fetch.failRequest', { requestId, errorReason: 'Failed' });
    }
  }

  /** Asks the app about a navigation that it did not start, and about every request. */
  private async mayGo(paused: PausedRequest): Promise<boolean> {
    const url = this.around.schemes.fromBrowser(paused.request.url);
    if (paused.resourceType === 'Document' && paused.frameId === this.targetId) {
      const isOwn = this.expected === paused.request.url && paused.redirectedRequestId === undefined;
      this.expected = undefined;
      if (!isOwn) {
        const event = Object.assign(new PreventableEvent(), {
          url,
          isMainFrame: true,
          frame: this.mainFrame,
        });
        this.emit(paused.redirectedRequestId === undefined ? 'will-navigate' : 'will-redirect', event, url);
        if (event.defaultPrevented) return false;
      }
    }
    return this.session.allows({
      id: paused.requestId,
      url,
      method: paused.request.method,
      resourceType: paused.resourceType === 'Document' ? 'mainFrame' : paused.resourceType.toLowerCase(),
      webContentsId: this.id,
    });
  }

  private receive(payload: string, contextId: number): void {
    const [kind, id, channel, encoded] = JSON.parse(payload) as FromPreload;
    if (kind === 'resized') {
      this.frame.onResized();
      return;
    }
    if (kind === 'open') {
      this.popup(channel);
      return;
    }
    // The sender is the document that sent, also when the page has moved on meanwhile.
    const isCurrent = this.context?.id === contextId;
    const event = {
      type: 'frame',
      sender: this,
      senderFrame: isCurrent ? this.mainFrame : null,
      frameId: 1,
      processId: 1,
    };
    const args = codec.decode(encoded) as unknown[];
    if (kind === 'send') this.around.ipcMain.emit(channel, event, ...args);
    else void this.invoke(event, id, channel, args);
  }

  private async invoke(event: object, id: number, channel: string, args: unknown[]): Promise<void> {
    try {
      const value = codec.encode(await this.around.ipcMain.invoke(channel, event, args));
      this.tell('result', id, true, value);
    } catch (error) {
      console.error(`Error occurred in handler for '${channel}':`, error);
      this.tell('result', id, false, String(error));
    }
  }

  private tell(...message: ToPreload): void {
    if (this.destroyed || this.context === undefined) return;
    const args = message.map((item) => JSON.stringify(item)).join(',');
    this.quietly('Runtime.evaluate', { expression: `${RECEIVER}(${args})`, contextId: this.context.id });
  }
}

/** The origin of a URL, also of a custom scheme (for which the URL standard says "null"). */
function originOf(url: string): string {
  const [, origin] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)/i.exec(url) ?? [];
  return origin ?? 'null';
}

provided('electron.webContents#', WebContents.prototype);
