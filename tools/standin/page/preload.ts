import type { Bridge } from './bridge.ts';
import type { Codec } from './codec.ts';

/** From the preload's world to main: kind, number of the call (0: none), channel (`open`: the URL), encoded arguments. */
export type FromPreload = [
  kind: 'invoke' | 'send' | 'resized' | 'open',
  id: number,
  channel: string,
  args: string,
];
/** From main to the preload's world. */
export type ToPreload =
  [kind: 'event', channel: string, args: string] | [kind: 'result', id: number, ok: boolean, value: string];

type Listener = (event: unknown, ...args: unknown[]) => void;

/**
 * What `require('electron')` is in a sandboxed preload: ipcRenderer and contextBridge. The function is injected by its
 * source text, so it uses nothing outside itself.
 */
export function makeRendererElectron(
  codec: Codec,
  bridge: Bridge,
  send: (message: string) => void,
): { electron: object; receive: (...message: ToPreload) => void } {
  interface Call {
    readonly channel: string;
    readonly resolve: (value: unknown) => void;
    readonly reject: (reason: unknown) => void;
  }
  const listeners = new Map<string, Listener[]>();
  const calls = new Map<number, Call>();
  const exposed = new Set<string>();
  let last = 0;

  const post = (...message: FromPreload): void => send(JSON.stringify(message));
  const guard = <T extends object>(name: string, members: T): T =>
    new Proxy(members, {
      get(target, key) {
        if (key in target || typeof key === 'symbol') return Reflect.get(target, key) as unknown;
        throw new Error(`electron stand-in: ${name}.${key} is not provided`);
      },
    });

  const ipcRenderer = guard('electron.ipcRenderer', {
    invoke: (channel: string, ...args: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const encoded = codec.encode(args);
        last += 1;
        calls.set(last, { channel, resolve, reject });
        post('invoke', last, channel, encoded);
      }),
    send: (channel: string, ...args: unknown[]): void => post('send', 0, channel, codec.encode(args)),
    on(channel: string, listener: Listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    off(channel: string, listener: Listener) {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((item) => item !== listener),
      );
      return ipcRenderer;
    },
    removeListener(channel: string, listener: Listener) {
      return ipcRenderer.off(channel, listener);
    },
    listenerCount: (channel: string): number => (listeners.get(channel) ?? []).length,
  });

  const contextBridge = guard('electron.contextBridge', {
    exposeInMainWorld(key: string, api: unknown): void {
      if (exposed.has(key)) {
        throw new Error('Cannot bind an API on top of an existing property on the window object');
      }
      exposed.add(key);
      bridge.expose(key, api);
    },
  });

  const receive = (...message: ToPreload): void => {
    if (message[0] === 'event') {
      const args = codec.decode(message[2]) as unknown[];
      for (const listener of listeners.get(message[1]) ?? [])
        listener({ sender: ipcRenderer, ports: [] }, ...args);
      return;
    }
    const [, id, ok, value] = message;
    const call = calls.get(id);
    calls.delete(id);
    if (ok) call?.resolve(codec.decode(value));
    else call?.reject(new Error(`Error invoking remote method '${call.channel}': ${value}`));
  };

  return { electron: guard('electron', { ipcRenderer, contextBridge }), receive };
}
