/** Where a command writes: stdout or stderr, or what a test has in their place. */
export interface Outlet {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A stream of this process whose other end may go away (`| head`, a closed terminal). From its first error on, what is
 * written to it is dropped: boards at work must be brought to their end all the same, and nobody is there to be told.
 *
 * An error other than a closed end (a full disk under a file) goes to `onError`, once.
 */
export function lasting(stream: NodeJS.WriteStream, onError: (error: Error) => void): Outlet {
  let gone = false;
  // Never taken off: errors of writes that are still under way come after the command has ended.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (gone) return;
    gone = true;
    if (!CLOSED.has(error.code ?? '')) onError(error);
  });
  return {
    write: (text) => gone || stream.write(text),
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}

/** A pipe without a reader; a terminal that was closed. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);
