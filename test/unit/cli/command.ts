import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import type { CommandIo } from '../../../src/cli/io.ts';
import type { Clock } from '../../../src/model/clock.ts';

export interface CommandOptions {
  /** What lies on stdin; null for a terminal at which nobody types. */
  readonly stdin?: string | null;
  /** At the terminal: what is typed at each question, in order. Stands in the place of `stdin`. */
  readonly answers?: readonly string[];
  readonly env?: Record<string, string>;
  readonly clock?: Clock;
  readonly interrupted?: AbortSignal;
  /** Sees stdout as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** The environment as the command left it. */
  readonly env: Record<string, string | undefined>;
}

class Captured extends Writable {
  text = '';
  readonly #seen: (text: string) => void;

  constructor(seen: (text: string) => void = () => undefined) {
    super();
    this.#seen = seen;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.#seen(this.text);
    done();
  }
}

/** Runs `station` with these arguments in this process, its streams captured. */
export async function station(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const env: Record<string, string | undefined> = { ...options.env };
  const stdout = new Captured(options.onOutput);
  const left = [...(options.answers ?? [])];
  const typed = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => typed });
  const stderr = new Captured((text) => {
    // Questions end so, and nothing else that a command writes in one piece.
    if (/(: |\(yes\/no\) )$/.test(text)) setImmediate(() => typed.write(`${left.shift() ?? ''}\r\n`));
  });
  const stdin =
    options.answers !== undefined
      ? typed
      : options.stdin === null
        ? Object.assign(new PassThrough(), { isTTY: true })
        : Readable.from([Buffer.from(options.stdin ?? '')]);
  const status = await main(args, {
    stdin: stdin as unknown as CommandIo['stdin'],
    stdout,
    stderr,
    env,
    interrupted: options.interrupted ?? new AbortController().signal,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  return { status, out: stdout.text, err: stderr.text, env };
}

/** A home for one test. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'station-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export function packageVersion(): string {
  const file = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return file.version;
}
