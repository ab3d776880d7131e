/** A simulated board behind a real tty of this machine, for a station that is a process of its own. */
import { spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SimulatedBoard } from '../../../src/rehearsal/board/index.ts';

/** A folder of ttys, as a station takes it for a bench that is wired for good. */
export function makePorts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'station-ttys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Puts a board on a new tty in such a folder and returns its path. `board.unplug()` takes the board off again. */
export async function plugIn(board: SimulatedBoard, folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const socat = spawn('socat', ['STDIO', `PTY,rawer,link=${path},ignoreeof`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  socat.stdin.on('error', () => undefined);
  onTestFinished(() => void socat.kill('SIGKILL'));
  // While one descriptor is open on it, the terminal does not hang up when a station lets go of it.
  const keeper = openSync(await made(path), constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(keeper));
  const link = board.link();
  let sending: Promise<unknown> = Promise.resolve();
  socat.stdout.on('data', (data: Buffer) => {
    // What is sent to a board that is not there any more is lost.
    sending = sending.then(() => link.write(data)).catch(() => undefined);
  });
  link.onData((data) => socat.stdin.write(data));
  return path;
}

async function made(path: string): Promise<string> {
  for (let left = 2_000; ; left -= 1) {
    try {
      return readlinkSync(path);
    } catch (thrown) {
      if (left === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
