/** One direction of a serial cable: bytes take their time on the wire, and some get lost. Pure: time comes in. */

/** What happens to bytes on their way. */
export interface LaneShape {
  /** Bits a second, ten of which make a byte; 0 is a pseudo-terminal's "at once". */
  readonly baud: number;
  /**
   * A USB adapter's latency timer, ms: it sends what it received when it has 62 bytes of it, or this long after the
   * first of them.
   */
  readonly latencyMs: number;
  /** Chance of a byte to be lost, 0 to 1. */
  readonly drop: number;
  /** Chance of a byte to have one of its seven low bits inverted, 0 to 1. */
  readonly flip: number;
  /** How many bytes may wait for the wire; more are lost, as without flow control. 0: the sender is made to wait. */
  readonly fifo: number;
}

/** A wire that changes nothing. */
export const CLEAR: LaneShape = { baud: 0, latencyMs: 0, drop: 0, flip: 0, fifo: 0 };

/** Data bytes of a full-speed USB packet of the common adapters: 64 less 2 of status. */
const USB_PACKET = 62;
/** The wire is looked at about this often while bytes are on it, in bytes. */
const STRIDE = 16;

/** Bytes on their way in one direction. */
export class Lane {
  #shape: LaneShape;
  readonly #random: () => number;
  #waiting = Buffer.alloc(0);
  #received = Buffer.alloc(0);
  #receivedSince = 0;
  #wireFree = 0;

  constructor(shape: LaneShape, random: () => number) {
    this.#shape = shape;
    this.#random = random;
  }

  /** Changes the wire; what is on it already stays on it. */
  reshape(shape: LaneShape): void {
    this.#shape = shape;
  }

  /** How many bytes wait for the wire: over some thousands the sender should pause. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Puts bytes on the lane at time `now` (ms). */
  push(bytes: Buffer, now: number): void {
    let kept = this.#spoil(bytes);
    const { fifo } = this.#shape;
    if (fifo > 0) kept = kept.subarray(0, Math.max(0, fifo - this.#waiting.length));
    if (this.#waiting.length === 0) this.#wireFree = Math.max(this.#wireFree, now);
    this.#waiting = Buffer.concat([this.#waiting, kept]);
  }

  /** Puts bytes before all that wait: the kernel writes its messages past the tty's own output queue. */
  interject(bytes: Buffer, now: number): void {
    if (this.#waiting.length === 0) this.#wireFree = Math.max(this.#wireFree, now);
    this.#waiting = Buffer.concat([bytes, this.#waiting]);
  }

  /** Takes the bytes that have arrived at the far end by `now` (ms). */
  take(now: number): Buffer {
    const { baud, latencyMs } = this.#shape;
    let crossed = this.#waiting.length;
    if (baud > 0) {
      const byteMs = 10_000 / baud;
      crossed = Math.min(crossed, Math.max(0, Math.floor((now - this.#wireFree) / byteMs + 1e-6)));
      this.#wireFree += crossed * byteMs;
    }
    if (crossed > 0) {
      if (this.#received.length === 0) this.#receivedSince = now;
      this.#received = Buffer.concat([this.#received, this.#waiting.subarray(0, crossed)]);
      this.#waiting = this.#waiting.subarray(crossed);
    }
    if (latencyMs > 0 && this.#received.length < USB_PACKET && now < this.#receivedSince + latencyMs) {
      return Buffer.alloc(0);
    }
    const arrived = this.#received;
    this.#received = Buffer.alloc(0);
    return arrived;
  }

  /** When to call {@link take} next (ms), or undefined when nothing is on its way. */
  due(): number | undefined {
    const times: number[] = [];
    if (this.#waiting.length > 0) {
      const byteMs = this.#shape.baud > 0 ? 10_000 / this.#shape.baud : 0;
      times.push(this.#wireFree + Math.min(STRIDE, this.#waiting.length) * byteMs);
    }
    if (this.#received.length > 0) times.push(this.#receivedSince + this.#shape.latencyMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Loses everything that is on its way. */
  clear(): void {
    this.#waiting = Buffer.alloc(0);
    this.#received = Buffer.alloc(0);
  }

  #spoil(bytes: Buffer): Buffer {
    const { drop, flip } = this.#shape;
    if (drop === 0 && flip === 0) return bytes;
    const kept = bytes.filter(() => drop === 0 || this.#random() >= drop);
    const spoilt = kept.map((byte) =>
      flip > 0 && this.#random() < flip ? byte ^ (1 << Math.floor(this.#random() * 7)) : byte,
    );
    return Buffer.from(spoilt);
  }
}

/** A repeatable source of numbers in [0, 1): the same seed gives the same faults. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
