/**
 * The board's end of a serial line: what Linux' n_tty does between the UART and the programs.
 *
 * A canonical line holds at most 4095 bytes and its newline: what exceeds it is dropped without a sound, the newline still
 * ends the line. Measured on ptys and on a 16550, Linux 6.1 and 6.18.
 */
import type { ByteString } from '../bytes.ts';
import type { Process, Signal } from '../shell/process.ts';
import { sane, type Termios } from './termios.ts';

const lineLimit = 4095;

const bufferSize = 4096;

/** Free room at which the kernel sends XOFF, and bytes left at which it sends XON. */
const throttleAt = 128;

/** What the kernel holds behind a full line discipline before bytes are lost. */
const flipSize = 65_536;

/** What a line is made with. */
export interface TtyOptions {
  /** Sends bytes to the station. */
  readonly send: (data: ByteString) => void;
  /** Delivers a signal to the processes in the foreground. */
  readonly signal: (signal: Signal) => void;
  /** How bytes are kept from overrunning the board: `none` loses what a full buffer cannot hold. */
  readonly flow: 'xon-xoff' | 'hardware' | 'none';
  readonly baud: number;
}

/** The line discipline of one serial line. */
export class Tty {
  termios: Termios = { ...sane };
  columns = 80;
  rows = 24;
  baud: number;
  /** Bytes lost to full buffers since power on. */
  lost = 0;
  private readonly options: TtyOptions;
  /** Whole lines, or whatever came in raw mode. */
  private ready: ByteString = '';
  private partial: ByteString = '';
  private column = 0;
  private stopped = false;
  private held: ByteString = '';
  private throttled = false;
  private flip: ByteString = '';
  private readonly readers = new Set<() => void>();
  /** Positions in `ready` at which ^D ended a read. */
  private endOfFile: number[] = [];

  constructor(options: TtyOptions) {
    this.options = options;
    this.baud = options.baud;
  }

  // --- from the station

  /** Takes bytes off the wire. */
  receive(data: ByteString): void {
    let pending = data;
    if (this.termios.ixon && /[\x11\x13]/u.test(pending)) pending = this.flowControl(pending);
    if (this.flip !== '' || this.full()) {
      const room =
        (this.options.flow === 'none' ? 0 : this.options.flow === 'hardware' ? Infinity : flipSize) -
        this.flip.length;
      if (pending.length > room) this.lost += pending.length - Math.max(0, room);
      this.flip += pending.slice(0, Math.max(0, room));
      return;
    }
    this.process(pending);
  }

  private flowControl(data: ByteString): ByteString {
    let rest = '';
    for (const c of data) {
      if (c === '\x13') this.stopped = true;
      else if (c === '\x11') {
        this.stopped = false;
        const held = this.held;
        this.held = '';
        if (held !== '') this.options.send(held);
      } else rest += c;
    }
    return rest;
  }

  private get pendingBytes(): number {
    return this.ready.length + this.partial.length;
  }

  private full(): boolean {
    return this.pendingBytes >= bufferSize && !(this.termios.icanon && this.ready === '');
  }

  private process(data: ByteString): void {
    const quick = this.termios.icanon && !this.termios.echo ? /^[^\x00-\x1f\x7f]+/u : undefined;
    for (let at = 0; at < data.length;) {
      if (this.full()) {
        const rest = data.slice(at);
        if (this.options.flow === 'none') this.lost += rest.length;
        else this.flip += rest;
        break;
      }
      const run = quick?.exec(at === 0 ? data : data.slice(at))?.[0];
      if (run !== undefined) {
        this.append(run);
        at += run.length;
        continue;
      }
      this.character(data.charAt(at));
      at++;
    }
    this.throttle();
  }

  private append(text: ByteString): void {
    const room = lineLimit - this.partial.length;
    if (text.length > room) this.lost += text.length - Math.max(0, room);
    if (room > 0) this.partial += text.slice(0, room);
  }

  private character(given: string): void {
    const { termios } = this;
    let c = given;
    if (c === '\r') {
      if (termios.igncr) return;
      if (termios.icrnl) c = '\n';
    } else if (c === '\n' && termios.inlcr) c = '\r';
    if (termios.isig && (c === '\x03' || c === '\x1c' || c === '\x1a')) {
      this.partial = '';
      this.ready = '';
      this.endOfFile = [];
      this.echo(c);
      if (c !== '\x1a') this.options.signal(c === '\x03' ? 'INT' : 'QUIT');
      return;
    }
    if (!termios.icanon) {
      if (this.ready.length < bufferSize) this.ready += c;
      else this.lost++;
      this.echo(c);
      this.wake();
      return;
    }
    switch (c) {
      case '\x7f':
      case '\b':
        if (c === '\b') break;
        this.erase(1);
        return;
      case '\x15':
        this.erase(this.partial.length);
        return;
      case '\x17':
        this.erase(this.partial.length - this.partial.replace(/\S*\s*$/u, '').length);
        return;
      case '\x04':
        this.ready += this.partial;
        this.endOfFile.push(this.ready.length);
        this.partial = '';
        this.wake();
        return;
      case '\n':
        this.echo('\n');
        this.ready += `${this.partial}\n`;
        this.partial = '';
        this.wake();
        return;
      default:
    }
    this.append(c);
    this.echo(c);
  }

