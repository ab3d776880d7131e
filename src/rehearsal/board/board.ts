/** A simulated board: power, boot, console, and the far end of its serial line. */
import { StationError } from '../../model/station-error.ts';
import type { ByteLink } from '../../serial/link.ts';
import type { ByteString } from './bytes.ts';
import { boardClock } from './clock.ts';
import { bootLines } from './console/boot-text.ts';
import type { ConsoleState } from './console/state.ts';
import { runConsole } from './console/console.ts';
import { UBoot } from './console/u-boot.ts';
import { completeOptions } from './defaults.ts';
import type { FileSystem } from './files/file-system.ts';
import { createImage } from './image.ts';
import { createInspection, type Inspection } from './inspect.ts';
import { Machine } from './machine.ts';
import type { BoardChoices, SimulatedBoardOptions } from './options.ts';
import { Port } from './port.ts';
import { createRandom } from './random.ts';
import { Killed } from './shell/process.ts';

/** How the station opens the port. */
export interface LinkOptions {
  /** The station's speed; another than the board's makes garbage of both directions. */
  readonly baud?: number;
  /** The port honours XON/XOFF, as a port opened with `xon` does: it stops sending, and keeps the two bytes to itself. Default true. */
  readonly xon?: boolean;
}

/** A board at the far end of a serial line, with what a test may do to it. */
export interface SimulatedBoard extends AsyncDisposable {
  readonly options: SimulatedBoardOptions;
  /** What the identity script prints by default, as the client sees it. */
  readonly identity: Readonly<Record<string, string>>;
  /** Opens the board's serial port. Closing it does not log out. Throws `port/busy` while another opening is there. */
  link(options?: LinkOptions): ByteLink;
  /** Takes the power away (what was not synced dies) or gives it back (it boots). Resolves when that has been done. */
  power(state: 'on' | 'off'): Promise<void>;
  /** Pulls the cable at the station's side: the open link is lost. The board lives on. */
  unplug(): void;
  readonly inspect: Inspection;
  /** Changes what a switch of storage says, while the board runs. */
  setStorage(change: {
    readonly dataReadOnly?: boolean;
    readonly rootReadOnly?: boolean;
    readonly dataFree?: number;
  }): void;
}

/** What a wrong speed makes of a byte. */
function garble(data: ByteString, random: () => number): ByteString {
  let text = '';
  for (let index = 0; index < data.length; index++)
    if (random() < 0.7) text += String.fromCharCode(0x80 | Math.floor(random() * 128));
  return text;
}

/** Makes a simulated board. Everything that is not chosen is the plain good board of `completeOptions`. */
export function createSimulatedBoard(choices: BoardChoices = {}): SimulatedBoard {
  return new Board(completeOptions(choices));
}

class Board implements SimulatedBoard {
  readonly options: SimulatedBoardOptions;
  readonly files: FileSystem;
  readonly inspect: Inspection;
  readonly identity: Readonly<Record<string, string>>;
  readonly faults: Error[] = [];
  clockOffset: number;
  machine: Machine | undefined;
  uBoot: UBoot | undefined;
  phase: 'off' | 'u-boot' | 'booting' | 'up' = 'off';
  readonly console: ConsoleState = { state: 'between', user: undefined, lastLogin: undefined };
  private port: Port | undefined;
  private portBaud: number;
  private readonly clock;
  private readonly random;
  private readonly bootTimers = new Set<() => void>();
  private ringFill = 0;
  private ringAt = 0;
  /** Bytes lost in the receiver since the board was made. */
  lostBytes = 0;

  constructor(options: SimulatedBoardOptions) {
    this.options = options;
    this.clock = boardClock(options.clock);
    this.random = createRandom(options.seed);
    this.clockOffset = options.system.clockOffset;
    this.portBaud = options.line.baud;
    this.files = createImage(options, () => this.clock.now() + this.clockOffset);
    this.identity = { mac: options.mac };
    this.inspect = createInspection(this);
    const { start } = options.console;
    if (start === 'off') return;
    if (start === 'booting') this.begin();
    else if (start === 'u-boot') {
      this.startBootLoader();
      this.uBoot?.stop();
      this.uBoot?.open();
    } else {
      this.machine = this.makeMachine();
      this.arrive(this.machine, start);
    }
  }

  private makeMachine(): Machine {
    return new Machine(this);
  }

  private say(text: ByteString): void {
    if (!this.port) return;
    this.port.deliver(this.portBaud === this.options.line.baud ? text : garble(text, this.random));
  }

  send(data: ByteString): void {
    this.say(data);
  }

  fault(error: unknown): void {
    this.faults.push(error instanceof Error ? error : new Error(String(error)));
    this.say(`\r\n${error instanceof Error ? error.message : String(error)}\r\n`);
  }

  restart(how: 'reboot' | 'poweroff'): void {
    const { machine } = this;
    if (!machine) return;
    void machine.services.stopAll().then(() => {
      if (this.machine !== machine) return;
      // An orderly shutdown writes everything back.
      this.files.syncAll();
      this.halt();
      if (how === 'reboot') this.begin();
    });
  }

