/** `ln`. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { busybox } from './operands.ts';
import { readOptions } from './options.ts';
import { baseName } from './path-names.ts';

/** `ln` and `ln -s`. */
export const ln: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'sfnT' });
  const { files } = run.machine;
  const { who } = run.process;
  const [target = '', link = baseName(target)] = rest;
  const into = !flags.has('n') && !flags.has('T') && files.peek(who, run.path(link))?.kind === 'directory';
  const to = run.path(into ? `${link}/${baseName(target)}` : link);
  try {
    if (flags.has('f') && files.peek(who, to, { follow: false })) files.unlink(who, to);
    if (flags.has('s')) files.symlink(who, target, to);
    else files.link(who, run.path(target), to);
    return 0;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return run.fail(
      busybox(run)
        ? `${link}: ${error.message}`
        : `failed to create ${flags.has('s') ? 'symbolic' : 'hard'} link '${link}': ${error.message}`,
    );
  }
};
