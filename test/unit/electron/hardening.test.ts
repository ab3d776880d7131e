import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { App, Session, WebContents } from 'electron';
import { beforeEach, describe, expect, test, vi } from 'vitest';

const opened = vi.hoisted((): { options: unknown[]; links: string[] } => ({ options: [], links: [] }));
vi.mock('electron', () => ({
  BrowserWindow: class {
    constructor(options: unknown) {
      opened.options.push(options);
    }
    once = vi.fn();
    on = vi.fn();
    maximize = vi.fn();
  },
  screen: {},
  shell: {
    openExternal: (url: string) => {
      opened.links.push(url);
      return Promise.resolve();
    },
  },
}));

const { createWindow } = await import('../../../electron/main/window.ts');
const { hardenContents, hardenSession } = await import('../../../electron/main/hardening.ts');

const root = path.resolve(import.meta.dirname, '../../..');

describe('the options of the window (enforcing them needs real Electron)', () => {
  const preferences = (devTools = false): Record<string, unknown> => {
    const file = { get: (name: string) => (name === 'maximized' ? false : undefined), set: vi.fn() };
    createWindow(file as never, { devTools });
    return (opened.options.at(-1) as { webPreferences: Record<string, unknown> }).webPreferences;
  };

  test.each([
    ['2: no Node in the page', 'nodeIntegration', false],
    ['2: no Node in a worker', 'nodeIntegrationInWorker', false],
    ['2: no Node in a frame', 'nodeIntegrationInSubFrames', false],
    ['3: context isolation', 'contextIsolation', true],
    ['4: sandbox', 'sandbox', true],
    ['6: web security', 'webSecurity', true],
    ['8: no insecure content', 'allowRunningInsecureContent', false],
    ['9: no experimental features', 'experimentalFeatures', false],
    ['11, 12: no webview', 'webviewTag', false],
    ['13: no navigation by dropping a file', 'navigateOnDragDrop', false],
  ])('%s', (_name, option, value) => {
    expect(preferences()[option]).toBe(value);
  });

  test('10: no Blink feature is switched on', () => {
    expect(preferences()).not.toHaveProperty('enableBlinkFeatures');
  });

  test('a packaged app has no developer tools', () => {
    expect(preferences(false)['devTools']).toBe(false);
  });

  test('4: every renderer is sandboxed, not only those that ask', () => {
    expect(readFileSync(path.join(root, 'electron/main/window-app.ts'), 'utf8')).toContain(
      'app.enableSandbox()',
    );
  });
});

describe('every page', () => {
  let contents: WebContents & EventEmitter;
  let open: (details: { url: string }) => { action: string };

  beforeEach(() => {
    opened.links.length = 0;
    const app = new EventEmitter();
    hardenContents(app as App);
    contents = Object.assign(new EventEmitter(), {
      setWindowOpenHandler: (handler: typeof open) => (open = handler),
    }) as never;
    app.emit('web-contents-created', {}, contents);
  });

  test.each(['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview'])(
    '11, 13: %s is prevented',
    (name) => {
      const event = { preventDefault: vi.fn() };
      contents.emit(name, event);
      expect(event.preventDefault).toHaveBeenCalledOnce();
    },
  );

  test('14, 15: opens no window; a link to the documentation leaves for the browser', () => {
    expect(open({ url: 'https://example.org/' })).toEqual({ action: 'deny' });
    expect(open({ url: 'https://docs.mender.io/x' })).toEqual({ action: 'deny' });
    expect(opened.links).toEqual(['https://docs.mender.io/x']);
  });
});

describe('the session', () => {
  let session: EventEmitter;
  let beforeRequest: (details: { url: string }, callback: (answer: { cancel: boolean }) => void) => void;
  const harden = (devTools: boolean): void => {
    session = Object.assign(new EventEmitter(), {
      setPermissionRequestHandler: vi.fn(),
      setPermissionCheckHandler: vi.fn(),
      setDevicePermissionHandler: vi.fn(),
      setSpellCheckerEnabled: vi.fn(),
      webRequest: { onBeforeRequest: (handler: typeof beforeRequest) => (beforeRequest = handler) },
    });
    hardenSession(session as unknown as Session, { devTools });
  };
  const handler = (name: string): ((...args: unknown[]) => unknown) =>
    (Reflect.get(session, name) as ReturnType<typeof vi.fn>).mock.calls[0]![0] as never;
  const cancelled = (url: string): boolean => {
    let cancel = false;
    beforeRequest({ url }, (answer) => (cancel = answer.cancel));
    return cancel;
  };

  beforeEach(() => harden(false));

  test('5: refuses every permission, asked or checked, and every device', () => {
    const answers: unknown[] = [];
    handler('setPermissionRequestHandler')({}, 'serial', (granted: unknown) => answers.push(granted));
    expect(answers).toEqual([false]);
    expect(handler('setPermissionCheckHandler')({}, 'media', 'app://station', {})).toBe(false);
    expect(handler('setDevicePermissionHandler')({ deviceType: 'serial' })).toBe(false);
  });

  test.each([
    ['select-serial-port', [[{ portId: '1' }], {}], ['']],
    ['select-hid-device', [{}], []],
    ['select-usb-device', [{}], []],
  ])('5: %s chooses nothing', (name, details, chosen) => {
    const event = { preventDefault: vi.fn() };
    const callback = vi.fn();
    session.emit(name, event, ...details, callback);
    expect(event.preventDefault).toHaveBeenCalledOnce();
    expect(callback).toHaveBeenCalledWith(...chosen);
  });

  test.each([
    'http://127.0.0.1/',
    'https://example.org/',
    'ws://127.0.0.1/',
    'file:///etc/passwd',
    'app://other/',
    'app://station.example.org/',
    'devtools://devtools/x.html',
  ])('1: a request for %s is cancelled', (url) => {
    expect(cancelled(url)).toBe(true);
  });

  test("1: the app's own files are not, and in a checkout the developer tools' neither", () => {
    expect(cancelled('app://station/index.html')).toBe(false);
    harden(true);
    expect(cancelled('devtools://devtools/x.html')).toBe(false);
  });
});

test('16: Electron is pinned to one version, of a major that is still maintained', () => {
  const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const [, major] = /^(\d+)\.\d+\.\d+$/.exec(devDependencies['electron'] ?? '') ?? [];
  // Three majors are maintained at a time; raise this together with the pin.
  expect(Number(major)).toBeGreaterThanOrEqual(45);
});
