import { createInterface } from 'node:readline';
import { addAbortSignal, Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { secret, type Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import type { CommandIo } from './io.ts';

/**
 * Asks for a secret at the terminal without echoing it.
 *
 * @throws StationError `station/usage` where there is no terminal to ask at: `instead` says what to do then.
 */
export async function askSecret(io: CommandIo, question: string, instead: string): Promise<Secret<string>> {
  if (!io.stdin.isTTY)
    throw new StationError('station/usage', { detail: `There is no terminal to ask at. ${instead}` });
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  // Now the terminal echoes nothing any more: who types as soon as the question comes is not shown either.
  io.stderr.write(`${question}: `);
  try {
    return await new Promise<Secret<string>>((resolve, reject) => {
      const stop = (): void => reject(new StationError('job/cancelled'));
      if (io.interrupted.aborted) stop();
      io.interrupted.addEventListener('abort', stop, { once: true });
      lines.once('SIGINT', stop);
      lines.question('', (answer) => resolve(secret(answer)));
    });
  } finally {
    lines.close();
    io.stderr.write('\n');
  }
}

/**
 * Reads a secret from stdin up to its end; one newline at the end is not part of it. An interruption ends the reading,
 * and stdin with it.
 */
export async function readSecret(io: CommandIo): Promise<Secret<string>> {
  const text = (await readToEnd(io)).replace(/\r?\n$/, '');
  if (text === '')
    throw new StationError('station/usage', {
      detail: 'Nothing came on stdin where a password was expected.',
    });
  return secret(text);
}

async function readToEnd({ stdin, interrupted }: CommandIo): Promise<string> {
  try {
    return await readAll(addAbortSignal(interrupted, stdin));
  } catch (cause) {
    if (interrupted.aborted) throw new StationError('job/cancelled', {}, { cause });
    throw cause;
  }
}

/**
 * Asks a question at the terminal that only a plain yes answers.
 *
 * @throws StationError `station/usage` where there is no terminal to ask at.
 */
export async function askYes(io: CommandIo, question: string): Promise<boolean> {
  if (!io.stdin.isTTY)
    throw new StationError('station/usage', { detail: 'There is no terminal to ask at; --yes goes on.' });
  const lines = createInterface({ input: io.stdin });
  io.stderr.write(`${question}? (yes/no) `);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const stop = (): void => reject(new StationError('job/cancelled'));
      if (io.interrupted.aborted) stop();
      io.interrupted.addEventListener('abort', stop, { once: true });
      lines.once('close', () => resolve(false));
      lines.once('line', (answer) => resolve(answer.trim().toLowerCase() === 'yes'));
    });
  } finally {
    lines.close();
  }
}
