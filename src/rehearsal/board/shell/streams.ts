/** What a file descriptor of a simulated board leads to: files, pipes, the tty, /dev/null. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { FileNode, Node } from '../files/nodes.ts';
import type { FileSystem } from '../files/file-system.ts';
import { Killed, type Process } from './process.ts';

/**
 * An open file. Several descriptors may share one; it closes when the last of them has let go.
 * Reading returns an empty string at the end of the file.
 */
export interface OpenFile {
  /** Reads at most `max` bytes, waiting for the first. */
  read(process: Process, max: number): Promise<ByteString> | ByteString;
  /** Reads up to and including the next newline, never past it; without one at the end of the file. */
  readLine(process: Process): Promise<ByteString> | ByteString;
  write(process: Process, data: ByteString): Promise<void> | void;
  retain(): void;
  release(): void;
  /** The file behind it, when there is one. */
  readonly node?: Node | undefined;
  /** Set when this is a terminal. */
  readonly terminal?: object | undefined;
}

abstract class Counted {
  private users = 1;
  retain(): void {
    this.users++;
  }
  release(): void {
    if (--this.users === 0) this.closed();
  }
  protected closed(): void {
    // Nothing to let go of.
  }
}

/** A file that is always empty and takes everything. */
export class NullFile extends Counted implements OpenFile {
  read(): ByteString {
    return '';
  }
  readLine(): ByteString {
    return '';
  }
  write(): void {
    // Taken and forgotten.
  }
}

/** /dev/zero and /dev/urandom. */
export class EndlessFile extends Counted implements OpenFile {
  private readonly make: (count: number) => ByteString;
  constructor(make: (count: number) => ByteString) {
    super();
    this.make = make;
  }
  read(_process: Process, max: number): ByteString {
    return this.make(Math.min(max, 65_536));
  }
  readLine(): ByteString {
    throw new SystemError('EINVAL');
  }
  write(): void {
    // Taken and forgotten.
  }
}

/** /dev/full: what a full disk looks like to a program. */
export class FullFile extends NullFile {
  override write(): void {
    throw new SystemError('ENOSPC');
  }
}

/** A file of the file system, or the text of a here-document. */
export class DiskFile extends Counted implements OpenFile {
  readonly node: Node | undefined;
  private offset = 0;
  private readonly file: FileNode | undefined;
  private readonly system: FileSystem | undefined;
  private readonly text: ByteString | undefined;
  private readonly append: boolean;
  private readonly mayRead: boolean;
  private readonly mayWrite: boolean;
  constructor(
    source: { readonly system: FileSystem; readonly node: FileNode } | ByteString,
    mode: { readonly read: boolean; readonly write: boolean; readonly append: boolean } = {
      read: true,
      write: false,
      append: false,
    },
  ) {
    super();
    if (typeof source === 'string') this.text = source;
    else {
      this.system = source.system;
      this.file = source.node;
      this.node = source.node;
      if (source.node.generate) this.text = source.node.generate();
    }
    this.append = mode.append;
    this.mayRead = mode.read;
    this.mayWrite = mode.write;
  }
  private content(): ByteString {
    if (!this.mayRead) throw new SystemError('EBADF');
    return this.text ?? this.file?.data ?? '';
  }
  read(_process: Process, max: number): ByteString {
    const part = this.content().slice(this.offset, this.offset + max);
    this.offset += part.length;
    return part;
  }
  readLine(): ByteString {
    const content = this.content();
    const newline = content.indexOf('\n', this.offset);
    const part = newline < 0 ? content.slice(this.offset) : content.slice(this.offset, newline + 1);
    this.offset += part.length;
    return part;
  }
  write(_process: Process, data: ByteString): void {
    if (!this.mayWrite || !this.file || !this.system) throw new SystemError('EBADF');
    if (this.append) this.offset = this.file.data.length;
    this.system.write(this.file, this.offset, data);
    this.offset += data.length;
  }
  /** Moves to an offset, for `dd seek=` and `skip=`. */
  seek(offset: number): void {
    this.offset = offset;
  }
}

