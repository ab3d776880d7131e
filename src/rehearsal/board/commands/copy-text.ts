/** The programs that pass text on unchanged. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { type OpenFile, readAll } from '../shell/streams.ts';
import { openInput } from './inputs.ts';
import { readOptions } from './options.ts';

/** `cat`. */
export const cat: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'u' });
  let status = 0;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    let file: OpenFile;
    try {
      file = openInput(run, name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(
        run.machine.flavour === 'busybox'
          ? `can't open '${name}': ${error.message}`
          : `${name}: ${error.message}`,
      );
      continue;
    }
    try {
      for (
        let part = await file.read(run.process, 65_536);
        part !== '';
        part = await file.read(run.process, 65_536)
      )
        await run.out(part);
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno === 'EPIPE') throw error;
      return run.fail(`write error: ${error.message}`);
    } finally {
      file.release();
    }
  }
  return status;
};

/** `tee`. */
export const tee: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'a' });
  const text = await readAll(run.stdin, run.process);
  await run.out(text);
  let status = 0;
  for (const name of rest) {
    try {
      const node = run.machine.files.open(run.process.who, run.path(name), {
        write: true,
        create: 0o666 & ~run.umask,
        truncate: !flags.has('a'),
      });
      if (node.kind === 'file') run.machine.files.write(node, flags.has('a') ? node.data.length : 0, text);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(`${name}: ${error.message}`);
    }
  }
  return status;
};
