/** Reading the files that a command line names. */
import type { ByteString } from '../bytes.ts';
import { SystemError } from '../files/errors.ts';
import type { Invocation } from '../shell/program.ts';
import { openDevice } from '../shell/devices.ts';
import { DiskFile, type OpenFile, readAll } from '../shell/streams.ts';

/** Opens a file or device for reading, or the standard input for `-`. Release it afterwards. */
export function openInput(run: Invocation, name: string): OpenFile {
  if (name === '-') {
    run.stdin.retain();
    return run.stdin;
  }
  const node = run.machine.files.open(run.process.who, run.path(name), { read: true });
  if (node.kind === 'directory') throw new SystemError('EISDIR');
  if (node.kind === 'file') return new DiskFile({ system: run.machine.files, node });
  return openDevice(run.machine, node.device, run.descriptors, run.process);
}

/** The whole content of a file or device, or of the standard input for `-`. */
export async function readInput(run: Invocation, name: string): Promise<ByteString> {
  const file = openInput(run, name);
  try {
    return await readAll(file, run.process);
  } finally {
    file.release();
  }
}

/** Reads each file in turn; one that cannot be read is complained about and makes `status` 1. */
export async function readInputs(
  run: Invocation,
  names: readonly string[],
): Promise<{
  readonly texts: { readonly name: string; readonly text: ByteString }[];
  readonly status: number;
}> {
  const texts: { name: string; text: ByteString }[] = [];
  let status = 0;
  for (const name of names.length === 0 ? ['-'] : names) {
    try {
      texts.push({ name, text: await readInput(run, name) });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(`${name}: ${error.message}`);
    }
  }
  return { texts, status };
}

/** The lines of a text, without their newlines. */
export function linesOf(text: ByteString): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
