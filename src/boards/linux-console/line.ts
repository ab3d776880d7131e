import { PasswordMask, withoutPasswords, type Shown } from './password-echo.ts';
import type { Clock } from '../../model/clock.ts';
import { StationError } from '../../model/station-error.ts';
import type { ByteLink, LinkEnd } from '../../serial/link.ts';
import type { MaskedKind, Transcript } from '../../serial/transcript.ts';

/** A piece of what is sent: text for all to see, or bytes that the transcript masks. */
export type Piece = string | { readonly masked: MaskedKind; readonly bytes: Uint8Array };

export interface LineOptions {
  readonly link: ByteLink;
  readonly clock: Clock;
  readonly transcript: Transcript;
  /** Bits a second, to tell how long bytes take. */
  readonly baudRate: number;
}

/**
 * One side of a dialogue on a byte link: sends with a transcript that masks, collects what comes, waits with a deadline,
 * and counts. What comes is kept as bytes (latin1 text), so that nothing is lost by decoding.
 */
export class Line implements Disposable {
  readonly name: string;
  readonly clock: Clock;
  readonly #link: ByteLink;
  readonly #transcript: Transcript;
  readonly #byteMs: number;
  readonly #began: number;
  readonly #stopReceiving: () => void;
  #text = '';
  #heard = Promise.withResolvers<undefined>();
  #end: LinkEnd | null = null;
  #lastHeard: number;
  #lastSent: number;
  #tx = 0;
  #rx = 0;
  #roundTrips = 0;
  /** The passwords that were sent, as latin1: each may be echoed, at once or late. */
  readonly #passwords: string[] = [];
  readonly #mask = new PasswordMask();
  /** What is shown is text: a character may come in pieces. */
  readonly #decoder = new TextDecoder();
  #quiet = false;

  constructor({ link, clock, transcript, baudRate }: LineOptions) {
    this.name = link.name;
    this.clock = clock;
    this.#link = link;
    this.#transcript = transcript;
    this.#byteMs = 10_000 / baudRate;
    this.#began = clock.monotonic();
    this.#lastHeard = this.#began;
    this.#lastSent = this.#began;
    this.#stopReceiving = link.onData((data) => this.#receive(data));
    void link.ended.then((end) => {
      this.#end = end;
      this.#wake();
    });
  }

  /** What came and was not taken yet, as latin1. */
  get text(): string {
    return this.#text;
  }

  get tx(): number {
    return this.#tx;
  }

  get rx(): number {
    return this.#rx;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** Milliseconds since anything came or was sent. */
  get silence(): number {
    return this.clock.monotonic() - Math.max(this.#lastHeard, this.#lastSent);
  }

  /** Milliseconds that `bytes` take on the wire. */
  duration(bytes: number): number {
    return bytes * this.#byteMs;
  }

  /** Takes away the first `length` characters of what came; all of it when left out. */
  take(length = this.#text.length): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }

  /** Some of what came, for a person to read: without the passwords that the board echoed. */
  readable(text: string): string {
    return withoutPasswords(text, this.#passwords)
      .map((part) => ('text' in part ? part.text : '[password]'))
      .join('');
  }

  /** From here on the transcript is written by whoever understands what comes: it may hold secrets. */
  quieten(): void {
    this.#showRest();
    this.#quiet = true;
  }

  /** Writes a line of the transcript that is neither sent nor received. */
  note(text: string): void {
    this.#transcript.add({ at: this.#now(), way: 'note', text });
  }

  /** Writes what was received, in words. For a line that was quietened. */
  received(piece: Piece): void {
    this.#add('received', piece);
  }

  /**
   * Sends pieces as one write. The bytes are on their way when it resolves, not yet at the board.
   *
   * @param asksForAnswer whether this begins an exchange, for the count of round trips.
   */
  async send(
    pieces: Piece | readonly Piece[],
    signal: AbortSignal,
    asksForAnswer: 'exchange' | 'no exchange' = 'exchange',
  ): Promise<void> {
    const all = typeof pieces === 'string' || 'masked' in pieces ? [pieces] : pieces;
    const bytes = Buffer.concat(
      all.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece.bytes)),
    );
    for (const piece of all) this.#add('sent', piece);
    if (asksForAnswer === 'exchange') this.#roundTrips += 1;
    this.#tx += bytes.length;
    this.#lastSent = this.clock.monotonic();
    try {
      await this.#link.write(bytes, { signal });
    } finally {
      if (all.some((piece) => typeof piece !== 'string')) bytes.fill(0);
    }
  }

  /** Sends a password and a return, masked; should the board echo it, that is masked, too. */
  async sendPassword(password: string, returnKey: '\r' | '\n', signal: AbortSignal): Promise<void> {
    const bytes = Buffer.from(password, 'utf8');
    const sending = this.send([{ masked: 'password', bytes }, returnKey], signal);
    this.#passwords.push(bytes.toString('latin1'));
    this.#mask.add(bytes.toString('latin1'));
    await sending;
  }

  /**
   * Waits until something comes, or for `ms`.
   *
   * @throws StationError `port/lost` when the link is gone; the signal's reason when aborted.
   */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.check(signal);
    if (ms <= 0) return;
    const heard = this.#heard.promise;
    const before = this.#rx;
    const stop = new AbortController();
    const aborted = (): void => stop.abort();
    signal.addEventListener('abort', aborted, { once: true });
    try {
      await Promise.race([
        heard,
        // Stopped, because something came or the signal fired: neither is a fault of the sleep.
        this.clock.sleep(ms, stop.signal).catch(() => undefined),
      ]);
    } finally {
      signal.removeEventListener('abort', aborted);
      stop.abort();
    }
    // What came with a hang-up is still to be read.
    if (this.#rx === before) this.check(signal);
    else signal.throwIfAborted();
  }

  /** @throws StationError `port/lost` when the link is gone; the signal's reason when aborted. */
  check(signal: AbortSignal): void {
    if (this.#end !== null)
      throw new StationError('port/lost', { port: this.name }, { cause: this.#end.detail });
    signal.throwIfAborted();
  }

  get isGone(): boolean {
    return this.#end !== null;
  }

  [Symbol.dispose](): void {
    this.#showRest();
    this.#stopReceiving();
  }

  #now(): number {
    return Math.round(this.clock.monotonic() - this.#began);
  }

  #wake(): void {
    this.#heard.resolve(undefined);
    this.#heard = Promise.withResolvers();
  }

  #receive(data: Uint8Array): void {
    this.#rx += data.length;
    this.#lastHeard = this.clock.monotonic();
    const text = Buffer.from(data).toString('latin1');
    this.#text += text;
    if (!this.#quiet) this.#show(this.#mask.push(text));
    this.#wake();
  }

  #show(parts: readonly Shown[]): void {
    for (const part of parts) {
      if ('text' in part)
        this.#add('received', this.#decoder.decode(Buffer.from(part.text, 'latin1'), { stream: true }));
      else this.#transcript.add({ at: this.#now(), way: 'received', masked: 'password', bytes: part.masked });
    }
  }

  #showRest(): void {
    if (this.#quiet) return;
    this.#show(this.#mask.flush());
    this.#add('received', this.#decoder.decode());
  }

  #add(way: 'sent' | 'received', piece: Piece): void {
    if (typeof piece === 'string') {
      if (piece !== '') this.#transcript.add({ at: this.#now(), way, text: piece });
    } else {
      this.#transcript.add({ at: this.#now(), way, masked: piece.masked, bytes: piece.bytes.length });
    }
  }
}
