import {
  createSimulatedBoard,
  createVirtualClock,
  type BoardChoices,
  type LinkOptions,
  type SimulatedBoard,
  type VirtualClock,
} from '../../../../src/rehearsal/board/index.ts';
import type { ByteLink } from '../../../../src/serial/link.ts';

/** Somebody at a terminal on a board, with time in their own hand. */
export class Terminal {
  readonly clock: VirtualClock;
  readonly board: SimulatedBoard;
  link: ByteLink;
  /** All that came since the last `take`. */
  heard = '';

  constructor(board: SimulatedBoard, clock: VirtualClock, options: LinkOptions = {}) {
    this.board = board;
    this.clock = clock;
    this.link = board.link(options);
    this.listen();
  }

  listen(): void {
    this.link.onData((data) => (this.heard += Buffer.from(data).toString('latin1')));
  }

  take(): string {
    const heard = this.heard;
    this.heard = '';
    return heard;
  }

  async type(text: string): Promise<void> {
    await this.link.write(Buffer.from(text, 'latin1'));
    await this.clock.settle();
  }

  /** Waits, at most `ms` of board time, for what ends the match; answers all that was heard up to now. */
  async until(pattern: RegExp, ms = 10_000): Promise<string> {
    for (let waited = 0; ; waited += 100) {
      await this.clock.settle();
      if (pattern.test(this.heard)) return this.take();
      if (waited >= ms)
        throw new Error(`${String(pattern)} did not come within ${ms} ms: ${JSON.stringify(this.heard)}`);
      await this.clock.advance(100);
    }
  }

  async say(text: string, pattern: RegExp, ms?: number): Promise<string> {
    await this.type(text);
    return this.until(pattern, ms);
  }

  /** Logs in and gets to a prompt. */
  async login(user = 'root', password = 'board'): Promise<void> {
    await this.say('\r', /login: $/);
    await this.say(`${user}\r`, /Password: $/);
    await this.say(`${password}\r`, /[#$] (?:\x1b\[6n)?$/);
  }

  private count = 0;
  /** Runs a command in a quiet loop, which is made by the first call. */
  async run(command: string, ms = 60_000): Promise<{ readonly out: string; readonly status: number }> {
    if (this.count++ === 0) {
      await this.say(
        `stty -echo; exec /bin/sh -c 'export PS1= PS2= TERM=dumb LC_ALL=C; printf "\\nREADY%s\\n" 42; while IFS= read -r L; do eval "$L"; done'\r`,
        /READY42\r\n$/,
      );
    }
    const marker = `M${this.count}X`;
    const heard = await this.say(
      `printf '\\n%s%s<' M ${this.count}X; { ${command}; } </dev/null 2>&1; printf '>%s%s %d\\n' M ${this.count}X $?\r`,
      new RegExp(`>${marker} \\d+\\r\\n`),
      ms,
    );
    const match = new RegExp(`${marker}<([^]*)>${marker} (\\d+)`).exec(heard);
    return { out: (match?.[1] ?? '').replaceAll('\r\n', '\n'), status: Number(match?.[2]) };
  }
}

/** A board on a clock that stands still, and a terminal on it. */
export function withTerminal(
  choices: BoardChoices = {},
  options: LinkOptions = {},
): Terminal & AsyncDisposable {
  const clock = createVirtualClock();
  const board = createSimulatedBoard({
    clock,
    ...choices,
    client: { generates: 'ed25519', ...choices.client },
  });
  const terminal = new Terminal(board, clock, options);
  return Object.assign(terminal, { [Symbol.asyncDispose]: () => board[Symbol.asyncDispose]() });
}
