/**
 * A cable between a station and a board: a speed, an adapter's latency, damage, and a plug that can be pulled.
 *
 * One byte takes ten bits (8N1). A USB adapter hands received bytes on when its buffer of 62 fills or its latency timer
 * (16 ms by default on an FTDI) runs out, so that each short reply is late by up to that much.
 */
import { StationError } from '../../model/station-error.ts';
import { type Clock, systemClock } from '../../model/clock.ts';
import type { ByteLink, LinkEnd } from '../../serial/link.ts';
import { boardClock } from './clock.ts';
import { createRandom } from './random.ts';

/** A direction on the cable, as seen from the station. */
export type Direction = 'to-board' | 'to-station';

export interface CableOptions {
  readonly clock?: Clock;
  readonly seed?: number;
  /** Bits a second; 0 for as fast as can be. */
  readonly baud?: number;
  /** Milliseconds of the adapter's latency timer; 0 for none. */
  readonly latency?: number;
  /** Chance for each byte to be lost, 0..1, by direction. */
  readonly loss?: Partial<Record<Direction, number>>;
  /** Chance for each byte to have one bit flipped, 0..1, by direction. */
  readonly flip?: Partial<Record<Direction, number>>;
  /** Bytes that the board's receiver holds without flow control; those that come faster than `drain` bytes a ms are lost. */
  readonly overrun?: { readonly bytes: number; readonly drain: number };
  /** Pulls the plug after so many bytes in that direction. */
  readonly cut?: { readonly direction: Direction; readonly after: number };
}

export interface Cable {
  /** The station's end. */
  readonly link: ByteLink;
  /** Bytes that crossed, by direction. */
  readonly carried: Readonly<Record<Direction, number>>;
  /** Bytes lost or changed on the way. */
  readonly damaged: number;
  /** Pulls the plug: the station's link ends as lost, the board's port is closed. */
  cut(): void;
}

const fifo = 62;

