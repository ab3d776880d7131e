import { EventEmitter } from 'node:events';
import type { Devtools } from './cdp.ts';
import { provided } from './provided.ts';

type RequestHandler = (
  contents: unknown,
  permission: string,
  callback: (granted: boolean) => void,
  details: object,
) => void;
type CheckHandler = (contents: unknown, permission: string, origin: string, details: object) => boolean;

export interface RequestDetails {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly webContentsId: number;
}
type BeforeRequest = (details: RequestDetails, callback: (response: { cancel?: boolean }) => void) => void;

/** Electron's names of permissions and Chromium's. */
const PERMISSIONS: readonly [electron: string, chromium: string][] = [
  ['clipboard-read', 'clipboard-read'],
  ['geolocation', 'geolocation'],
  ['idle-detection', 'idle-detection'],
  ['media', 'camera'],
  ['media', 'microphone'],
  ['midi', 'midi'],
  ['notifications', 'notifications'],
  ['storage-access', 'storage-access'],
  ['window-management', 'window-management'],
];

/** The default session: permissions, and what may be requested. */
export class Session extends EventEmitter {
  private requestHandler: RequestHandler | undefined;
  private checkHandler: CheckHandler | undefined;
  private beforeRequest: BeforeRequest | undefined;
  private apply: () => void = () => undefined;

  readonly webRequest = provided('electron.session.webRequest', {
    onBeforeRequest: (listener: BeforeRequest | null): void => {
      this.beforeRequest = listener ?? undefined;
    },
  });

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.requestHandler = handler ?? undefined;
    this.apply();
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.checkHandler = handler ?? undefined;
    this.apply();
  }

  /** Devices are refused by the stand-in in any case: Chromium's own chooser would ask the user. */
  setDevicePermissionHandler(_handler: unknown): void {
    this.emit('device-permission-handler-set');
  }

  setSpellCheckerEnabled(_enabled: boolean): void {
    this.emit('spell-checker-set');
  }

  /**
   * Lets the browser decide as the app's handlers would. Chromium asks nobody while it runs, so the handlers are asked
   * up front, once for each permission; without a handler everything is granted, as in Electron.
   */
  async govern(devtools: Devtools): Promise<void> {
    this.apply = () => {
      for (const [electron, chromium] of PERMISSIONS) {
        const setting = this.decide(electron) ? 'granted' : 'denied';
        // A permission that this Chromium does not know is one that it cannot grant.
        devtools
          .send('Browser.setPermission', { permission: { name: chromium }, setting })
          .catch(() => undefined);
      }
    };
    this.apply();
    await devtools.send('Browser.getVersion');
  }

  private decide(permission: string): boolean {
    if (this.checkHandler?.(null, permission, '', {}) === false) return false;
    let granted = this.requestHandler === undefined;
    this.requestHandler?.(null, permission, (answer) => (granted = answer), {});
    return granted;
  }

  /** Whether the app lets a request go out. */
  allows(details: RequestDetails): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.beforeRequest === undefined) resolve(true);
      else this.beforeRequest(details, ({ cancel }) => resolve(cancel !== true));
    });
  }
}

provided('electron.session#', Session.prototype);
