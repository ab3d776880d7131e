import type { SerialPort } from 'serialport';
import { StationError } from '../model/station-error.ts';
import { noticeHangUp } from './hang-up.ts';
import type { ByteLink, LinkEnd } from './link.ts';

/** Spare time for a write beyond its bytes' time on the wire, in milliseconds. */
const WRITE_SPARE_MS = 5_000;
/** How long a close waits for the last bytes to leave. */
const DRAIN_MS = 500;
const CLOSE_MS = 3_000;

/**
 * A byte link on an open serial port, which it owns from now on.
 *
 * @param name names the link in errors.
 * @param baudRate for the deadline of a write.
 */
export function ttyLink(port: SerialPort, name: string, baudRate: number): ByteLink {
  const { promise: ended, resolve: end } = Promise.withResolvers<LinkEnd>();
  const waiting = new Set<(error: Error) => void>();
  let gone: LinkEnd | null = null;
  let kept: Uint8Array[] = [];
  let receiver: ((data: Uint8Array) => void) | null = null;
  let closing: Promise<void> | null = null;

  const finish = (how: LinkEnd): void => {
    if (gone !== null) return; // an unplug during a write makes two close events
    gone = how;
    for (const reject of waiting) reject(lost(how));
    waiting.clear();
    end(how);
  };
  const lost = (how: LinkEnd): StationError =>
    new StationError('port/lost', { port: name }, { cause: how.detail });

  noticeHangUp(port);
  port.on('data', (data: Buffer) => {
    if (receiver === null) kept.push(data);
    else receiver(data);
  });
  port.on('error', (error: Error) => finish({ why: 'lost', detail: error.message }));
  port.on('close', (error: Error | null) => {
    finish(
      error === null && closing !== null
        ? { why: 'closed' }
        : { why: 'lost', detail: error?.message ?? 'closed' },
    );
  });

  const write: ByteLink['write'] = (data, { signal } = {}) => {
    if (gone !== null) return Promise.reject(lost(gone));
    if (signal?.aborted === true) return Promise.reject(reason(signal));
    if (data.length === 0) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const aborted = (): void => {
      if (signal !== undefined) reject(reason(signal));
    };
    // A write after a hang-up, or against an XOFF, may never call back.
    const limit = WRITE_SPARE_MS + (4 * data.length * 10_000) / baudRate;
    const timer = setTimeout(() => reject(new StationError('port/write-stalled', { port: name })), limit);
    waiting.add(reject);
    signal?.addEventListener('abort', aborted, { once: true });
    port.write(Buffer.from(data), (error) => {
      if (error) reject(lost({ why: 'lost', detail: error.message }));
      else resolve(undefined);
    });
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(reject);
      signal?.removeEventListener('abort', aborted);
    });
  };

  const shut = async (): Promise<void> => {
    await within(DRAIN_MS, (done) => port.drain(done));
    // What did not leave is held by flow control; the kernel would wait half a minute for it.
    await within(DRAIN_MS, (done) => port.flush(done));
    await within(CLOSE_MS, (done) => port.close(done));
    finish({ why: 'closed' });
  };

  return {
    name,
    ended,
    write,
    onData: (receive) => {
      receiver = receive;
      const early = kept;
      kept = [];
      for (const data of early) receive(data);
      return () => {
        if (receiver === receive) receiver = null;
      };
    },
    close: () => (closing ??= shut()),
  };
}

/** Waits for a callback, whatever it says, but not longer than `ms`. */
function within(ms: number, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function reason(signal: AbortSignal): Error {
  const given: unknown = signal.reason;
  return given instanceof Error ? given : new StationError('job/cancelled');
}
