import { describe, expect, test } from 'vitest';
import type { Bridge } from '../../../tools/standin/page/bridge.ts';
import { makeCodec } from '../../../tools/standin/page/codec.ts';
import { makeRendererElectron } from '../../../tools/standin/page/preload.ts';
import type { FromPreload } from '../../../tools/standin/page/preload.ts';

interface RendererElectron {
  ipcRenderer: {
    invoke(channel: string, ...args: unknown[]): Promise<unknown>;
    on(channel: string, listener: (event: object, ...args: unknown[]) => void): unknown;
    removeListener(channel: string, listener: (event: object, ...args: unknown[]) => void): unknown;
    sendSync?: unknown;
  };
  contextBridge: { exposeInMainWorld(key: string, api: unknown): void };
}

function setUp() {
  const codec = makeCodec();
  const sent: FromPreload[] = [];
  const exposed: string[] = [];
  const bridge: Bridge = { expose: (key) => void exposed.push(key), onExpose: () => undefined };
  const { electron, receive } = makeRendererElectron(codec, bridge, (text) =>
    sent.push(JSON.parse(text) as FromPreload),
  );
  return { codec, sent, exposed, receive, electron: electron as RendererElectron };
}

describe("a preload's electron", () => {
  test('invokes and takes the answer of its own call', async () => {
    const { codec, electron, receive, sent } = setUp();
    const first = electron.ipcRenderer.invoke('add', 1, 2);
    const second = electron.ipcRenderer.invoke('add', 3, 4);
    expect(sent.map(([kind, , channel, args]) => [kind, channel, codec.decode(args)])).toEqual([
      ['invoke', 'add', [1, 2]],
      ['invoke', 'add', [3, 4]],
    ]);
    receive('result', sent[1]![1], true, codec.encode(7));
    receive('result', sent[0]![1], true, codec.encode(3));
    expect(await Promise.all([first, second])).toEqual([3, 7]);
  });

  test("words a handler's failure as Electron does", async () => {
    const { electron, receive, sent } = setUp();
    const call = electron.ipcRenderer.invoke('fail');
    receive('result', sent[0]![1], false, 'TypeError: exploded');
    await expect(call).rejects.toThrow("Error invoking remote method 'fail': TypeError: exploded");
  });

  test('rejects what cannot be cloned, and sends nothing', async () => {
    const { electron, sent } = setUp();
    await expect(electron.ipcRenderer.invoke('add', () => 1)).rejects.toThrow('could not be cloned');
    expect(sent).toEqual([]);
  });

  test('tells listeners until they are removed', () => {
    const { codec, electron, receive } = setUp();
    const seen: unknown[] = [];
    const listener = (_event: object, value: unknown): void => void seen.push(value);
    electron.ipcRenderer.on('news', listener);
    receive('event', 'news', codec.encode(['one']));
    electron.ipcRenderer.removeListener('news', listener);
    receive('event', 'news', codec.encode(['two']));
    expect(seen).toEqual(['one']);
  });

  test('exposes a name once', () => {
    const { electron, exposed } = setUp();
    electron.contextBridge.exposeInMainWorld('station', {});
    expect(() => electron.contextBridge.exposeInMainWorld('station', {})).toThrow('Cannot bind an API');
    expect(exposed).toEqual(['station']);
  });

  test('says what it does not have', () => {
    const { electron } = setUp();
    expect(() => electron.ipcRenderer.sendSync).toThrow(
      'electron stand-in: electron.ipcRenderer.sendSync is not provided',
    );
  });
});
