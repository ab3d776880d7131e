/** The harness's side of the serial cables: orders to the wire process, one cable at a time. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { end, spawnOwned } from './proc.ts';
import type { LaneShape } from './lane.ts';

/** What a cable does to what it carries. Everything left out is as on a bare pseudo-terminal: nothing. */
export interface CableShape {
  /** Bits a second, both ways; ten make a byte: 115200 is 11,520 bytes a second. */
  readonly baud?: number;
  /** How long a USB adapter sits on a short reply, ms. 16 is the common adapters' default. */
  readonly latencyMs?: number;
  /** A kernel message towards the station every so many ms, into whatever is on the line. */
  readonly noiseEveryMs?: number;
  /** Losses are repeatable: the same seed spoils the same bytes of the same traffic. Default 1. */
  readonly seed?: number;
  readonly toBoard?: Partial<Pick<LaneShape, 'drop' | 'flip' | 'fifo'>>;
  readonly toStation?: Partial<Pick<LaneShape, 'drop' | 'flip'>>;
}

/** Bytes delivered so far, and kernel messages put among those to the station. */
export interface Carried {
  readonly toBoard: number;
  readonly toStation: number;
  readonly noises: number;
}

/** What the wire process is told. */
export type Order = { readonly id: number; readonly cable: string } & Task;

type Task =
  | {
      readonly op: 'attach';
      readonly boardLink: string;
      readonly stationLink: string;
      readonly shape: CableShape;
    }
  | { readonly op: 'plug' | 'unplug' | 'carried' }
  | { readonly op: 'shape'; readonly shape: CableShape }
  | { readonly op: 'cut'; readonly way: 'toBoard' | 'toStation' | 'both'; readonly bytes: number };

/** What the wire process says. */
export type Report =
  | { readonly id: number; readonly error?: string; readonly carried?: Carried }
  | { readonly event: 'cut'; readonly cable: string };

const ANSWER_WITHIN_MS = 10_000;

/** A plug that is in, and can be pulled. */
export class Cable {
  readonly name: string;
  readonly #ask: (task: Task) => Promise<Carried | undefined>;
  readonly #cuts: EventEmitter;

  constructor(name: string, ask: (task: Task) => Promise<Carried | undefined>, cuts: EventEmitter) {
    this.name = name;
    this.#ask = ask;
    this.#cuts = cuts;
  }

  /** Puts the station's end in: its tty appears. Resolves when it can be opened. */
  async plug(): Promise<void> {
    await this.#ask({ op: 'plug' });
  }

  /** Pulls the station's end out: who has its tty open sees it hang up, and what was on the wire is lost. */
  async unplug(): Promise<void> {
    await this.#ask({ op: 'unplug' });
  }

  /** Changes what the cable does to the bytes from now on. */
  async shape(shape: CableShape): Promise<void> {
    await this.#ask({ op: 'shape', shape });
  }

  /** Pulls the plug after exactly `bytes` more bytes have been delivered that way. */
  async cutAfter(bytes: number, way: 'toBoard' | 'toStation' | 'both' = 'both'): Promise<void> {
    await this.#ask({ op: 'cut', way, bytes });
  }

  /** Resolves when the cable is cut by {@link cutAfter}; rejects when `signal` is aborted first. */
  async cut(signal: AbortSignal): Promise<void> {
    await once(this.#cuts, this.name, { signal });
  }

  /** How much it has carried. */
  async carried(): Promise<Carried> {
    const carried = await this.#ask({ op: 'carried' });
    if (carried === undefined) throw new Error('the wire process did not count');
    return carried;
  }
}

/** The wire process and its cables. */
export class Wires {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (report: Extract<Report, { id: number }>) => void>();
  readonly #cuts = new EventEmitter();
  readonly #ended: Promise<unknown>;
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    if (child.stdout === null) throw new Error('the wire process has no stdout');
    createInterface({ input: child.stdout }).on('line', (line) => {
      // The only writer is wire.ts beside this file.
      const report = JSON.parse(line) as Report;
      if ('event' in report) this.#cuts.emit(report.cable);
      else this.#pending.get(report.id)?.(report);
    });
    child.once('exit', () => {
      for (const [id, answer] of this.#pending) answer({ id, error: 'the wire process ended' });
    });
  }

  static start(pidFile: string): Wires {
    const program = path.join(import.meta.dirname, 'wire.ts');
    return new Wires(spawnOwned(pidFile, process.execPath, [program], ['pipe', 'pipe', 'inherit']));
  }

  /** Makes a cable whose board end is a tty at `boardLink`; its station end will come at `stationLink` with the plug. */
  async cable(name: string, boardLink: string, stationLink: string, shape: CableShape): Promise<Cable> {
    await this.#ask(name, { op: 'attach', boardLink, stationLink, shape });
    return new Cable(name, (task) => this.#ask(name, task), this.#cuts);
  }

  /** Ends the wire process and all its ttys. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await Promise.race([this.#ended, setTimeout(ANSWER_WITHIN_MS, undefined, { ref: false })]);
    await end(this.#child);
  }

  async #ask(cable: string, task: Task): Promise<Carried | undefined> {
    const id = (this.#lastId += 1);
    const order: Order = { id, cable, ...task };
    const { promise, resolve } = Promise.withResolvers<Extract<Report, { id: number }>>();
    this.#pending.set(id, resolve);
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    const late: Extract<Report, { id: number }> = { id, error: `no answer within ${ANSWER_WITHIN_MS} ms` };
    const report = await Promise.race([promise, setTimeout(ANSWER_WITHIN_MS, late, { ref: false })]);
    this.#pending.delete(id);
    if (report.error !== undefined) throw new Error(`cable ${cable}: ${task.op}: ${report.error}`);
    return report.carried;
  }
}