const pipeCapacity = 65_536;

/** A pipe. The reading end sees the end of the file when all writers are gone; a writer without a reader gets EPIPE. */
export class Pipe {
  private buffer: ByteString = '';
  private writers = true;
  private readers = true;
  private readonly waiters = new Set<() => void>();
  readonly source: OpenFile;
  readonly sink: OpenFile;

  constructor() {
    const wake = (): void => {
      const waiters = [...this.waiters];
      this.waiters.clear();
      for (const waiter of waiters) waiter();
    };
    const sleep = (process: Process): Promise<void> =>
      process.pause((done) => {
        this.waiters.add(done);
        return () => {
          this.waiters.delete(done);
        };
      });
    const take = (count: number): ByteString => {
      const part = this.buffer.slice(0, count);
      this.buffer = this.buffer.slice(count);
      wake();
      return part;
    };
    const outer = {
      bytes: (): ByteString => this.buffer,
      open: (): boolean => this.writers,
      closeReaders: (): void => {
        this.readers = false;
        wake();
      },
      closeWriters: (): void => {
        this.writers = false;
        wake();
      },
    };
    class Source extends Counted implements OpenFile {
      read(process: Process, max: number): Promise<ByteString> | ByteString {
        if (outer.bytes() !== '') return take(max);
        if (!outer.open()) return '';
        return sleep(process).then(() => this.read(process, max));
      }
      readLine(process: Process): Promise<ByteString> | ByteString {
        const newline = outer.bytes().indexOf('\n');
        if (newline >= 0) return take(newline + 1);
        if (!outer.open()) return take(outer.bytes().length);
        return sleep(process).then(() => this.readLine(process));
      }
      write(): void {
        throw new SystemError('EBADF');
      }
      protected override closed(): void {
        outer.closeReaders();
      }
    }
    const push = async (process: Process, data: ByteString): Promise<void> => {
      while (this.buffer.length >= pipeCapacity && this.readers) await sleep(process);
      this.put(process, data, wake);
    };
    const pushNow = (process: Process, data: ByteString): Promise<void> | void => {
      if (this.buffer.length >= pipeCapacity && this.readers) return push(process, data);
      this.put(process, data, wake);
    };
    class Sink extends Counted implements OpenFile {
      read(): ByteString {
        throw new SystemError('EBADF');
      }
      readLine(): ByteString {
        throw new SystemError('EBADF');
      }
      write(process: Process, data: ByteString): Promise<void> | void {
        return pushNow(process, data);
      }
      protected override closed(): void {
        outer.closeWriters();
      }
    }
    this.source = new Source();
    this.sink = new Sink();
  }

  private put(process: Process, data: ByteString, wake: () => void): void {
    if (!this.readers) {
      process.signal('PIPE');
      process.check();
      throw new SystemError('EPIPE');
    }
    this.buffer += data;
    wake();
  }
}

/** Collects what is written, for a command substitution. */
export class Collector extends Counted implements OpenFile {
  text: ByteString = '';
  read(): ByteString {
    throw new SystemError('EBADF');
  }
  readLine(): ByteString {
    throw new SystemError('EBADF');
  }
  write(_process: Process, data: ByteString): void {
    this.text += data;
  }
}

/** Reads to the end of the file. */
export async function readAll(file: OpenFile, process: Process): Promise<ByteString> {
  let text = '';
  for (;;) {
    const part = await file.read(process, 65_536);
    if (part === '') return text;
    text += part;
  }
}

/** Writes a message that nobody waits for: a full disk or a closed pipe swallows it, as it does for a real program. */
export function mention(file: OpenFile | undefined, process: Process, text: ByteString): void {
  const lost = (error: unknown): void => {
    if (!(error instanceof SystemError) && !(error instanceof Killed)) throw error;
  };
  try {
    const written = file?.write(process, text);
    if (written) void written.catch(lost);
  } catch (error) {
    lost(error);
  }
}
