import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Devtools, pipeTransport } from '../../../tools/standin/cdp.ts';
import { parseCommandLine } from '../../../tools/standin/command-line.ts';
import { NativeTheme, dialogs, menus, powerSaveBlocker } from '../../../tools/standin/desktop.ts';
import { IpcMain } from '../../../tools/standin/ipc-main.ts';
import { provided } from '../../../tools/standin/provided.ts';
import { safeStorage } from '../../../tools/standin/safe-storage.ts';
import { Schemes } from '../../../tools/standin/schemes.ts';
import { Session } from '../../../tools/standin/session.ts';
import { SingleInstance } from '../../../tools/standin/single-instance.ts';
import { UtilityProcess, utilityProcess } from '../../../tools/standin/utility-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'standin-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what is not provided', () => {
  test('says so by its full name, also on an instance', () => {
    expect(() => void Reflect.get(provided('electron.dialog', {}), 'showColors')).toThrow(
      'electron stand-in: electron.dialog.showColors is not provided',
    );
    expect(() => void Reflect.get(new Session(), 'clearHostResolverCache')).toThrow(
      'electron.session#.clearHostResolverCache',
    );
  });

  test('what is there, and what every object is asked for, is read', () => {
    const members = provided('electron.app', { name: 'Station' });
    expect(members.name).toBe('Station');
    expect(Reflect.get(members, 'then')).toBeUndefined();
    expect(JSON.stringify(members)).toBe('{"name":"Station"}');
  });
});

describe('the command line', () => {
  test('is read as Playwright writes it', () => {
    const line = parseCommandLine([
      '--no-sandbox',
      '-r',
      '/loader.js',
      '--inspect=0',
      '--remote-debugging-port=0',
      '.',
      '--home=/tmp/x',
      'ports',
    ]);
    expect(line).toMatchObject({ requires: ['/loader.js'], inspectPort: 0, appFolder: '.' });
    expect(Object.fromEntries(line.switches)).toEqual({
      'no-sandbox': '',
      inspect: '0',
      'remote-debugging-port': '0',
      home: '/tmp/x',
    });
  });

  test("an app's own -r is the app's", () => {
    expect(parseCommandLine(['.', '-r', 'x']).requires).toEqual([]);
  });
});

describe('schemes', () => {
  const make = (): {
    schemes: Schemes;
    protocol: {
      registerSchemesAsPrivileged(list: object[]): void;
      handle(scheme: string, handler: (request: Request) => Response): void;
    };
  } => {
    const schemes = new Schemes();
    return { schemes, protocol: schemes.module(() => false) as never };
  };
  const app = [{ scheme: 'app', privileges: { standard: true, secure: true } }];

  test('are mapped to a host that never resolves, and back', () => {
    const { schemes, protocol } = make();
    protocol.registerSchemesAsPrivileged(app);
    const url = 'app://station/a/b.html?c=d#e';
    expect(schemes.toBrowser(url)).toBe('https://station.app.invalid/a/b.html?c=d#e');
    expect(schemes.fromBrowser(schemes.toBrowser(url))).toBe(url);
    expect(schemes.fromBrowser('https://station.app.invalid')).toBe('app://station');
  });

  test('leave every other URL alone', () => {
    const { schemes, protocol } = make();
    expect(schemes.toBrowser('app://station/')).toBe('app://station/');
    protocol.registerSchemesAsPrivileged(app);
    for (const url of [
      'https://station.app.invalid.example.org/',
      'https://station.app.invalid:8443/',
      'https://station.app.invalid@example.org/',
      'https://station.other.invalid/',
      'data:,x',
    ]) {
      expect(schemes.isMapped(url)).toBe(false);
    }
  });

  test('ask the handler with the URL by its own name', async () => {
    const { schemes, protocol } = make();
    protocol.registerSchemesAsPrivileged(app);
    protocol.handle('app', (request) => new Response(request.url, { status: 201 }));
    const answer = await schemes.answer({
      url: 'https://station.app.invalid/x',
      method: 'GET',
      headers: {},
      body: undefined,
    });
    expect([answer?.status, await answer?.text()]).toEqual([201, 'app://station/x']);
  });

  test('are handled once, and privileged before the app is ready', () => {
    const { protocol } = make();
    protocol.handle('app', () => new Response());
    expect(() => protocol.handle('app', () => new Response())).toThrow('Failed to register protocol');
    const late = new Schemes().module(() => true) as unknown as typeof protocol;
    expect(() => late.registerSchemesAsPrivileged(app)).toThrow('before app is ready');
  });
});

