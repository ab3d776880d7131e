import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test as base } from './app.ts';

/** A server that nothing in the app may ever talk to. */
const test = base.extend<{ outside: { readonly url: string; readonly requests: string[] } }>({
  outside: async ({}, use) => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.setHeader('access-control-allow-origin', '*').end('<h1>outside</h1>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests });
    // Chromium connects in advance to where it may have to go, and says nothing there.
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
});

test('1, 18: the window shows the app scheme, and main cannot load anything else into it', async ({
  app,
  outside,
}) => {
  const shown = await app.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => window.webContents.getURL()),
  );
  expect(shown).toEqual(['app://station/index.html']);
  const failure = await app.application.evaluate(
    ({ BrowserWindow }, url) =>
      BrowserWindow.getAllWindows()[0]!
        .loadURL(url)
        .then(
          () => 'loaded',
          (error: unknown) => String(error),
        ),
    outside.url,
  );
  expect(failure).not.toBe('loaded');
  expect(outside.requests).toEqual([]);
});

test('2, 3, 20: the page has the bridge with its two functions, and nothing of Node or Electron', async ({
  app,
}) => {
  const seen = await app.page.evaluate(() => ({
    station: Object.keys(window.station ?? {}).sort(),
    frozen: Object.isFrozen(window.station),
    node: [
      'require',
      'module',
      'process',
      'Buffer',
      'global',
      'ipcRenderer',
      'electron',
      '__standinSend',
    ].filter((name) => name in window),
    prototype:
      (window.station as unknown as { call: { constructor: unknown } }).call.constructor === Function,
  }));
  expect(seen).toEqual({ station: ['call', 'subscribe'], frozen: true, node: [], prototype: true });
});

test('5: no permission is granted', async ({ app }) => {
  const states = await app.page.evaluate(async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read'];
    const all = names.map((name) => navigator.permissions.query({ name: name as PermissionName }));
    return (await Promise.all(all)).map(({ state }) => state);
  });
  expect(new Set(states)).toEqual(new Set(['denied']));
});

test('5: a page cannot reach a serial port, a USB or HID device by itself', async ({ app }) => {
  const errors = await app.page.evaluate(async () => {
    const devices = navigator as unknown as Record<
      string,
      Record<string, (options: object) => Promise<unknown>>
    >;
    const ask = (api: string, method: string): Promise<string> =>
      (
        devices[api]?.[method]?.call(devices[api], { filters: [] }) ?? Promise.reject(new Error('absent'))
      ).then(
        () => 'granted',
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      );
    return [
      await ask('serial', 'requestPort'),
      await ask('usb', 'requestDevice'),
      await ask('hid', 'requestDevice'),
    ];
  });
  expect(errors).not.toContain('granted');
  expect(errors[0]).toBe('SecurityError');
});

test('7: the policy of the page is the strict one', async ({ app }) => {
  const policy = await app.page.evaluate(async () => {
    const violated: Record<string, string> = {};
    document.addEventListener('securitypolicyviolation', (event) => {
      violated[event.effectiveDirective] = event.originalPolicy;
    });
    await fetch('/index.html').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return violated['connect-src'] ?? '';
  });
  const directives = new Map(
    policy.split(';').map((part) => {
      const [name = '', ...values] = part.trim().split(' ');
      return [name, values.join(' ')] as const;
    }),
  );
  expect(directives.get('default-src')).toBe("'none'");
  expect(directives.get('connect-src')).toBe("'none'");
  expect(directives.get('script-src')).toBe("'self'");
  expect(directives.get('style-src')).toBe("'self'");
  expect(policy).not.toContain('unsafe');
});

