/**
 * The serial cables of the bench, all in one process of their own, so that a busy test never disturbs their timing.
 *
 * A cable has a pseudo-terminal at either end: the board's end stays for as long as the board, the station's end comes
 * and goes with the plug, as a USB adapter does. Told what to do by JSON lines on stdin, answers on stdout; ends, and
 * with it all its ttys, when stdin ends.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { closeSync, constants, openSync, readlinkSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { CLEAR, Lane, seeded } from './lane.ts';
import { kernelLine } from './noise.ts';
import { end, until } from './proc.ts';
import type { CableShape, Carried, Order, Report } from './cable.ts';

/** Past this many bytes on the wire its sender is made to wait, as a tty does. */
const HIGH_WATER = 4096;

type Socat = ChildProcessByStdio<Writable, Readable, null>;

/** A pseudo-terminal whose other side is this process. */
class Terminal {
  readonly #socat: Socat;
  readonly #link: string;
  readonly #keeper: number;

  private constructor(socat: Socat, link: string, keeper: number) {
    this.#socat = socat;
    this.#link = link;
    this.#keeper = keeper;
  }

  /** Makes a raw terminal and a link to it. */
  static async open(link: string, receive: (bytes: Buffer) => void): Promise<Terminal> {
    const socat = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', 'socat', '-b', '8192', 'STDIO', `PTY,rawer,link=${link},ignoreeof`],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    // Bytes for a tty that is gone are lost, as on any unplugged line.
    socat.stdin.on('error', () => undefined);
    socat.stdout.on('data', receive);
    const device = await until(`a tty at ${link}`, 5000, () => {
      try {
        return readlinkSync(link);
      } catch {
        return undefined;
      }
    });
    // While one descriptor is open on it, the terminal does not hang up when a getty or a station lets go of it.
    const keeper = openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    return new Terminal(socat, link, keeper);
  }

  /** Sends bytes; false when the terminal's reader is behind, true again after {@link onDrain}. */
  write(bytes: Buffer): boolean {
    return this.#socat.stdin.write(bytes);
  }

  onDrain(resume: () => void): void {
    this.#socat.stdin.once('drain', resume);
  }

  hold(paused: boolean): void {
    if (paused) this.#socat.stdout.pause();
    else this.#socat.stdout.resume();
  }

