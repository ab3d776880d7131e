import { provided } from './provided.ts';

interface CustomScheme {
  readonly scheme: string;
  readonly privileges?: { readonly standard?: boolean; readonly secure?: boolean };
}

type Handler = (request: Request) => Response | Promise<Response>;

/** A top-level domain that never resolves (RFC 2606): a request that escapes interception reaches nobody. */
const DOMAIN = 'invalid';

/**
 * Custom schemes on a browser that has none: `app://station/x` is loaded as `https://station.app.invalid/x`, every
 * request to which is answered by the app's handler, and is called by its own name again in all that the app is told.
 */
export class Schemes {
  private readonly privileged = new Set<string>();
  private readonly handlers = new Map<string, Handler>();

  /** The `protocol` module. `isReady` tells whether the app is ready: privileges come before, handlers after. */
  module(isReady: () => boolean): object {
    return provided('electron.protocol', {
      registerSchemesAsPrivileged: (schemes: readonly CustomScheme[]): void => {
        if (isReady())
          throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
        for (const { scheme, privileges } of schemes) {
          if (privileges?.standard !== true || privileges.secure !== true) {
            throw new Error(
              `electron stand-in: scheme ${scheme} that is not standard and secure is not provided`,
            );
          }
          this.privileged.add(scheme);
        }
      },
      handle: (scheme: string, handler: Handler): void => {
        if (this.handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
        this.handlers.set(scheme, handler);
      },
      unhandle: (scheme: string): void => void this.handlers.delete(scheme),
      isProtocolHandled: (scheme: string): boolean => this.handlers.has(scheme),
    });
  }

  /** The address under which the browser loads a URL of the app's. */
  toBrowser(url: string): string {
    const [, scheme, host, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
    if (scheme === undefined || host === undefined || !this.privileged.has(scheme)) return url;
    return `https://${host}.${scheme}.${DOMAIN}${rest ?? ''}`;
  }

  /** The URL by which the app knows what the browser loaded. */
  fromBrowser(url: string): string {
    const [, host, scheme, rest] =
      /^https:\/\/([^/?#:@]+)\.([^./?#:@]+)\.invalid((?:[/?#].*)?)$/i.exec(url) ?? [];
    if (scheme === undefined || host === undefined || !this.privileged.has(scheme)) return url;
    return `${scheme}://${host}${rest ?? ''}`;
  }

  /** Whether the browser's URL stands for one of the app's. */
  isMapped(browserUrl: string): boolean {
    return this.fromBrowser(browserUrl) !== browserUrl;
  }

  /** Answers a request for a mapped URL; undefined where no handler is registered for its scheme. */
  async answer(request: {
    url: string;
    method: string;
    headers: Record<string, string>;
    body: string | undefined;
  }): Promise<Response | undefined> {
    const url = this.fromBrowser(request.url);
    const handler = this.handlers.get(url.slice(0, url.indexOf(':')));
    if (handler === undefined) return undefined;
    return handler(
      new Request(url, {
        method: request.method,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      }),
    );
  }
}
