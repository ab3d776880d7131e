/** `rm`. */
import { SystemError } from '../files/errors.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { busybox, forEach, missing } from './operands.ts';
import { readOptions } from './options.ts';

/** Removes what is at a path, with everything in it. */
export function removeTree(run: Invocation, path: string): void {
  const { files } = run.machine;
  const { who } = run.process;
  const node = files.nodeItself(who, path);
  if (node.kind === 'directory') {
    for (const name of files.list(who, path)) removeTree(run, `${path}/${name}`);
    files.rmdir(who, path);
  } else files.unlink(who, path);
}

/** `rm`, with -r and -f. */
export const rm: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'rRfvd' });
  if (rest.length === 0) return flags.has('f') ? 0 : missing(run);
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `can't remove '${name}': ${error.message}` : `cannot remove '${name}': ${error.message}`,
    (name) => {
      const path = run.path(name);
      try {
        if (flags.has('r') || flags.has('R')) removeTree(run, path);
        else run.machine.files.unlink(run.process.who, path);
      } catch (error) {
        if (!(error instanceof SystemError && error.errno === 'ENOENT' && flags.has('f'))) throw error;
      }
    },
  );
};