  /** Hangs the terminal up: who has it open sees the device go. */
  async close(): Promise<void> {
    this.#socat.stdout.removeAllListeners('data');
    const gone = end(this.#socat);
    closeSync(this.#keeper);
    try {
      unlinkSync(this.#link);
    } catch {
      // socat took it along.
    }
    await gone;
  }
}

class Cable {
  readonly #name: string;
  readonly #stationLink: string;
  readonly #bornAt = performance.now();
  readonly #lanes: { readonly board: Lane; readonly station: Lane };
  readonly #carried = { toBoard: 0, toStation: 0 };
  #board: Terminal | undefined;
  #station: Terminal | undefined;
  #shape: CableShape;
  #cut: { readonly way: 'toBoard' | 'toStation' | 'both'; left: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #noise: NodeJS.Timeout | undefined;
  #noises = 0;
  #blocked = { board: false, station: false };

  constructor(name: string, stationLink: string, shape: CableShape) {
    this.#name = name;
    this.#stationLink = stationLink;
    this.#shape = shape;
    const random = seeded(shape.seed ?? 1);
    this.#lanes = { board: new Lane(CLEAR, random), station: new Lane(CLEAR, random) };
    this.reshape(shape);
  }

  async attach(boardLink: string): Promise<void> {
    this.#board = await Terminal.open(boardLink, (bytes) => {
      // An unplugged board talks into the air.
      if (this.#station === undefined) return;
      this.#lanes.station.push(bytes, performance.now());
      this.#work();
    });
  }

  async plug(): Promise<void> {
    if (this.#station !== undefined) return;
    this.#station = await Terminal.open(this.#stationLink, (bytes) => {
      this.#lanes.board.push(bytes, performance.now());
      this.#work();
    });
    this.#makeNoise();
  }

  async unplug(): Promise<void> {
    const station = this.#station;
    this.#station = undefined;
    this.#cut = undefined;
    clearInterval(this.#noise);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lanes.board.clear();
    this.#lanes.station.clear();
    this.#blocked.station = false;
    this.#board?.hold(false);
    await station?.close();
  }

  async close(): Promise<void> {
    await this.unplug();
    await this.#board?.close();
  }

  reshape(shape: CableShape): void {
    this.#shape = shape;
    const both = { baud: shape.baud ?? 0, fifo: 0 };
    this.#lanes.board.reshape({ ...CLEAR, ...both, ...shape.toBoard });
    this.#lanes.station.reshape({ ...CLEAR, ...both, latencyMs: shape.latencyMs ?? 0, ...shape.toStation });
    if (this.#station !== undefined) this.#makeNoise();
    this.#work();
  }

  cutAfter(way: 'toBoard' | 'toStation' | 'both', bytes: number): void {
    this.#cut = { way, left: bytes };
  }

  carried(): Carried {
    return { ...this.#carried, noises: this.#noises };
  }

  #makeNoise(): void {
    clearInterval(this.#noise);
    const everyMs = this.#shape.noiseEveryMs ?? 0;
    if (everyMs === 0) return;
    this.#noise = setInterval(() => {
      const now = performance.now();
      this.#lanes.station.interject(kernelLine(this.#noises, now - this.#bornAt), now);
      this.#noises += 1;
      this.#work();
    }, everyMs);
  }

  /** Moves what has arrived, and comes back when more will have. */
  #work(): void {
    if (this.#station === undefined || this.#board === undefined) return;
    const now = performance.now();
    // A delivery may be the one after which the plug is pulled: then there is no more to do.
    if (!this.#blocked.board && !this.#deliver('toBoard', this.#board, this.#lanes.board.take(now))) return;
    if (!this.#blocked.station && !this.#deliver('toStation', this.#station, this.#lanes.station.take(now)))
      return;
    const fifo = (this.#shape.toBoard?.fifo ?? 0) > 0;
    this.#station.hold(!fifo && this.#lanes.board.waiting > HIGH_WATER);
    this.#board.hold(this.#lanes.station.waiting > HIGH_WATER);

    clearTimeout(this.#timer);
    const due = [
      this.#blocked.board ? undefined : this.#lanes.board.due(),
      this.#blocked.station ? undefined : this.#lanes.station.due(),
    ].filter((time) => time !== undefined);
    this.#timer =
      due.length === 0 ? undefined : setTimeout(() => this.#work(), Math.max(0, Math.min(...due) - now));
  }

  /** Hands bytes over to the end of the cable; false when that was its last. */
  #deliver(way: 'toBoard' | 'toStation', terminal: Terminal, bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    let sent = bytes;
    const cut = this.#cut;
    const counts = cut !== undefined && (cut.way === 'both' || cut.way === way);
    if (counts && bytes.length >= cut.left) sent = bytes.subarray(0, cut.left);
    if (counts) cut.left -= sent.length;
    this.#carried[way] += sent.length;
    if (!terminal.write(sent)) {
      const side = way === 'toBoard' ? 'board' : 'station';
      this.#blocked[side] = true;
      terminal.onDrain(() => {
        this.#blocked[side] = false;
        this.#work();
      });
    }
    if (!counts || cut.left > 0) return true;
    void this.unplug().then(() => report({ event: 'cut', cable: this.#name }));
    return false;
  }
}

const cables = new Map<string, Cable>();

function report(message: Report): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function obey(order: Order): Promise<Carried | undefined> {
  if (order.op === 'attach') {
    const cable = new Cable(order.cable, order.stationLink, order.shape);
    await cable.attach(order.boardLink);
    cables.set(order.cable, cable);
    return undefined;
  }
  const cable = cables.get(order.cable);
  if (cable === undefined) throw new Error(`no cable ${order.cable}`);
  switch (order.op) {
    case 'plug':
      await cable.plug();
      return undefined;
    case 'unplug':
      await cable.unplug();
      return undefined;
    case 'shape':
      cable.reshape(order.shape);
      return undefined;
    case 'cut':
      cable.cutAfter(order.way, order.bytes);
      return undefined;
    case 'carried':
      return cable.carried();
  }
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  // The only writer is the harness beside this file.
  const order = JSON.parse(line) as Order;
  obey(order).then(
    (result) => report({ id: order.id, ...(result === undefined ? {} : { carried: result }) }),
    (error: unknown) => report({ id: order.id, error: String(error) }),
  );
});
orders.on('close', () => {
  void Promise.all([...cables.values()].map((cable) => cable.close())).then(() => process.exit(0));
});