  private receive(data: ByteString): void {
    let text = this.portBaud === this.options.line.baud ? data : garble(data, this.random);
    const { ring } = this.options.line;
    if (ring) {
      const now = this.clock.now();
      this.ringFill = Math.max(0, this.ringFill - (now - this.ringAt) * ring.bytesPerMs);
      this.ringAt = now;
      const room = Math.max(0, Math.floor(ring.bytes - this.ringFill));
      this.lostBytes += Math.max(0, text.length - room);
      text = text.slice(0, room);
      this.ringFill += text.length;
    }
    if (this.uBoot && this.phase === 'u-boot') this.uBoot.receive(text);
    else if (this.machine && this.phase === 'up') this.machine.tty.receive(text);
  }

  link(options: LinkOptions = {}): ByteLink {
    if (this.port) throw new StationError('port/busy', { port: this.options.name, holder: 'this program' });
    this.portBaud = options.baud ?? this.options.line.baud;
    const port = new Port(this.options.name, options.xon ?? true, {
      receive: (data) => this.receive(data),
      closed: () => {
        if (this.port === port) this.port = undefined;
      },
      faults: this.faults,
    });
    this.port = port;
    return port;
  }

  unplug(): void {
    this.port?.lose('the cable was pulled');
  }

  async power(state: 'on' | 'off'): Promise<void> {
    if (state === 'on') {
      if (this.phase === 'off') this.begin();
      return;
    }
    this.halt();
    const { writeback } = this.options.storage;
    this.files.powerCut(writeback > 0 ? () => this.random() < writeback : undefined);
    // What waited in a process that died lets go in the next turns.
    await new Promise<void>((done) => setImmediate(done));
  }

  private halt(): void {
    for (const off of this.bootTimers) off();
    this.bootTimers.clear();
    this.uBoot?.stop();
    this.uBoot = undefined;
    this.machine?.cutPower();
    this.machine = undefined;
    this.phase = 'off';
    this.console.state = 'between';
    this.console.user = undefined;
    for (const mount of this.files.mounts) if (mount.volatile) this.files.clear(mount);
  }

  private later(ms: number, run: () => void): void {
    const off = this.clock.after(ms, () => {
      this.bootTimers.delete(off);
      run();
    });
    this.bootTimers.add(off);
  }

  private startBootLoader(): void {
    this.phase = 'u-boot';
    this.uBoot = new UBoot({
      clock: this.clock,
      send: (text) => this.say(text),
      onBoot: () => this.startKernel(),
      onReset: () => {
        this.halt();
        this.begin();
      },
    });
  }

  private begin(): void {
    const { boot } = this.options;
    if (!boot.uBoot) {
      this.startKernel();
      return;
    }
    this.startBootLoader();
    this.uBoot?.start(boot.countdown, boot.stops);
  }

  private startKernel(): void {
    this.phase = 'booting';
    const { boot, system, hostname } = this.options;
    const lines = bootLines(system.kernel, system.init, boot.lines, hostname);
    const machine = this.makeMachine();
    this.machine = machine;
    // The client starts when its turn comes, well before the console is there.
    this.later(boot.duration * 0.8, () => machine.services.boot());
    const step = boot.duration / lines.length;
    const print = (index: number): void => {
      // Several lines a timer: a boot at full speed needs no more.
      const count = Math.max(1, Math.ceil(20 / Math.max(step, 0.1)));
      this.say(lines.slice(index, index + count).join(''));
      if (index + count < lines.length) this.later(step * count, () => print(index + count));
      else this.later(step, () => this.arrive(machine, 'login'));
    };
    print(0);
  }

  private arrive(
    machine: Machine,
    start: 'login' | 'name-typed' | 'password-asked' | 'shell-open' | 'quiet-shell-open',
  ): void {
    this.phase = 'up';
    const { noise, console, boot } = this.options;
    if (
      this.options.console.start !== 'booting' &&
      machine.services.units.size > 0 &&
      !this.booted.has(machine)
    )
      machine.services.boot();
    this.booted.add(machine);
    // A line that no program has open echoes nothing.
    if (console.kind === 'none') machine.tty.set({ echo: false });
    else {
      runConsole(machine, this.console, start).catch((error: unknown) => {
        if (!(error instanceof Killed)) machine.fault(error);
      });
    }
    if (boot.statusOverPrompt)
      machine.later(50, () =>
        machine.printStatus('Finished systemd-update-ut... - Record Runlevel Change in UTMP.'),
      );
    let count = 0;
    if (noise.kernelEvery > 0)
      machine.every(noise.kernelEvery, () =>
        machine.printk(
          noise.kernelLevel,
          `mmc0: warning ${++count}: card claims to support voltages below the defined range`,
        ),
      );
    if (noise.wallEvery > 0)
      machine.every(noise.wallEvery, () =>
        machine.broadcast(`root@${machine.hostname} (ttyS0)`, `message ${++count} to all`),
      );
    if (noise.statusEvery > 0)
      machine.every(noise.statusEvery, () => machine.printStatus(`Started Session ${++count} of User root.`));
  }

  private readonly booted = new WeakSet<Machine>();

  setStorage(change: {
    readonly dataReadOnly?: boolean;
    readonly rootReadOnly?: boolean;
    readonly dataFree?: number;
  }): void {
    const data = this.files.mounts.find((mount) => mount.path === '/data');
    const [top] = this.files.mounts;
    if (data && change.dataReadOnly !== undefined) data.readOnly = change.dataReadOnly;
    if (top && change.rootReadOnly !== undefined) top.readOnly = change.rootReadOnly;
    if (data && change.dataFree !== undefined) data.capacity = data.used + change.dataFree;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.port?.lose('the board is gone');
    this.halt();
    await new Promise<void>((done) => setImmediate(done));
  }
}
