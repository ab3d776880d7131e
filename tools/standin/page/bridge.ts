import type { Codec, CodecHooks } from './codec.ts';

/** Where the two worlds of a page meet: events with a text as their only content. */
export interface Wire {
  send(event: string, detail: string): void;
  listen(event: string, listener: (detail: string) => void): void;
}

export interface Bridge {
  /** Offers an API to the other world under a name. */
  expose(key: string, api: unknown): void;
  onExpose(listener: (key: string, api: unknown) => void): void;
}

/**
 * A context bridge: calls between the page's world and the preload's isolated world. As Electron's: arguments and
 * results are copied, functions and promises stand for those of the other side, of an error only the message crosses,
 * and a call is synchronous. The function is injected by its source text, so it uses nothing outside itself.
 */
export function makeBridge(
  me: 'page' | 'preload',
  wire: Wire,
  makeCodec: (hooks: CodecHooks) => Codec,
): Bridge {
  type Callable = (...args: unknown[]) => unknown;
  type Settle = { resolve: (value: unknown) => void; reject: (reason: unknown) => void };
  type Message =
    | [kind: 'call', id: number, args: string]
    | [kind: 'return', ok: boolean, value: string]
    | [kind: 'settle', id: number, ok: boolean, value: string]
    | [kind: 'expose', key: string, api: string];
  const other = me === 'page' ? 'preload' : 'page';
  const functions = new Map<number, Callable>();
  const ids = new WeakMap<Callable, number>();
  const promises = new Map<number, Settle>();
  let last = 0;
  let returned: [ok: boolean, value: string] | undefined;
  let exposed: (key: string, api: unknown) => void = () => undefined;

  const post = (...message: Message): void => wire.send(`standin:${other}`, JSON.stringify(message));
  const messageOnly = (error: unknown): Error =>
    new Error(error instanceof Error ? error.message : String(error));

  const codec: Codec = makeCodec({
    exportFunction: (target) => {
      const known = ids.get(target);
      if (known !== undefined) return known;
      last += 1;
      ids.set(target, last);
      functions.set(last, target);
      return last;
    },
    importFunction:
      (id) =>
      (...args) => {
        post('call', id, codec.encode(args));
        const [ok, value] = returned ?? [false, codec.encode(new Error('the other world did not answer'))];
        returned = undefined;
        if (ok) return codec.decode(value);
        throw messageOnly(codec.decode(value));
      },
    exportPromise: (promise) => {
      last += 1;
      const id = last;
      promise.then(
        (value) => post('settle', id, true, codec.encode(value)),
        (error: unknown) => post('settle', id, false, codec.encode(messageOnly(error))),
      );
      return id;
    },
    importPromise: (id) =>
      new Promise((resolve, reject) => {
        promises.set(id, { resolve, reject });
      }),
  });

  const answer = (id: number, args: string): void => {
    const target = functions.get(id);
    try {
      if (target === undefined) throw new Error('no such function');
      post('return', true, codec.encode(target(...(codec.decode(args) as unknown[]))));
    } catch (error) {
      post('return', false, codec.encode(messageOnly(error)));
    }
  };

  wire.listen(`standin:${me}`, (detail) => {
    const message = JSON.parse(detail) as Message;
    switch (message[0]) {
      case 'call':
        answer(message[1], message[2]);
        return;
      case 'return':
        returned = [message[1], message[2]];
        return;
      case 'expose':
        exposed(message[1], codec.decode(message[2]));
        return;
      case 'settle': {
        const [, id, ok, value] = message;
        const settle = promises.get(id);
        promises.delete(id);
        if (ok) settle?.resolve(codec.decode(value));
        else settle?.reject(messageOnly(codec.decode(value)));
      }
    }
  });

  return {
    expose: (key, api) => post('expose', key, codec.encode(api)),
    onExpose: (listener) => {
      exposed = listener;
    },
  };
}
