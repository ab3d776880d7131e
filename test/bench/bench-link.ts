import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ByteLink, LinkEnd } from '../../src/serial/link.ts';
import type { Asked, Told } from './bench-world.ts';

/** A cable whose other end is in the thread of boards and server. */
export interface BenchLink {
  readonly link: ByteLink;
  /** Bytes that crossed in both directions. Known when the link is closed. */
  readonly bytes: () => number;
}

/** The threads of boards and server, as the station's side sees them. */
export interface BenchWorld extends AsyncDisposable {
  readonly url: string;
  board(
    number: number,
  ): { plug(line: { readonly baud: number; readonly latency: number }): BenchLink } & Disposable;
}

/** Threads that share the boards. Real boards have a processor each; more threads than the machine has cores bring nothing. */
const THREADS = 2;

/** Starts the threads; their server listens when this resolves. */
export async function startWorld(): Promise<BenchWorld> {
  const heard = new Map<number, (told: Told) => void>();
  const start = async (server: string | null): Promise<{ readonly worker: Worker; readonly url: string }> => {
    const worker = new Worker(new URL('bench-world.ts', import.meta.url), { workerData: server });
    const [first] = (await once(worker, 'message')) as [Told];
    if (first.tell !== 'server') throw new Error('the server of the bench did not start');
    worker.on('message', (told: Told) => {
      if (told.tell !== 'server') heard.get(told.link)?.(told);
    });
    return { worker, url: first.url };
  };
  const { worker: first, url } = await start(null);
  const workers = [first];
  while (workers.length < THREADS) workers.push((await start(url)).worker);
  let plugged = 0;
  return {
    url,
    board: (board) => {
      const worker = workers[board % THREADS] ?? first;
      const ask = (asked: Asked): void => worker.postMessage(asked);
      ask({ ask: 'board', board });
      return {
        plug: (line) => {
          plugged += 1;
          const number = plugged;
          ask({ ask: 'plug', board, link: number, ...line });
          const { made, hear } = linkTo(number, ask);
          heard.set(number, hear);
          return made;
        },
        [Symbol.dispose]: () => ask({ ask: 'remove', board }),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function linkTo(
  number: number,
  ask: (asked: Asked) => void,
): { readonly made: BenchLink; readonly hear: (told: Told) => void } {
  const { promise: ended, resolve: end } = Promise.withResolvers<LinkEnd>();
  const writes = new Map<number, PromiseWithResolvers<undefined>>();
  let receiver: ((data: Uint8Array) => void) | null = null;
  let kept: Uint8Array[] = [];
  let written = 0;
  let carried = 0;
  let closing: Promise<LinkEnd> | null = null;
  return {
    hear: (told) => {
      if (told.tell === 'data') {
        if (receiver === null) kept.push(told.data);
        else receiver(told.data);
      } else if (told.tell === 'written') {
        const waiting = writes.get(told.write);
        writes.delete(told.write);
        if (told.failed === null) waiting?.resolve(undefined);
        else waiting?.reject(new Error(told.failed));
      } else if (told.tell === 'unplugged') {
        carried = told.bytes;
        end({ why: 'closed' });
      }
    },
    made: {
      bytes: () => carried,
      link: {
        name: `bench-${number}`,
        ended,
        write: (data) => {
          written += 1;
          const waiting = Promise.withResolvers<undefined>();
          writes.set(written, waiting);
          // A copy: who sends a secret overwrites it as soon as it is on its way.
          ask({ ask: 'write', link: number, write: written, data: Uint8Array.from(data) });
          return waiting.promise;
        },
        onData: (receive) => {
          receiver = receive;
          for (const data of kept) receive(data);
          kept = [];
          return () => {
            receiver = null;
          };
        },
        close: async () => {
          if (closing === null) {
            closing = ended;
            ask({ ask: 'unplug', link: number });
          }
          await closing;
        },
      },
    },
  };
}
