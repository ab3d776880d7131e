import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Carries whole messages to a browser and back. */
export interface Transport {
  send(text: string): void;
  start(onMessage: (text: string) => void, onClose: () => void): void;
}

/** Messages over the two pipes of `--remote-debugging-pipe`: JSON ended by a NUL byte. */
export function pipeTransport(toBrowser: Writable, fromBrowser: Readable): Transport {
  return {
    send: (text) => void toBrowser.write(`${text}\0`),
    start(onMessage, onClose) {
      let rest: Buffer[] = [];
      fromBrowser.on('data', (chunk: Buffer) => {
        let from = 0;
        for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
          const message = Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8');
          rest = [];
          from = at + 1;
          onMessage(message);
        }
        rest.push(chunk.subarray(from));
      });
      fromBrowser.once('close', onClose);
      // A browser that is gone is told by `close`; the pipe's own error adds nothing.
      toBrowser.on('error', () => undefined);
      fromBrowser.on('error', () => undefined);
    },
  };
}

/** Messages over `DevTools listening on ws://...`. Resolves when the socket is open. */
export async function socketTransport(url: string): Promise<Transport> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error(`no DevTools at ${url}`)), { once: true });
  });
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    start(onMessage, onClose) {
      socket.addEventListener('message', ({ data }) => onMessage(String(data)));
      socket.addEventListener('close', () => onClose());
    },
  };
}

/** What Chromium answers or tells: the protocol's objects, typed where they are read. */
export type Params = Record<string, unknown>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

interface Call {
  readonly method: string;
  readonly resolve: (result: Params) => void;
  readonly reject: (error: Error) => void;
}

/** The Chrome DevTools Protocol. Events come by `on(method)` for the browser and by `session(id).on(method)` for a page. */
export class Devtools {
  private readonly transport: Transport;
  private readonly calls = new Map<number, Call>();
  private readonly sessions = new Map<string, EventEmitter>();
  private lastId = 0;
  private closed = false;
  private readonly closeListeners: (() => void)[] = [];

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start(
      (text) => this.receive(JSON.parse(text) as Message),
      () => this.end(),
    );
  }

  /** Sends a command and resolves with its result; rejects when the browser refuses it or goes. */
  send<T = Params>(method: string, params: Params = {}, sessionId?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new Error(`${method}: the browser is gone`));
        return;
      }
      this.lastId += 1;
      this.calls.set(this.lastId, { method, resolve: (result) => resolve(result as T), reject });
      this.transport.send(
        JSON.stringify({
          id: this.lastId,
          method,
          params,
          ...(sessionId === undefined ? {} : { sessionId }),
        }),
      );
    });
  }

  /** Listens to an event of the browser (no session) or of one page. */
  on(method: string, listener: (params: never) => void, sessionId = ''): void {
    let session = this.sessions.get(sessionId);
    if (session === undefined) {
      session = new EventEmitter().setMaxListeners(0);
      this.sessions.set(sessionId, session);
    }
    session.on(method, listener as (params: Params) => void);
  }

  forget(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  onClose(listener: () => void): void {
    this.closeListeners.push(listener);
  }

  private receive(message: Message): void {
    if (message.id === undefined) {
      this.sessions.get(message.sessionId ?? '')?.emit(message.method ?? '', message.params ?? {});
      return;
    }
    const call = this.calls.get(message.id);
    this.calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result ?? {});
    else call?.reject(new Error(`${call.method}: ${message.error.message}`));
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    for (const call of this.calls.values()) call.reject(new Error(`${call.method}: the browser is gone`));
    this.calls.clear();
    for (const listener of this.closeListeners) listener();
  }
}