  private erase(count: number): void {
    for (let left = Math.min(count, this.partial.length); left > 0; left--) {
      const last = this.partial.charCodeAt(this.partial.length - 1);
      this.partial = this.partial.slice(0, -1);
      if (this.termios.echo && this.termios.echoe) this.emit('\b \b'.repeat(last < 32 && last !== 9 ? 2 : 1));
    }
  }

  private echo(c: string): void {
    if (!this.termios.echo) return;
    const code = c.charCodeAt(0);
    if (c === '\n') this.emit(this.termios.opost && this.termios.onlcr ? '\r\n' : '\n');
    else if (
      this.termios.echoctl &&
      (code < 32 || code === 127) &&
      c !== '\t' &&
      c !== '\x11' &&
      c !== '\x13'
    )
      this.emit(`^${String.fromCharCode(code ^ 64)}`);
    else this.emit(c);
  }

  private throttle(): void {
    if (!this.termios.ixoff || this.options.flow !== 'xon-xoff') return;
    if (this.termios.icanon && this.ready === '') return;
    if (!this.throttled && bufferSize - this.pendingBytes < throttleAt) {
      this.throttled = true;
      this.options.send('\x13');
    }
  }

  private taken(): void {
    if (this.flip !== '' && !this.full()) {
      const flip = this.flip;
      this.flip = '';
      this.process(flip);
    }
    if (this.throttled && this.pendingBytes <= throttleAt && this.flip === '') {
      this.throttled = false;
      this.options.send('\x11');
    }
  }

  private wake(): void {
    const readers = [...this.readers];
    this.readers.clear();
    for (const reader of readers) reader();
  }

  // --- to the station

  private emit(data: ByteString): void {
    const newline = data.lastIndexOf('\n');
    const carriage = Math.max(newline, data.lastIndexOf('\r'));
    this.column = carriage >= 0 ? data.length - carriage - 1 : this.column + data.length;
    if (this.stopped) this.held += data;
    else this.options.send(data);
  }

  /** Prints, with what output processing is on. */
  print(text: ByteString): void {
    this.emit(this.termios.opost && this.termios.onlcr ? text.replaceAll('\n', '\r\n') : text);
  }

  /** Puts bytes on the wire that did not pass the line discipline, as the kernel's own messages. */
  printRaw(text: ByteString): void {
    this.emit(text);
  }

  // --- to the programs

  private async available(process: Process, opening: { readonly hung: boolean }): Promise<void> {
    while (this.ready === '' && this.endOfFile.length === 0 && !opening.hung) {
      await process.pause((done) => {
        this.readers.add(done);
        return () => {
          this.readers.delete(done);
        };
      });
    }
  }

  private take(count: number): ByteString {
    const stop = this.endOfFile[0] ?? Infinity;
    const part = this.ready.slice(0, Math.min(count, stop));
    this.ready = this.ready.slice(part.length);
    this.endOfFile = this.endOfFile.map((position) => position - part.length);
    if (this.endOfFile[0] === 0) this.endOfFile.shift();
    this.taken();
    return part;
  }

  private empty(opening: { readonly hung: boolean }): boolean {
    return this.ready === '' && this.endOfFile.length === 0 && !opening.hung;
  }

  read(process: Process, max: number, opening: { readonly hung: boolean }): Promise<ByteString> | ByteString {
    if (this.empty(opening))
      return this.available(process, opening).then(() => this.read(process, max, opening));
    if (opening.hung) return '';
    const newline = this.termios.icanon ? this.ready.indexOf('\n') : -1;
    return this.take(newline >= 0 ? Math.min(max, newline + 1) : max);
  }

  readLine(process: Process, opening: { readonly hung: boolean }): Promise<ByteString> | ByteString {
    if (this.empty(opening))
      return this.available(process, opening).then(() => this.readLine(process, opening));
    if (opening.hung) return '';
    const newline = this.ready.indexOf('\n');
    const stop = this.endOfFile[0] ?? Infinity;
    if (newline >= 0 && newline < stop) return this.take(newline + 1);
    if (stop <= this.ready.length) return this.take(this.ready.length);
    // Raw mode: a line may come in pieces.
    const part = this.take(this.ready.length);
    return Promise.resolve(this.readLine(process, opening)).then((rest) => part + rest);
  }

  /** Takes the next character, as a program does that reads a raw line. */
  async readCharacter(process: Process): Promise<string> {
    await this.available(process, { hung: false });
    return this.take(1);
  }

  /** What waits to be read is thrown away, as TCSAFLUSH does. */
  flush(): void {
    this.ready = '';
    this.partial = '';
    this.endOfFile = [];
    this.flip = '';
    this.taken();
  }

  /** Switches between canonical and raw reading; a half-typed line becomes readable at once. */
  set(changes: Partial<Termios>): void {
    const wasCanonical = this.termios.icanon;
    this.termios = { ...this.termios, ...changes };
    if (wasCanonical && !this.termios.icanon) {
      this.ready += this.partial;
      this.partial = '';
      this.endOfFile = [];
      if (this.ready !== '') this.wake();
    }
  }

  /** Readies the line for the next session: sane settings, nothing left in it. */
  reopen(): void {
    this.termios = { ...sane, ixoff: this.termios.ixoff, ixon: this.termios.ixon };
    this.stopped = false;
    this.held = '';
    this.flush();
  }

  /** Wakes readers so that they look whether their opening was hung up. */
  stir(): void {
    this.wake();
  }
}