describe('safeStorage', () => {
  interface Store {
    isAsyncEncryptionAvailable(): Promise<boolean>;
    encryptStringAsync(text: string): Promise<Buffer>;
    decryptStringAsync(bytes: Buffer): Promise<{ result: string }>;
    getSelectedStorageBackend(): string;
  }
  const open = (backend = '', ready = true): Store =>
    safeStorage(
      () => folder,
      () => backend,
      () => ready,
    ) as Store;

  test('gives back what it took, also after a restart', async () => {
    const bytes = await open().encryptStringAsync('canary-ü');
    expect(bytes.toString('latin1')).not.toContain('canary');
    expect((await open().decryptStringAsync(bytes)).result).toBe('canary-ü');
    expect(statSync(path.join(folder, 'stand-in-key')).mode & 0o777).toBe(0o600);
  });

  test('refuses what was changed', async () => {
    const bytes = await open().encryptStringAsync('text');
    bytes[20]! ^= 1;
    await expect(open().decryptStringAsync(bytes)).rejects.toThrow('Error while decrypting');
    await expect(open().decryptStringAsync(Buffer.from('short'))).rejects.toThrow('Error while decrypting');
  });

  test('calls itself what it is worth', async () => {
    expect(open().getSelectedStorageBackend()).toBe('basic_text');
    expect(open('gnome-libsecret').getSelectedStorageBackend()).toBe('gnome_libsecret');
    expect(open('', false).getSelectedStorageBackend()).toBe('unknown');
    expect(await open('', false).isAsyncEncryptionAvailable()).toBe(false);
  });
});

describe('ipcMain', () => {
  test('has one handler a channel', async () => {
    const ipc = new IpcMain();
    ipc.handle('add', (_event, a, b) => Number(a) + Number(b));
    expect(() => ipc.handle('add', () => 0)).toThrow("Attempted to register a second handler for 'add'");
    await expect(ipc.invoke('add', {}, [1, 2])).resolves.toBe(3);
    ipc.removeHandler('add');
    await expect(ipc.invoke('add', {}, [])).rejects.toThrow("No handler registered for 'add'");
  });
});

describe('a utility process', () => {
  test('speaks in structured clone, has its own environment, and tells its end', async () => {
    const file = path.join(folder, 'child.cjs');
    writeFileSync(
      file,
      `process.parentPort.on('message', ({ data, ports }) => {
         if (data === 'end') process.exit(7);
         process.parentPort.postMessage({ data, ports: ports.length, type: process.type, names: Object.keys(process.env) });
       });`,
    );
    const child = new UtilityProcess(file, [], { env: { ONLY: 'this' }, stdio: 'pipe', serviceName: 'test' });
    await once(child, 'spawn');
    expect(child.pid).toBeGreaterThan(0);
    child.postMessage({ map: new Map([[1, 2n]]), bytes: new Uint8Array([1, 2]) });
    const [answer] = (await once(child, 'message')) as [{ names: string[] }];
    expect(answer).toMatchObject({
      data: { map: new Map([[1, 2n]]), bytes: new Uint8Array([1, 2]) },
      ports: 0,
      type: 'utility',
    });
    expect(answer.names.filter((name) => !name.startsWith('NODE_CHANNEL'))).toEqual(['ONLY']);
    child.postMessage('end');
    expect(await once(child, 'exit')).toEqual([7]);
    expect(child.pid).toBeUndefined();
    child.postMessage('nobody hears this');
  });

  test('is killed, and says by which signal', async () => {
    const file = path.join(folder, 'child.cjs');
    writeFileSync(file, 'setInterval(() => {}, 1000);');
    const child = new UtilityProcess(file, [], { stdio: 'ignore' });
    await once(child, 'spawn');
    expect(child.kill()).toBe(true);
    expect(await once(child, 'exit')).toEqual([15]);
  });

  test('is not started before the app is ready', () => {
    const module = utilityProcess(() => false) as { fork(file: string): unknown };
    expect(() => module.fork('x')).toThrow('before app is ready');
  });
});

describe('one instance', () => {
  test('the second one tells the first', async () => {
    const told = Promise.withResolvers<string[]>();
    const first = new SingleInstance(folder, ({ argv }) => told.resolve(argv));
    expect(first.request()).toBe(true);
    expect(first.request()).toBe(true);
    // Another process holds the folder as far as this one can tell.
    writeFileSync(path.join(folder, 'single-instance', 'pid'), String(process.ppid));
    const second = new SingleInstance(folder, () => undefined);
    expect(second.request()).toBe(false);
    expect(await told.promise).toEqual(process.argv);
    first.release();
  });

  test('a lock whose holder has died is taken over', () => {
    const first = new SingleInstance(folder, () => undefined);
    first.request();
    writeFileSync(path.join(folder, 'single-instance', 'pid'), '999999999');
    const second = new SingleInstance(folder, () => undefined);
    expect(second.request()).toBe(true);
    first.release();
    second.release();
  });
});

