/** The programs that change a file's mode, owner or time. */
import type { Program } from '../shell/program.ts';
import { parseMode } from './mode.ts';
import { busybox, forEach } from './operands.ts';
import { readOptions } from './options.ts';

/** `touch`. */
export const touch: Program = (run) => {
  const { rest, flags } = readOptions(run, { flags: 'c', valued: 'd' });
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `${name}: ${error.message}` : `cannot touch '${name}': ${error.message}`,
    (name) => {
      const path = run.path(name);
      if (run.machine.files.peek(run.process.who, path))
        run.machine.files.touch(run.process.who, path, run.machine.now());
      else if (!flags.has('c'))
        run.machine.files.open(run.process.who, path, { write: true, create: 0o666 & ~run.umask });
    },
  );
};

/** `chmod`, in octal or by changes. */
export const chmod: Program = (run) => {
  // A mode such as -x would look like an option.
  const { rest, flags } = readOptions(run, { flags: 'Rfv' });
  const [mode = '', ...names] = rest;
  const change = (path: string): void => {
    const node = run.machine.files.node(run.process.who, path);
    run.machine.files.chmod(run.process.who, path, parseMode(mode, node.mode));
    if (flags.has('R') && node.kind === 'directory')
      for (const name of run.machine.files.list(run.process.who, path)) change(`${path}/${name}`);
  };
  return forEach(
    run,
    names,
    (name, error) =>
      busybox(run)
        ? `${name}: ${error.message}`
        : error.errno === 'ENOENT'
          ? `cannot access '${name}': ${error.message}`
          : `changing permissions of '${name}': ${error.message}`,
    (name) => change(run.path(name)),
  );
};

/** `chown`, by name or number. */
export const chown: Program = (run) => {
  const { rest, flags } = readOptions(run, { flags: 'Rh' });
  const [owner = '', ...names] = rest;
  const [user = '', group] = owner.split(/[:.]/u);
  const found = run.machine.user(user);
  const uid = found?.uid ?? Number(user);
  const gid = group === undefined ? (found?.uid ?? uid) : (run.machine.user(group)?.uid ?? Number(group));
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) return run.fail(`invalid user: '${owner}'`);
  const change = (path: string): void => {
    run.machine.files.chown(run.process.who, path, uid, gid);
    if (flags.has('R') && run.machine.files.node(run.process.who, path).kind === 'directory')
      for (const name of run.machine.files.list(run.process.who, path)) change(`${path}/${name}`);
  };
  return forEach(
    run,
    names,
    (name, error) => `changing ownership of '${name}': ${error.message}`,
    (name) => change(run.path(name)),
  );
};
