import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { SerialPort } from 'serialport';

const readAsync = promisify(read);

/** What serialport's binding for Unix offers, of which its types tell only a part. */
interface UnixBinding {
  readonly isOpen: boolean;
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', heard: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

/**
 * Makes an open port notice every hang-up.
 *
 * A tty that has hung up reads as end of file for ever. serialport 13 waits for `readable` and learns of a hang-up there;
 * when it comes between two waits it reads zero bytes again and again, at full speed and without an event. Here zero
 * bytes are what they are: the port is gone.
 */
export function noticeHangUp(port: SerialPort): void {
  const binding: unknown = port.port;
  if (!isUnix(binding)) return;
  binding.read = async (buffer, offset, length) => {
    for (;;) {
      const { fd } = binding;
      if (!binding.isOpen || fd === null) throw fault('the port is not open', 'canceled');
      try {
        const { bytesRead } = await readAsync(fd, buffer, offset, length, null);
        if (bytesRead === 0) throw fault('hang-up', 'disconnect');
        return { buffer, bytesRead };
      } catch (error) {
        // Closed meanwhile, and its poller with it: to poll that once more would crash the process.
        if (hasClosed(binding)) throw fault('the port is not open', 'canceled');
        if (!isPassing(error)) throw error;
        await readable(binding);
      }
    }
  };
}

function isUnix(binding: unknown): binding is UnixBinding {
  return typeof binding === 'object' && binding !== null && 'fd' in binding && 'poller' in binding;
}

function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}

function readable(binding: UnixBinding): Promise<void> {
  return new Promise((resolve, reject) => {
    binding.poller.once('readable', (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** An error with the mark by which serialport's stream tells an end by this side from one by the other. */
function fault(message: string, mark: 'canceled' | 'disconnect'): Error {
  return Object.assign(new Error(message), { [mark]: true });
}

/** Asked anew after each wait: another call may have closed the port meanwhile. */
function hasClosed(binding: { readonly isOpen: boolean }): boolean {
  return !binding.isOpen;
}
