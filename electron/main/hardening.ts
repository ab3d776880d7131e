import { shell } from 'electron';
import type { App, Session, WebContents } from 'electron';
import { APP_ORIGIN } from '../messages.ts';
import { isTrustedLink } from './trusted-links.ts';

/** Closes every page of the app in: no navigation, no window of its own, no webview. */
export function hardenContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => confine(contents));
}

function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (isTrustedLink(url)) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/** Refuses every permission and device to pages, and every request that is not for the app's own files. */
export function hardenSession(session: Session, options: { readonly devTools: boolean }): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('select-serial-port', (event, _ports, _contents, callback) => {
    event.preventDefault();
    callback('');
  });
  session.on('select-hid-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  session.on('select-usb-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, callback) => {
    const isDevTools = options.devTools && details.url.startsWith('devtools://');
    callback({ cancel: !isDevTools && !details.url.startsWith(`${APP_ORIGIN}/`) });
  });
}
