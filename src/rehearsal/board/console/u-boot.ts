/**
 * U-Boot's console: the countdown, the prompt, the few commands that matter here.
 *
 * Facts of u-boot-qemu 2023.01: a line holds 512 characters, each further one is dropped with a bell and the cut line is
 * executed; what is typed while a command runs is eaten.
 */
import type { BoardClock } from '../clock.ts';

const lineLimit = 512;

/** A boot loader on the line. `onBoot` is called when the kernel is to be started. */
export class UBoot {
  private readonly clock: BoardClock;
  private readonly send: (text: string) => void;
  private readonly onBoot: () => void;
  private readonly onReset: () => void;
  private line = '';
  private state: 'counting' | 'prompt' | 'busy' | 'gone' = 'gone';
  private stopTimer: (() => void) | undefined;
  private status = 0;
  private previous = '';
  private readonly variables = new Map([
    ['bootdelay', '2'],
    ['baudrate', '115200'],
    ['board', 'simulated'],
    ['bootcmd', 'run distro_bootcmd'],
    ['upgrade_available', '0'],
    ['mender_boot_part', '2'],
  ]);

  constructor(options: {
    readonly clock: BoardClock;
    readonly send: (text: string) => void;
    readonly onBoot: () => void;
    readonly onReset: () => void;
  }) {
    this.clock = options.clock;
    this.send = options.send;
    this.onBoot = options.onBoot;
    this.onReset = options.onReset;
  }

  get atPrompt(): boolean {
    return this.state === 'prompt' || this.state === 'busy';
  }

  /** Prints the banner and counts down `seconds`; `stops` ends at the prompt. */
  start(seconds: number, stops: boolean): void {
    this.send(
      '\r\n\r\nU-Boot 2023.01+dfsg-2+deb12u1 (Jan 01 2026 - 00:00:00 +0000)\r\n\r\nDRAM:  512 MiB\r\nCore:  23 devices, 12 uclasses, devicetree: board\r\nLoading Environment from MMC... OK\r\nIn:    serial\r\nOut:   serial\r\nErr:   serial\r\nNet:   eth0\r\n',
    );
    if (stops) {
      this.prompt();
      return;
    }
    this.state = 'counting';
    let left = seconds;
    this.send(`Hit any key to stop autoboot: ${String(left).padStart(2)} `);
    const tick = (): void => {
      if (left === 0) {
        this.send('\r\n');
        this.boot();
        return;
      }
      this.stopTimer = this.clock.after(1000, () => {
        left--;
        this.send(`\b\b\b${String(left).padStart(2)} `);
        tick();
      });
    };
    tick();
  }

  /** Goes to the prompt as if the countdown had been stopped earlier. */
  open(): void {
    this.state = 'prompt';
  }

  private prompt(): void {
    this.state = 'prompt';
    this.line = '';
    this.send('=> ');
  }

  private boot(): void {
    this.state = 'gone';
    this.onBoot();
  }

  /** Takes what is typed. */
  receive(data: string): void {
    for (const c of data) {
      if (this.state === 'counting') {
        this.stopTimer?.();
        this.send('\r\n');
        this.prompt();
        continue;
      }
      if (this.state === 'prompt') this.character(c);
    }
  }

  private character(c: string): void {
    if (c === '\r' || c === '\n') {
      this.send('\r\n');
      this.execute(this.line === '' ? this.previous : this.line);
    } else if (c === '\x03') {
      this.send('<INTERRUPT>\r\n');
      this.prompt();
    } else if (c === '\x7f' || c === '\b') {
      if (this.line !== '') {
        this.line = this.line.slice(0, -1);
        this.send('\b \b');
      }
    } else if (c < ' ') this.send('\x07');
    else if (this.line.length >= lineLimit - 1) this.send('\x07');
    else {
      this.line += c;
      this.send(c);
    }
  }

  private execute(line: string): void {
    this.line = '';
    this.previous = '';
    this.state = 'busy';
    const words = [
      ...line
        .replaceAll('$?', String(this.status))
        .replace(/\$\{?(\w+)\}?/gu, (_, name: string) => this.variables.get(name) ?? '')
        .matchAll(/(?:'[^']*'|"[^"]*"|[^\s;])+|;/gu),
    ].map(([word]) => word.replace(/['"]/gu, ''));
    const done = (status: number, output = ''): void => {
      this.status = status;
      this.send(output);
      this.prompt();
    };
    const [command, ...args] = words;
    switch (command) {
      case undefined:
        done(this.status);
        return;
      case 'boot':
      case 'bootd':
      case 'run':
        this.boot();
        return;
      case 'reset':
        this.state = 'gone';
        this.send('resetting ...\r\n');
        this.onReset();
        return;
      case 'version':
        done(0, 'U-Boot 2023.01+dfsg-2+deb12u1 (Jan 01 2026 - 00:00:00 +0000)\r\n');
        return;
      case 'echo':
        done(0, `${args.join(' ')}\r\n`);
        return;
      case 'printenv': {
        const names = args.length === 0 ? [...this.variables.keys()].sort() : args;
        const missing = names.find((name) => !this.variables.has(name));
        done(
          missing === undefined ? 0 : 1,
          names
            .map((name) =>
              this.variables.has(name)
                ? `${name}=${this.variables.get(name) ?? ''}\r\n`
                : `## Error: "${name}" not defined\r\n`,
            )
            .join(''),
        );
        return;
      }
      case 'setenv':
        this.variables.set(args[0] ?? '', args.slice(1).join(' '));
        done(0);
        return;
      case 'saveenv':
        done(0, 'Saving Environment to MMC... OK\r\n');
        return;
      case 'sleep':
        this.clock.after(Number(args[0] ?? 0) * 1000, () => {
          if (this.state === 'busy') done(0);
        });
        return;
      default:
        done(1, `Unknown command '${command}' - try 'help'\r\n`);
    }
  }

  /** Stops everything: the power is gone. */
  stop(): void {
    this.stopTimer?.();
    this.state = 'gone';
  }
}
