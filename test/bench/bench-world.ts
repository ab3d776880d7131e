/**
 * The other side of the line, in a thread of its own: simulated boards on paced cables, and in the first such thread the
 * bench server. A station has its boards and its server elsewhere; in its own thread their work would be counted as its own.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createCable, createSimulatedBoard, type SimulatedBoard } from '../../src/rehearsal/board/index.ts';
import { startMenderServer } from '../../src/rehearsal/server/index.ts';
import type { ByteLink } from '../../src/serial/link.ts';

/** What the station's side asks for. `link` numbers a plugged cable, `board` a board. */
export type Asked =
  | { readonly ask: 'board'; readonly board: number }
  | {
      readonly ask: 'plug';
      readonly board: number;
      readonly link: number;
      readonly baud: number;
      readonly latency: number;
    }
  | { readonly ask: 'write'; readonly link: number; readonly write: number; readonly data: Uint8Array }
  | { readonly ask: 'unplug'; readonly link: number }
  | { readonly ask: 'remove'; readonly board: number };

export type Told =
  | { readonly tell: 'server'; readonly url: string }
  | { readonly tell: 'data'; readonly link: number; readonly data: Uint8Array }
  | {
      readonly tell: 'written';
      readonly link: number;
      readonly write: number;
      readonly failed: string | null;
    }
  /** `bytes`: carried in both directions. */
  | { readonly tell: 'unplugged'; readonly link: number; readonly bytes: number };

const port = parentPort;
if (port === null) throw new Error('this is a worker');
const tell = (told: Told): void => port.postMessage(told);
/** The first thread makes the server, the others are told where it is. */
const given: unknown = workerData;
const url = typeof given === 'string' ? given : (await startMenderServer()).url;
const boards = new Map<number, SimulatedBoard>();
const links = new Map<number, { readonly link: ByteLink; readonly bytes: () => number }>();

port.on('message', (asked: Asked) => {
  switch (asked.ask) {
    case 'board': {
      const hex = (value: number): string => value.toString(16).padStart(2, '0');
      const { board } = asked;
      boards.set(
        board,
        createSimulatedBoard({
          hostname: `bench${board}`,
          mac: `52:54:00:be:${hex(board >> 8)}:${hex(board & 255)}`,
          seed: board,
          console: { loginDelay: 0 },
          client: {
            key: { kind: 'present', type: 'ed25519' },
            conf: { Servers: [{ ServerURL: url }] },
          },
        }),
      );
      return;
    }
    case 'plug': {
      const inner = boards.get(asked.board)?.link();
      if (inner === undefined) throw new Error(`there is no board ${asked.board}`);
      const { link, carried } = createCable(inner, asked);
      link.onData((data) => tell({ tell: 'data', link: asked.link, data }));
      links.set(asked.link, { link, bytes: () => carried['to-board'] + carried['to-station'] });
      return;
    }
    case 'write': {
      const { link, write } = asked;
      void links
        .get(link)
        ?.link.write(asked.data)
        .then(
          () => tell({ tell: 'written', link, write, failed: null }),
          (error: unknown) => tell({ tell: 'written', link, write, failed: String(error) }),
        );
      return;
    }
    case 'unplug': {
      const plugged = links.get(asked.link);
      links.delete(asked.link);
      void plugged?.link
        .close()
        .then(() => tell({ tell: 'unplugged', link: asked.link, bytes: plugged.bytes() }));
      return;
    }
    case 'remove':
      void boards.get(asked.board)?.[Symbol.asyncDispose]();
      boards.delete(asked.board);
  }
});
tell({ tell: 'server', url });
