/** A real shell on a real pseudo-terminal as a byte link, and a cable that spoils what goes over it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { ByteLink, LinkEnd } from '../../../../src/serial/link.ts';

export const SHELLS = (
  [
    ['dash', 'dash -i'],
    ['bash', 'bash --norc -i'],
    ['ash', 'busybox ash -i'],
  ] as const
).filter(([, command]) => spawnSync('which', [command.split(' ')[0] ?? '']).status === 0);

export interface Spoil {
  /** Changes bytes on their way to the board. */
  toBoard?: (data: Buffer) => Buffer;
  /** Changes bytes on their way from the board. */
  toStation?: (data: Buffer) => Buffer;
}

export interface RealShell extends AsyncDisposable {
  readonly link: ByteLink;
  readonly spoil: Spoil;
  /** Resolves when the shell has ended. */
  readonly ended: Promise<unknown>;
  /** Puts text on the line as another program on the board would. */
  interject(text: string): void;
}

/** Starts a shell; its /bin/sh is put before the path as `sh`, so that the loop runs in that shell, too. */
export function startShell(command: string): RealShell {
  const child = spawn('socat', ['STDIO', `EXEC:"${command}",pty,setsid,ctty,stderr,sane`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, PS1: '# ', HISTFILE: '/dev/null', ENV: '' },
  });
  const spoil: Spoil = {};
  const { promise: ended, resolve: end } = Promise.withResolvers<LinkEnd>();
  let receiver: ((data: Uint8Array) => void) | null = null;
  let kept: Buffer[] = [];
  const deliver = (data: Buffer): void => {
    if (receiver === null) kept.push(data);
    else receiver(data);
  };
  child.stdout.on('data', (data: Buffer) => deliver(spoil.toStation?.(data) ?? data));
  const exited = once(child, 'exit').then(
    () => end({ why: 'lost' }),
    (error: unknown) => end({ why: 'lost', detail: `socat is needed for this test: ${String(error)}` }),
  );
  return {
    spoil,
    ended: exited,
    interject: (text) => deliver(Buffer.from(text)),
    link: {
      name: 'pty',
      ended,
      write: (data) =>
        new Promise((resolve, reject) => {
          const sent = spoil.toBoard?.(Buffer.from(data)) ?? Buffer.from(data);
          child.stdin.write(sent, (error) => (error ? reject(error) : resolve()));
        }),
      onData: (receive) => {
        receiver = receive;
        for (const data of kept) receive(data);
        kept = [];
        return () => {
          receiver = null;
        };
      },
      close: () => Promise.resolve(),
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Repeatable numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
