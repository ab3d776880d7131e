/** `mv`. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { copyTree } from './copy.ts';
import { destinations } from './destinations.ts';
import { busybox, missing } from './operands.ts';
import { readOptions } from './options.ts';
import { removeTree } from './remove.ts';

/** `mv`: a rename, or a copy and a removal from one file system to another. */
export const mv: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'fnTv' });
  if (rest.length < 2) return missing(run);
  const { files } = run.machine;
  const { who } = run.process;
  let status = 0;
  for (const { from, to, name, target } of destinations(run, rest, flags.has('T'))) {
    try {
      if (flags.has('n') && files.peek(who, to, { follow: false })) continue;
      try {
        files.rename(who, from, to);
      } catch (error) {
        if (!(error instanceof SystemError && error.errno === 'EXDEV')) throw error;
        if (files.peek(who, to)) files.unlink(who, to);
        copyTree(run, from, to, true);
        removeTree(run, from);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const there = files.peek(who, from, { follow: false }) !== undefined;
      status = run.fail(
        busybox(run)
          ? `can't rename '${name}': ${error.message}`
          : there
            ? `cannot move '${name}' to '${target}': ${error.message}`
            : `cannot stat '${name}': ${error.message}`,
      );
    }
  }
  return status;
};
