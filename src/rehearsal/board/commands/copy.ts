/** `cp`. */
import { SystemError } from '../files/errors.ts';
import type { Invocation, Program } from '../shell/program.ts';
import { destinations } from './destinations.ts';
import { busybox, missing } from './operands.ts';
import { readOptions } from './options.ts';

function copyFile(run: Invocation, from: string, to: string, keep: boolean): void {
  const { files } = run.machine;
  const { who } = run.process;
  const source = files.open(who, from, { read: true });
  if (source.kind === 'directory') throw new SystemError('EISDIR');
  const data = source.kind === 'file' ? files.dataOf(source) : '';
  files.put(who, to, data, source.mode & 0o777 & ~(keep ? 0 : run.umask));
  if (keep) {
    files.chmod(who, to, source.mode);
    if (who.uid === 0) files.chown(who, to, source.uid, source.gid);
    files.touch(who, to, source.modified);
  }
}

/** Copies what is at a path, with everything in it. `keep` keeps mode, owner and time. */
export function copyTree(run: Invocation, from: string, to: string, keep: boolean): void {
  const { files } = run.machine;
  const { who } = run.process;
  const node = files.nodeItself(who, from);
  if (node.kind === 'directory') {
    if (!files.peek(who, to)) files.mkdir(who, to, node.mode);
    for (const name of files.list(who, from)) copyTree(run, `${from}/${name}`, `${to}/${name}`, keep);
  } else if (node.kind === 'symlink') files.symlink(who, node.target, to);
  else copyFile(run, from, to, keep);
}

/** `cp` of files and, with -a or -r, of trees. */
export const cp: Program = (run) => {
  const { flags, rest } = readOptions(run, { flags: 'aprRfdTv' });
  if (rest.length < 2) return missing(run);
  let status = 0;
  for (const { from, to, name, target } of destinations(run, rest, flags.has('T'))) {
    try {
      const keep = flags.has('a') || flags.has('p');
      if (flags.has('a') || flags.has('r') || flags.has('R')) copyTree(run, from, to, keep);
      else copyFile(run, from, to, keep);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const sourceThere = run.machine.files.peek(run.process.who, from) !== undefined;
      status = run.fail(
        error.errno === 'EISDIR'
          ? `-r not specified; omitting directory '${name}'`
          : busybox(run)
            ? `can't ${sourceThere ? 'create' : 'stat'} '${sourceThere ? target : name}': ${error.message}`
            : !sourceThere
              ? `cannot stat '${name}': ${error.message}`
              : error.errno === 'ENOSPC'
                ? `error writing '${target}': ${error.message}`
                : `cannot create regular file '${target}': ${error.message}`,
      );
    }
  }
  return status;
};
