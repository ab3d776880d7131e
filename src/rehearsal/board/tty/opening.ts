/** What a session holds of the line. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { Process } from '../shell/process.ts';
import type { OpenFile } from '../shell/streams.ts';
import type { Tty } from './tty.ts';

/** One session's opening of the line. After a hang-up it reads its end and cannot be written, whoever still holds it. */
export class TtyOpening implements OpenFile {
  readonly terminal: Tty;
  hung = false;
  constructor(tty: Tty) {
    this.terminal = tty;
  }
  read(process: Process, max: number): Promise<ByteString> | ByteString {
    return this.terminal.read(process, max, this);
  }
  readLine(process: Process): Promise<ByteString> | ByteString {
    return this.terminal.readLine(process, this);
  }
  write(_process: Process, data: ByteString): void {
    if (this.hung) throw new SystemError('EIO');
    this.terminal.print(data);
  }
  retain(): void {
    // The line lives as long as the board has power.
  }
  release(): void {
    // Closing a descriptor does not close the line.
  }
  hangUp(): void {
    this.hung = true;
    this.terminal.stir();
  }
}