test('7: no inline script, no eval, no network, not even to itself', async ({ app, outside }) => {
  const result = await app.page.evaluate(async (url) => {
    const script = document.createElement('script');
    script.textContent = 'window.injected = true';
    document.body.append(script);
    const image = new Image();
    const imageLoaded = new Promise<boolean>((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
    });
    image.src = `${url}pixel.png`;
    const reach = (to: string): Promise<boolean> =>
      fetch(to).then(
        () => true,
        () => false,
      );
    const frame = document.createElement('iframe');
    frame.src = `${url}frame`;
    document.body.append(frame);
    return {
      injected: 'injected' in window,
      image: await imageLoaded,
      outside: await reach(url),
      itself: await reach('/index.html'),
      socket: await new Promise<boolean>((resolve) => {
        try {
          const socket = new WebSocket(url.replace('http', 'ws'));
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        } catch {
          resolve(false);
        }
      }),
    };
  }, outside.url);
  expect(result).toEqual({ injected: false, image: false, outside: false, itself: false, socket: false });
  // Playwright's own evaluation is exempt from the policy, so `eval` is tried by a handler in the page.
  const evaluated = await app.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        setTimeout(() => {
          try {
            const evaluate = Reflect.get(window, 'eval') as (code: string) => unknown;
            resolve(String(evaluate('1')));
          } catch (error) {
            resolve((error as Error).name);
          }
        });
      }),
  );
  expect(evaluated).toBe('EvalError');
  expect(outside.requests).toEqual([]);
});

test('13: a page cannot navigate away', async ({ app, outside }) => {
  for (const how of ['location', 'link', 'form'] as const) {
    await app.page.evaluate(
      ({ url, by }) => {
        if (by === 'location') location.href = url;
        if (by === 'link') Object.assign(document.createElement('a'), { href: url }).click();
        if (by === 'form') {
          const form = Object.assign(document.createElement('form'), { action: url });
          document.body.append(form);
          form.submit();
        }
      },
      { url: outside.url, by: how },
    );
  }
  // A second round trip through main: by then a navigation would have been asked for.
  await app.page.evaluate(() => window.station?.call('snapshot', {}));
  const url = await app.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]!.webContents.getURL(),
  );
  expect(url).toBe('app://station/index.html');
  expect(outside.requests).toEqual([]);
});

test('14, 15: no page opens a window; only the documentation opens in the browser', async ({
  app,
  outside,
}) => {
  await app.application.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openExternal = (url) => {
      opened.push(url);
      return Promise.resolve();
    };
  });
  const links = [
    outside.url,
    'https://docs.mender.io.example.org/',
    'https://docs.mender.io@example.org/',
    'http://docs.mender.io/',
    'file:///etc/passwd',
    'https://docs.mender.io/overview',
  ];
  for (const link of links)
    expect(await app.page.evaluate((url) => window.open(url) === null, link)).toBe(true);
  const opened = (): Promise<string[]> =>
    app.application.evaluate(() => (globalThis as unknown as { opened: string[] }).opened);
  await expect.poll(opened).toEqual(['https://docs.mender.io/overview']);
  await expect
    .poll(() => app.application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length))
    .toBe(1);
  expect(outside.requests).toEqual([]);
});

test('17: only the app page is heard', async ({ app }) => {
  const call = (): Promise<string> =>
    app.page.evaluate(
      () =>
        window.station?.call('snapshot', {}).then(
          () => 'heard',
          (error: unknown) => String(error),
        ) ?? 'no bridge',
    );
  expect(await call()).toBe('heard');
  await app.application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]!.loadURL('data:text/html,<h1>another page</h1>'),
  );
  // Main hears of the load before the test does: what is asked in between would fall into the old page.
  await expect(app.page.getByRole('heading', { name: 'another page' })).toBeVisible();
  expect(await call()).toContain('was refused');
});

test('17: only calls of the contract are passed on, and there is one channel', async ({ app }) => {
  const answers = await app.page.evaluate(async () => {
    const tried = ['nonsense', 'constructor', '__proto__', 'toString'];
    const answers: string[] = [];
    for (const method of tried) {
      await window.station?.call(method, {}).then(
        () => answers.push('passed'),
        (error: unknown) => answers.push(String(error)),
      );
    }
    return answers;
  });
  expect(answers).toHaveLength(4);
  for (const answer of answers) expect(answer).toContain('there is no such call');
  const listeners = await app.application.evaluate(({ ipcMain }) => ipcMain.eventNames().map(String));
  expect(listeners).not.toContain('electron-store-get-data');
});
