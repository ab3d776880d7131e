/** The programs that print a path in another form. */
import { SystemError } from '../files/errors.ts';
import type { Program } from '../shell/program.ts';
import { readOptions } from './options.ts';

/** The last part of a path. */
export const baseName = (path: string): string => path.replace(/\/+$/u, '').replace(/^.*\//u, '') || '/';

/** A path without its last part. */
export const dirName = (path: string): string => {
  const bare = path.replace(/\/+$/u, '');
  const at = bare.lastIndexOf('/');
  return at < 0
    ? path.startsWith('/')
      ? '/'
      : '.'
    : at === 0
      ? '/'
      : bare.slice(0, at).replace(/\/+$/u, '') || '/';
};

/** `readlink`, with -f and -e. */
export const readlink: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: 'fnemq' });
  if (flags.has('f') && run.machine.options.system.readlink === 'plain')
    return run.fail("invalid option -- 'f'");
  let status = rest.length === 0 ? 1 : 0;
  for (const name of rest) {
    try {
      if (flags.has('f') || flags.has('e') || flags.has('m')) {
        const path = run.machine.files.resolve(run.process.who, run.path(name));
        if (flags.has('e')) run.machine.files.node(run.process.who, path);
        await run.out(`${path}${flags.has('n') ? '' : '\n'}`);
        continue;
      }
      const node = run.machine.files.nodeItself(run.process.who, run.path(name));
      if (node.kind !== 'symlink') status = 1;
      else await run.out(`${node.target}${flags.has('n') ? '' : '\n'}`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = 1;
    }
  }
  return status;
};

/** `realpath`. */
export const realpath: Program = async (run) => {
  const { rest } = readOptions(run, { flags: 'em' });
  let status = 0;
  for (const name of rest) {
    try {
      await run.out(`${run.machine.files.resolve(run.process.who, run.path(name))}\n`);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      status = run.fail(`${name}: ${error.message}`);
    }
  }
  return status;
};

/** `basename`. */
export const basename: Program = async (run) => {
  const [path = '', suffix = ''] = run.args;
  const name = baseName(path);
  await run.out(
    `${suffix !== '' && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`,
  );
  return 0;
};

/** `dirname`. */
export const dirname: Program = async (run) => {
  for (const path of run.args) await run.out(`${dirName(path)}\n`);
  return 0;
};
