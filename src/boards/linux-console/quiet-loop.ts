import { createHash, randomInt } from 'node:crypto';
import { StationError } from '../../model/station-error.ts';
import type { Line, Piece } from './line.ts';
import { checksum, Reply, type Heard } from './reply.ts';
import { IDLE_SECONDS, loopDefinitions, LOOP } from './scripts.ts';

/**
 * The canonical line limit of Linux' tty layer: 4095 characters and the newline. What is longer is cut without a sound.
 */
export const LINE_LIMIT = 4095;

/** Without a sign of the reply for this long, the loop is asked; then at longer and longer intervals. Milliseconds. */
const NUDGE_MS = [3_000, 5_000, 10_000, 20_000];
/** A reply that began and stands still for this long has lost its end. */
const STALL_MS = 400;
/** How often parts of one reply are asked for again, and how often one line is sent again, before the line is given up. */
const MOST_READS = 40;
const MOST_SENDS = 8;
/** Frames of a loop's goodbye: an interrupted command, then a line that is queued behind one that cannot be interrupted. */
const INTERRUPT_MS = 1_500;
const GOODBYE_MS = 6_000;

export interface RunOptions {
  /** Names the exchange in errors. */
  readonly step: string;
  /** How long the command may take on the board, in milliseconds. */
  readonly ms: number;
  readonly signal: AbortSignal;
}

/** A random word for one session's markers. */
export function newNonce(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
}

/**
 * The station's side of the quiet command loop on a board.
 *
 * A command is sent as a line with a checksum and a number. Whatever is lost on the way, it is run once: a line that was
 * harmed is refused and sent again, and of a reply that was harmed the missing lines are read again.
 */
export class QuietLoop {
  readonly #line: Line;
  readonly #nonce: string;
  readonly #idleSeconds: number;
  #seq = 0;
  #state: 'waiting' | 'ready' | 'busy' | 'ended' = 'waiting';
  #isInstalled = false;
  /** Monotonic time at which the last command's line had surely left, and when its reply began. */
  #sentAt = 0;
  #answeredAt = 0;
  /** A tool that a shell of the board said it lacks. */
  #missingTool: string | null = null;

  constructor(line: Line, nonce: string, idleSeconds = IDLE_SECONDS) {
    this.#line = line;
    this.#idleSeconds = idleSeconds;
    this.#nonce = nonce;
  }

  /** Whether a command can be sent: none is under way whose end nobody saw. */
  get isIdle(): boolean {
    return this.#state === 'ready';
  }

