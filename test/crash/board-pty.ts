/** A simulated board behind a real pseudo-terminal, for a station of another process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedBoard } from '../../src/rehearsal/board/index.ts';

/** Opens a terminal at `link` whose other side is the board's serial port. A station that goes leaves the board's line open. */
export async function boardPty(board: SimulatedBoard, link: string): Promise<AsyncDisposable> {
  const socat = spawn('socat', ['-b', '8192', 'STDIO', `PTY,rawer,link=${link},ignoreeof`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const failures: Error[] = [];
  socat.once('error', (error) => failures.push(error));
  let device: string | null = null;
  for (let tries = 0; device === null && tries < 2_500; tries += 1) {
    if (failures.length > 0) throw new Error('socat is needed for this test', { cause: failures[0] });
    try {
      device = readlinkSync(link);
    } catch {
      await sleep(2);
    }
  }
  if (device === null) throw new Error(`there is no terminal at ${link}`);
  // While one descriptor is open on it, the terminal does not hang up when a station lets go of it.
  const keeper = openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const line = board.link();
  // Bytes for a terminal that is gone are lost, as on an unplugged line.
  socat.stdin.on('error', () => undefined);
  line.onData((data) => socat.stdin.write(data));
  socat.stdout.on('data', (data: Buffer) => void line.write(data).catch(() => undefined));
  return {
    [Symbol.asyncDispose]: async () => {
      closeSync(keeper);
      socat.kill('SIGKILL');
      if (socat.exitCode === null && socat.signalCode === null) await once(socat, 'exit');
      await line.close();
    },
  };
}
