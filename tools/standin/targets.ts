import type { Devtools } from './cdp.ts';

interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly openerId?: string;
}

/** A page that waits, before it has loaded anything, for its session to say `Runtime.runIfWaitingForDebugger`. */
export interface PausedPage {
  readonly targetId: string;
  readonly sessionId: string;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The browser's pages: those that the app opens are handed to it paused, those that a page opens are closed unseen. */
export class Targets {
  private readonly devtools: Devtools;
  private readonly awaited: ((page: PausedPage) => void)[] = [];

  constructor(devtools: Devtools) {
    this.devtools = devtools;
  }

  async start(): Promise<void> {
    this.devtools.on(
      'Target.attachedToTarget',
      (event: { sessionId: string; targetInfo: TargetInfo; waitingForDebugger: boolean }) =>
        this.attached(event),
    );
    await this.devtools.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: true,
      flatten: true,
    });
    await this.devtools.send('Target.setDiscoverTargets', { discover: true });
  }

  /** Opens an ordinary browser window. */
  open(size: Size): Promise<PausedPage> {
    return this.next(() =>
      this.devtools.send('Target.createTarget', { url: 'about:blank', newWindow: true, ...size }),
    );
  }

  /** The page that appears when `open` is called. */
  async next(open: () => Promise<unknown>): Promise<PausedPage> {
    const page = new Promise<PausedPage>((resolve) => this.awaited.push(resolve));
    await open();
    return page;
  }

  private attached(event: { sessionId: string; targetInfo: TargetInfo; waitingForDebugger: boolean }): void {
    const { sessionId, targetInfo, waitingForDebugger } = event;
    const { targetId, type, openerId } = targetInfo;
    if (type === 'page' && openerId !== undefined) {
      this.refuse(targetId, sessionId);
      return;
    }
    const awaited = type === 'page' ? this.awaited.shift() : undefined;
    if (awaited !== undefined) awaited({ targetId, sessionId });
    else if (waitingForDebugger) {
      this.devtools.send('Runtime.runIfWaitingForDebugger', {}, sessionId).catch(() => undefined);
    }
  }

  /** Lets the page's `window.open` return, with every request of the new window held back, and closes it. */
  private refuse(targetId: string, sessionId: string): void {
    // Resumed only when requests are held back: resumed earlier, the first one may slip through.
    this.devtools
      .send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, sessionId)
      .then(() =>
        Promise.all([
          this.devtools.send('Target.closeTarget', { targetId }),
          this.devtools.send('Runtime.runIfWaitingForDebugger', {}, sessionId),
        ]),
      )
      // A window that is gone before it was closed is as good.
      .catch(() => undefined);
  }
}
