import type { Clock } from '../model/clock.ts';
import type { ByteLink } from './link.ts';

/** For boards without flow control: bytes a write, and milliseconds between writes. */
export interface Pacing {
  readonly chunkBytes: number;
  readonly gapMs: number;
}

/** A link that sends no faster than a slow receiver takes it: in chunks, with gaps. Null paces nothing. */
export function paced(link: ByteLink, pacing: Pacing | null, clock: Clock): ByteLink {
  if (pacing === null) return link;
  let queue = Promise.resolve();
  const send: ByteLink['write'] = async (data, options) => {
    for (let at = 0; at < data.length; at += pacing.chunkBytes) {
      if (at > 0) await clock.sleep(pacing.gapMs, options?.signal);
      await link.write(data.subarray(at, at + pacing.chunkBytes), options);
    }
    await clock.sleep(pacing.gapMs, options?.signal);
  };
  return {
    name: link.name,
    ended: link.ended,
    onData: (receive) => link.onData(receive),
    close: () => link.close(),
    write: (data, options) => {
      const sent = queue.then(() => send(data, options));
      // A failed write was told to its caller; the next one is on its own.
      queue = sent.catch(() => undefined);
      return sent;
    },
  };
}