describe('the DevTools protocol over a pipe', () => {
  test('joins and splits messages where the pipe does not', async () => {
    const [toBrowser, fromBrowser] = [new PassThrough(), new PassThrough()];
    const devtools = new Devtools(pipeTransport(toBrowser, fromBrowser));
    const events: unknown[] = [];
    devtools.on('Page.loaded', (params: object) => events.push(params), 'S1');
    const first = devtools.send('A');
    const second = devtools.send('B', { x: 1 }, 'S1');
    const bytes = Buffer.from(
      [
        '{"id":1,"result":{"a":"ü"}}',
        '{"method":"Page.loaded","sessionId":"S1","params":{"n":1}}',
        '{"id":2,"error":{"message":"no"}}',
      ]
        .map((text) => `${text}\0`)
        .join(''),
    );
    for (let at = 0; at < bytes.length; at += 7) fromBrowser.write(bytes.subarray(at, at + 7));
    await expect(first).resolves.toEqual({ a: 'ü' });
    await expect(second).rejects.toThrow('B: no');
    expect(events).toEqual([{ n: 1 }]);
    expect(String(toBrowser.read())).toBe(
      '{"id":1,"method":"A","params":{}}\0{"id":2,"method":"B","params":{"x":1},"sessionId":"S1"}\0',
    );
  });

  test('rejects what is open when the browser goes', async () => {
    const fromBrowser = new PassThrough();
    const devtools = new Devtools(pipeTransport(new PassThrough(), fromBrowser));
    const call = devtools.send('A');
    const gone = new Promise<void>((resolve) => devtools.onClose(resolve));
    fromBrowser.destroy();
    await expect(call).rejects.toThrow('A: the browser is gone');
    await gone;
    await expect(devtools.send('B')).rejects.toThrow('B: the browser is gone');
  });
});

describe('the session', () => {
  test('asks the app before a request goes out', async () => {
    const session = new Session();
    const details = {
      id: '1',
      url: 'https://example.org/',
      method: 'GET',
      resourceType: 'image',
      webContentsId: 1,
    };
    await expect(session.allows(details)).resolves.toBe(true);
    session.webRequest.onBeforeRequest(({ url }, callback) => callback({ cancel: url.startsWith('https:') }));
    await expect(session.allows(details)).resolves.toBe(false);
    await expect(session.allows({ ...details, url: 'app://station/' })).resolves.toBe(true);
  });
});

describe('the desktop', () => {
  test('a question that nobody sees is answered with its cancel button', async () => {
    const dialog = dialogs({ ask: () => Promise.resolve(undefined) }) as {
      showMessageBox(options: object): Promise<{ response: number }>;
    };
    expect(
      await dialog.showMessageBox({ message: 'Close?', buttons: ['Stop', 'Keep'], cancelId: 1 }),
    ).toMatchObject({ response: 1 });
  });

  test('a question that is seen is answered by the person', async () => {
    const asked: string[] = [];
    const dialog = dialogs({
      ask: (script) => {
        asked.push(script);
        return Promise.resolve(true);
      },
    }) as { showMessageBox(window: unknown, options: object): Promise<{ response: number }> };
    const answer = await dialog.showMessageBox(
      {},
      { message: 'Close?', buttons: ['Keep', 'Stop'], cancelId: 0 },
    );
    expect(answer.response).toBe(1);
    expect(asked).toEqual([expect.stringContaining('OK: Stop')]);
  });

  test('the theme follows its source', () => {
    const theme = new NativeTheme();
    let updates = 0;
    theme.on('updated', () => (updates += 1));
    theme.themeSource = 'dark';
    expect([theme.shouldUseDarkColors, updates]).toEqual([true, 1]);
  });

  test('menus and power blockers are kept', () => {
    const Menu = menus() as {
      buildFromTemplate(items: object[]): { items: object[] };
      setApplicationMenu(menu: object): void;
      getApplicationMenu(): object | null;
    };
    const menu = Menu.buildFromTemplate([{ role: 'quit' }]);
    Menu.setApplicationMenu(menu);
    expect(Menu.getApplicationMenu()).toBe(menu);
    const blocker = powerSaveBlocker() as {
      start(type: string): number;
      stop(id: number): boolean;
      isStarted(id: number): boolean;
    };
    const id = blocker.start('prevent-app-suspension');
    expect(blocker.isStarted(id)).toBe(true);
    blocker.stop(id);
    expect(blocker.isStarted(id)).toBe(false);
  });
});
