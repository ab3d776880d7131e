/** `mkdir` and `rmdir`. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { parseMode } from './mode.ts';
import { busybox, forEach, missing } from './operands.ts';
import { readOptions } from './options.ts';

/** `mkdir`, with -p and -m. */
export const mkdir: Program = (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'pv',
    valued: 'm',
    long: { parents: 'p', mode: 'm' },
  });
  if (rest.length === 0) return missing(run);
  const { files } = run.machine;
  const { who } = run.process;
  const mode = values.has('m') ? parseMode(values.get('m') ?? '', 0o777) : 0o777 & ~run.umask;
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run)
        ? `can't create directory '${name}': ${error.message}`
        : `cannot create directory ‘${name}’: ${error.message}`.replace(/[‘’]/gu, "'"),
    (name) => {
      const path = run.path(name);
      if (!flags.has('p')) {
        files.mkdir(who, path, mode);
        return;
      }
      const parts = path.split('/').filter((part) => part !== '');
      parts.forEach((_, index) => {
        const here = `/${parts.slice(0, index + 1).join('/')}`;
        const node = files.peek(who, here);
        if (node) {
          if (node.kind !== 'directory')
            throw new SystemError(index === parts.length - 1 ? 'EEXIST' : 'ENOTDIR');
          return;
        }
        files.mkdir(who, here, index === parts.length - 1 ? mode : 0o777 & ~run.umask);
      });
    },
  );
};

/** `rmdir`. */
export const rmdir: Program = (run) => {
  const { rest } = readOptions(run, {});
  return forEach(
    run,
    rest,
    (name, error) => `${busybox(run) ? '' : 'failed to remove '}'${name}': ${error.message}`,
    (name) => run.machine.files.rmdir(run.process.who, run.path(name)),
  );
};