  /** When the last command was on the board at the earliest, and when its reply began to come (monotonic ms). */
  get lastTimes(): { readonly sentAt: number; readonly answeredAt: number } {
    return { sentAt: this.#sentAt, answeredAt: this.#answeredAt };
  }

  /** Sends the loop itself with its first command: one line, checked as a whole before any of it is run. */
  async install(definitions: string, command: string, options: RunOptions): Promise<Buffer> {
    const text = [loopDefinitions(this.#nonce, this.#idleSeconds), definitions, 's=1', command, LOOP].join(
      ';',
    );
    checkText(text);
    const sum = createHash('sha256').update(`${text}\n`).digest('hex');
    const line = `${sum} ${text}\n`;
    if (line.length > LINE_LIMIT)
      throw new StationError('board/line-too-long', { length: line.length, limit: LINE_LIMIT });
    this.#seq = 1;
    return this.#exchange('1', [line], options);
  }

  /** Runs a command and gives what it left in `B`, decoded. A command longer than a line goes over in several exchanges. */
  async run(command: readonly Piece[], options: RunOptions): Promise<Buffer> {
    const parts = split(command, LINE_LIMIT - 40);
    let reply = Buffer.alloc(0);
    for (const [index, part] of parts.entries()) {
      this.#seq += 1;
      const place = parts.length === 1 ? '' : index === 0 ? '-' : index < parts.length - 1 ? '+' : '=';
      const seq = `${this.#seq}${place}`;
      const sum = checksum(Buffer.concat([Buffer.from(`${seq} `), ...part.map(bytesOf)]));
      reply = Buffer.from(await this.#exchange(seq, [`${sum} ${seq} `, ...part, '\n'], options));
    }
    return reply;
  }

  /**
   * Ends the loop and with it the login. Never throws but for a lost link; resolves to whether the board said so within
   * a bounded time. Where it did not, the loop's own watch ends it.
   */
  async leave(signal: AbortSignal): Promise<boolean> {
    if (this.#state === 'ended') return true;
    const line = this.#line;
    if (this.#state === 'waiting') {
      // The first words know no goodbye; an interrupt ends them.
      await line.send('\x03', signal);
      this.#state = 'ended';
      return true;
    }
    if (this.#state === 'busy') {
      await line.send('\x03', signal, 'no exchange');
      if (await this.#goodbye(INTERRUPT_MS, signal)) return true;
      // The first words, interrupted, say nothing.
      if (!this.#isInstalled) return true;
    }
    const text = 'x ';
    await line.send(`${checksum(text)} ${text}\n`, signal);
    return this.#goodbye(GOODBYE_MS, signal);
  }

  async #goodbye(ms: number, signal: AbortSignal): Promise<boolean> {
    const line = this.#line;
    const until = line.clock.monotonic() + ms;
    const reply = new Reply(this.#nonce, 'x');
    while (line.clock.monotonic() < until) {
      for (const heard of this.#hear(reply)) {
        if (heard !== 'ended') continue;
        this.#state = 'ended';
        return true;
      }
      await line.wait(until - line.clock.monotonic(), signal);
    }
    return false;
  }

  async #exchange(seq: string, pieces: readonly Piece[], options: RunOptions): Promise<Buffer> {
    const { step, ms, signal } = options;
    const line = this.#line;
    const { clock } = line;
    if (this.#state === 'ended')
      throw new StationError('board/no-shell', { detail: 'the session has ended' });
    const reply = new Reply(this.#nonce, seq);
    const length = pieces.reduce((sum, piece) => sum + bytesOf(piece).length, 0);
    const installing = this.#state === 'waiting';
    let sends = 0;
    let reads = 0;
    let nudges = 0;
    let started = false;
    let progressAt = 0;
    this.#state = 'busy';
    this.#answeredAt = 0;

    const send = async (): Promise<void> => {
      if ((sends += 1) > MOST_SENDS) throw new StationError('board/line-unreliable', { step });
      const before = line.clock.monotonic();
      await line.send(pieces, signal, sends === 1 ? 'exchange' : 'no exchange');
      // The operating system takes a line at once; it still has to go over the wire.
      progressAt = this.#sentAt = Math.max(before + line.duration(length), clock.monotonic());
      nudges = 0;
    };
    const ask = async (what: string, held = false): Promise<void> => {
      if ((reads += 1) > MOST_READS) throw new StationError('board/line-unreliable', { step });
      const text = `r ${what}`;
      // After a long silence the board may wait for XON: a flow control character was lost or made of noise.
      await line.send(`${held ? '\x11' : ''}${checksum(text)} ${text}\n`, signal, 'no exchange');
      progressAt = clock.monotonic() + line.duration(text.length + 20);
    };

    await send();
    const deadline = this.#sentAt + ms + line.duration(length);
    for (;;) {
      for (const heard of this.#hear(reply)) {
        switch (heard) {
          case 'header':
          case 'data':
            if (!started) this.#answeredAt = clock.monotonic();
            started = true;
            progressAt = clock.monotonic();
            break;
          case 'trailer':
            if (!started) this.#answeredAt = clock.monotonic();
            started = true;
            progressAt = clock.monotonic();
            if (reply.whole === null) await ask(reply.request);
            break;
          case 'waiting':
            if (this.#missingTool !== null) break;
            // The first words still wait: the line that brings the loop was harmed.
            await send();
            break;
          case 'refused':
            if (installing) await ask('p');
            else await send();
            break;
          case 'stale':
            // Asked for the reply, the loop offers the one before: it never saw this command.
            if (!started && nudges > 0) await send();
            break;
          case 'ended':
            this.#state = 'ended';
            throw new StationError('board/no-shell', { detail: `the session ended during: ${step}` });
          case null:
            break;
        }
      }
      const whole = reply.whole;
      if (whole !== null) {
        if (whole.length === 0 && this.#missingTool !== null) throw this.#lacks(this.#missingTool);
        this.#isInstalled = true;
        this.#state = 'ready';
        return whole;
      }
      if (this.#missingTool !== null && !started) throw this.#lacks(this.#missingTool);
      const now = clock.monotonic();
      if (now >= deadline)
        throw new StationError('board/command-timeout', { seconds: Math.round(ms / 1000), step });
      const stall = STALL_MS + line.duration(400);
      const nudge = NUDGE_MS[Math.min(nudges, NUDGE_MS.length - 1)] ?? 0;
      const due = started ? progressAt + stall : progressAt + nudge;
      if (now < due) {
        await line.wait(Math.min(due, deadline) - now, signal);
      } else if (started) {
        await ask(reply.request, true);
      } else {
        nudges += 1;
        if (installing) {
          await line.send('\x11\n', signal, 'no exchange');
          progressAt = clock.monotonic();
        } else {
          await ask('', nudges > 1);
        }
      }
    }
  }

  #lacks(tool: string): StationError {
    return new StationError('board/tool-missing', { tool, remedy: TOOLS });
  }

  /** Takes the whole lines that came. */
  #hear(reply: Reply): readonly Heard[] {
    const line = this.#line;
    const end = line.text.lastIndexOf('\n');
    if (end < 0) return [];
    return line
      .take(end + 1)
      .split('\n')
      .slice(0, -1)
      .map((text) => {
        const heard = reply.hear(text.replaceAll('\r', ''));
        this.#missingTool ??= heard === null ? missingTool(text) : null;
        return heard;
      });
  }
}

/** Scripts are the station's own: one that dash would read differently is a fault of the station. */
function checkText(text: string): void {
  if (/[\\\n\r]/.test(text))
    throw new StationError('station/internal', { detail: 'a script with a backslash or a line end' });
}

/** What a shell says of a command that is not there: `sh: 1: sed: not found`, `sh: line 1: sed: command not found`. */
export function missingTool(text: string): string | null {
  return /(?:^|: )([\w-]+): (?:command )?not found/.exec(text)?.[1] ?? null;
}

export const TOOLS = 'coreutils, sed and grep, or busybox with sha256sum, base64, cut, sed and grep';

/** A word for the shell. @throws StationError for a word that no path of a board has. */
export function quote(word: string): string {
  if (/[\\\n\r\0]/.test(word))
    throw new StationError('station/profile-invalid', {
      path: word.replace(/[\n\r\0]/g, ' '),
      detail: 'a path with a backslash or a line end',
    });
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'"'"'`)}'`;
}

function bytesOf(piece: Piece): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece.bytes;
}

/** Whether a byte goes on with a character of UTF-8 that began before it. */
function isContinued(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Cuts pieces into parts of at most `most` bytes. */
function split(pieces: readonly Piece[], most: number): readonly (readonly Piece[])[] {
  const parts: Piece[][] = [];
  let part: Piece[] = [];
  let room = most;
  for (const piece of pieces) {
    if (typeof piece === 'string') checkText(piece);
    const bytes = bytesOf(piece);
    for (let at = 0; at < bytes.length;) {
      if (room === 0) {
        parts.push(part);
        part = [];
        room = most;
      }
      let end = Math.min(at + room, bytes.length);
      // A character of text is not cut.
      while (typeof piece === 'string' && end < bytes.length && isContinued(bytes[end])) end -= 1;
      if (end <= at) {
        room = 0;
        continue;
      }
      const slice = bytes.subarray(at, end);
      part.push(
        typeof piece === 'string'
          ? Buffer.from(slice).toString('utf8')
          : { masked: piece.masked, bytes: slice },
      );
      at += slice.length;
      room -= slice.length;
    }
  }
  parts.push(part);
  return parts;
}
