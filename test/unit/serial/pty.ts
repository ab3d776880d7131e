/** Real pseudo-terminals for tests: a tty for the code under test, and the far end of it as bytes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export interface Pty extends AsyncDisposable {
  /** A link to the tty. */
  readonly path: string;
  /** What was sent to the tty. */
  received(): string;
  /** Resolves when what was sent contains `text`. */
  until(text: string): Promise<void>;
  type(text: string): void;
  /** As when the adapter is unplugged. */
  hangUp(): Promise<void>;
}

/** Opens a pseudo-terminal by socat. */
export async function openPty(): Promise<Pty> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'pty-'));
  const link = path.join(dir, 'tty');
  const child: ChildProcess = spawn('socat', [`PTY,raw,echo=0,link=${link}`, 'STDIO'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let arrived = Promise.withResolvers<undefined>();
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString('latin1');
    arrived.resolve(undefined);
    arrived = Promise.withResolvers();
  });
  let failed: unknown;
  child.once('error', (error) => (failed = error));
  for (;;) {
    try {
      await stat(link);
      break;
    } catch {
      if (failed !== undefined) throw new Error('socat is needed for this test', { cause: failed });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  const hangUp = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    path: link,
    received: () => text,
    until: async (wanted) => {
      while (!text.includes(wanted)) await arrived.promise;
    },
    type: (typed) => child.stdin?.write(typed),
    hangUp,
    [Symbol.asyncDispose]: async () => {
      await hangUp();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
