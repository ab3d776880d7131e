/** A person at a board's console: types, and waits for what comes. */
import { once } from 'node:events';
import { SerialPort } from 'serialport';
import type { Board } from './board.ts';

/** A terminal on a board's port: types, and waits for what comes. */
export class Terminal implements AsyncDisposable {
  readonly port: SerialPort;
  readonly closed: Promise<unknown>;
  /** What came and was not yet waited for. */
  text = '';
  /** All that went over the line, in order: `>` to the board, `<` from it. */
  readonly said: { readonly way: '<' | '>'; text: string }[] = [];
  #arrived = Promise.withResolvers<undefined>();

  private constructor(port: SerialPort) {
    this.port = port;
    this.closed = once(port, 'close').then(([error]) => error as unknown);
    port.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      this.text += text;
      const last = this.said.at(-1);
      if (last?.way === '<') last.text += text;
      else this.said.push({ way: '<', text });
      this.#arrived.resolve(undefined);
      this.#arrived = Promise.withResolvers<undefined>();
    });
  }

  /** Opens a board's port. */
  static async open(path: string): Promise<Terminal> {
    const port = new SerialPort({ path, baudRate: 115_200, xon: true, autoOpen: false });
    const terminal = new Terminal(port);
    await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
    return terminal;
  }

  /** Waits for what matches among what came since the last match, and gives its first group or all of it. */
  async wait(pattern: RegExp): Promise<string> {
    const signal = AbortSignal.timeout(20_000);
    const late = once(signal, 'abort').then(() =>
      Promise.reject(new Error(`no ${pattern} in ${JSON.stringify(this.text)}`)),
    );
    // Whoever wins the race, the other one's end is no error.
    late.catch(() => undefined);
    for (;;) {
      const arrived = this.#arrived.promise;
      const found = pattern.exec(this.text);
      if (found !== null) {
        this.text = this.text.slice(found.index + found[0].length);
        return found[1] ?? found[0];
      }
      await Promise.race([arrived, late]);
    }
  }

  type(text: string): void {
    this.said.push({ way: '>', text });
    this.port.write(text);
  }

  /** Logs in at a login prompt, up to the shell's. */
  async login(board: Board): Promise<void> {
    this.type('\r');
    await this.wait(/login: $/);
    this.type(`${board.login.user}\r`);
    await this.wait(/Password: $/);
    this.type(`${board.login.password}\r`);
    await this.wait(/[#$] (\x1b\[6n)?$/);
  }

  /** Runs a command in the shell and gives what it printed. */
  async ask(command: string): Promise<string> {
    // Split, so that its echo does not match.
    this.type(`${command}; echo EN''D\r`);
    const said = await this.wait(/^([^]*?)END\r\n/m);
    await this.wait(/[#$] (\x1b\[6n)?$/);
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.port.isOpen) this.port.close();
    await this.closed;
  }
}