/** Puts a cable on a link. To plug in again, open the board's port anew and put a new cable on it. */
export function createCable(inner: ByteLink, options: CableOptions = {}): Cable {
  const clock = boardClock(options.clock ?? systemClock);
  const random = createRandom(options.seed ?? 1);
  const byteTime = options.baud !== undefined && options.baud > 0 ? 10_000 / options.baud : 0;
  const latency = options.latency ?? 0;
  const carried: Record<Direction, number> = { 'to-board': 0, 'to-station': 0 };
  let damaged = 0;
  let end: LinkEnd | undefined;
  const { promise: ended, resolve: finish } = Promise.withResolvers<LinkEnd>();
  let receiver: ((data: Uint8Array) => void) | undefined;
  let arrived: Uint8Array[] = [];
  const off = new Set<() => void>();
  const pendingWrites = new Set<(error: Error) => void>();

  const after = (ms: number, run: () => void): void => {
    if (ms <= 0) {
      run();
      return;
    }
    const stop = clock.after(ms, () => {
      off.delete(stop);
      run();
    });
    off.add(stop);
  };

  const stopWith = (why: LinkEnd): void => {
    if (end) return;
    end = why;
    for (const stop of off) stop();
    off.clear();
    for (const fail of pendingWrites) fail(new StationError('port/lost', { port: inner.name }));
    pendingWrites.clear();
    takeOff();
    finish(why);
    void inner.close();
  };
  const cut = (): void => stopWith({ why: 'lost', detail: 'the cable was pulled' });

  /** What is left of bytes after the way, and whether the plug goes at their end. */
  const damage = (
    data: Uint8Array,
    direction: Direction,
  ): { readonly data: Uint8Array; readonly cut: boolean } => {
    const limit = options.cut?.direction === direction ? options.cut.after - carried[direction] : Infinity;
    const part = data.subarray(0, Math.max(0, limit));
    carried[direction] += part.length;
    const loss = options.loss?.[direction] ?? 0;
    const flip = options.flip?.[direction] ?? 0;
    const whole = limit <= data.length;
    if (loss === 0 && flip === 0) return { data: part, cut: whole };
    const kept: number[] = [];
    for (const byte of part) {
      if (random() < loss) damaged++;
      else if (random() < flip) {
        damaged++;
        kept.push(byte ^ (1 << Math.floor(random() * 8)));
      } else kept.push(byte);
    }
    return { data: Uint8Array.from(kept), cut: whole };
  };

  // --- towards the station: bytes leave the board at the line's speed, the adapter hands them on in bursts

  let lineFreeAt = 0;
  let burst: Uint8Array[] = [];
  let burstBytes = 0;
  let flushing: (() => void) | undefined;

  const hand = (): void => {
    flushing?.();
    flushing = undefined;
    const parts = burst;
    burst = [];
    burstBytes = 0;
    if (parts.length === 0 || end) return;
    const data = Buffer.concat(parts);
    if (receiver) receiver(data);
    else arrived.push(data);
  };
  const arrive = (data: Uint8Array): void => {
    if (end) return;
    const made = damage(data, 'to-station');
    if (made.data.length > 0) {
      burst.push(made.data);
      burstBytes += made.data.length;
      if (latency === 0 || burstBytes >= fifo) hand();
      else if (!flushing) {
        const stop = clock.after(latency, () => {
          off.delete(stop);
          flushing = undefined;
          hand();
        });
        off.add(stop);
        flushing = () => {
          off.delete(stop);
          stop();
        };
      }
    }
    if (made.cut) {
      hand();
      cut();
    }
  };
  const fromBoard = (data: Uint8Array): void => {
    const now = clock.now();
    // One timer for what fits an adapter's packet keeps the pace without a timer for each byte.
    for (let at = 0; at < data.length; at += fifo) {
      const part = data.subarray(at, at + fifo);
      lineFreeAt = Math.max(now, lineFreeAt) + part.length * byteTime;
      after(lineFreeAt - now, () => arrive(part));
    }
  };
  const takeOff = inner.onData(fromBoard);

  // --- towards the board

  let sendFreeAt = 0;
  let boardFill = 0;
  let boardAt = 0;
  let queue: Promise<void> = Promise.resolve();
  const overrun = (data: Uint8Array): Uint8Array => {
    if (!options.overrun) return data;
    const now = clock.now();
    boardFill = Math.max(0, boardFill - (now - boardAt) * options.overrun.drain);
    boardAt = now;
    const room = Math.max(0, Math.floor(options.overrun.bytes - boardFill));
    damaged += Math.max(0, data.length - room);
    boardFill += Math.min(room, data.length);
    return data.subarray(0, room);
  };
  const cross = async (data: Uint8Array, signal: AbortSignal | undefined): Promise<void> => {
    const now = clock.now();
    sendFreeAt = Math.max(now, sendFreeAt) + data.length * byteTime;
    if (sendFreeAt > now) {
      await new Promise<void>((resolve, reject) => {
        pendingWrites.add(reject);
        const aborted = (): void => {
          pendingWrites.delete(reject);
          const reason: unknown = signal?.reason;
          reject(
            reason instanceof Error ? reason : new DOMException('The operation was aborted.', 'AbortError'),
          );
        };
        signal?.addEventListener('abort', aborted, { once: true });
        after(sendFreeAt - now, () => {
          pendingWrites.delete(reject);
          signal?.removeEventListener('abort', aborted);
          resolve();
        });
      });
    }
    if (end) throw new StationError('port/lost', { port: inner.name });
    const made = damage(data, 'to-board');
    const left = overrun(made.data);
    if (left.length > 0) await inner.write(left, signal === undefined ? {} : { signal });
    if (made.cut) cut();
  };

  void inner.ended.then((why) => stopWith(why));

  const link: ByteLink = {
    name: inner.name,
    ended,
    write(data, writeOptions = {}) {
      const { signal } = writeOptions;
      const sent = queue.then(async () => {
        signal?.throwIfAborted();
        if (end) throw new StationError('port/lost', { port: inner.name });
        for (let at = 0; at < data.length; at += fifo) await cross(data.subarray(at, at + fifo), signal);
      });
      queue = sent.catch(() => undefined);
      return sent;
    },
    onData(receive) {
      receiver = receive;
      const waiting = arrived;
      arrived = [];
      if (waiting.length > 0) receive(Buffer.concat(waiting));
      return () => {
        if (receiver === receive) receiver = undefined;
      };
    },
    async close() {
      stopWith({ why: 'closed' });
      await inner.close();
    },
  };
  return {
    link,
    carried,
    get damaged() {
      return damaged;
    },
    cut,
  };
}
