/** The station's end of a simulated board's serial line. */
import { StationError } from '../../model/station-error.ts';
import type { ByteLink, LinkEnd } from '../../serial/link.ts';
import { type ByteString, fromBytes, toBytes } from './bytes.ts';

/** The station's opening of the board's serial port, as the link that a port of the machine would be. */
export class Port implements ByteLink {
  readonly name: string;
  readonly ended: Promise<LinkEnd>;
  private readonly finish: (end: LinkEnd) => void;
  private receiver: ((data: Uint8Array) => void) | undefined;
  private incoming: ByteString = '';
  private scheduled = false;
  private end: LinkEnd | undefined;
  private stopped = false;
  private readonly hold: NodeJS.Timeout;
  private readonly waiting: {
    readonly data: ByteString;
    readonly done: () => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  private readonly board: {
    readonly receive: (data: ByteString) => void;
    readonly closed: () => void;
    readonly faults: readonly Error[];
  };
  private readonly xon: boolean;

  constructor(
    name: string,
    xon: boolean,
    board: {
      readonly receive: (data: ByteString) => void;
      readonly closed: () => void;
      readonly faults: readonly Error[];
    },
  ) {
    this.name = name;
    this.xon = xon;
    this.board = board;
    const { promise, resolve } = Promise.withResolvers<LinkEnd>();
    this.ended = promise;
    this.finish = resolve;
    // An open port holds the process, as a real one does; a board's own timers do not.
    this.hold = setInterval(() => undefined, 2 ** 30);
  }

  /** Bytes from the board. They are delivered after whatever is running now, several at once. */
  deliver(data: ByteString): void {
    if (this.end) return;
    let text = data;
    if (this.xon && /[\x11\x13]/u.test(text)) {
      for (const c of text) {
        if (c === '\x13') this.stopped = true;
        else if (c === '\x11') this.stopped = false;
      }
      text = text.replace(/[\x11\x13]/gu, '');
      if (!this.stopped) queueMicrotask(() => this.drain());
    }
    this.incoming += text;
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.incoming === '') return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (!this.receiver || this.end?.why === 'closed' || this.incoming === '') return;
      const data = toBytes(this.incoming);
      this.incoming = '';
      this.receiver(data);
    });
  }

  write(data: Uint8Array, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const [fault] = this.board.faults;
    if (fault) return Promise.reject(fault);
    if (this.end) return Promise.reject(new StationError('port/lost', { port: this.name }));
    const { signal } = options;
    const aborted = (): Error => {
      const reason: unknown = signal?.reason;
      return reason instanceof Error ? reason : new DOMException('The operation was aborted.', 'AbortError');
    };
    if (signal?.aborted === true) return Promise.reject(aborted());
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        const at = this.waiting.indexOf(item);
        if (at >= 0) this.waiting.splice(at, 1);
        reject(aborted());
      };
      const item = {
        data: fromBytes(data),
        done: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        fail: (error: Error) => {
          signal?.removeEventListener('abort', stop);
          reject(error);
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.waiting.push(item);
      this.drain();
    });
  }

  private drain(): void {
    while (!this.stopped && !this.end) {
      const item = this.waiting.shift();
      if (!item) return;
      item.done();
      this.board.receive(item.data);
    }
  }

  onData(receive: (data: Uint8Array) => void): () => void {
    this.receiver = receive;
    this.schedule();
    return () => {
      if (this.receiver === receive) this.receiver = undefined;
    };
  }

  lose(detail: string): void {
    this.finishWith({ why: 'lost', detail });
  }

  private finishWith(end: LinkEnd): void {
    if (this.end) return;
    this.end = end;
    clearInterval(this.hold);
    for (const item of this.waiting.splice(0)) item.fail(new StationError('port/lost', { port: this.name }));
    this.board.closed();
    this.finish(end);
  }

  close(): Promise<void> {
    this.finishWith({ why: 'closed' });
    return Promise.resolve();
  }
}
