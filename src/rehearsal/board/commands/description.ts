/** How `ls` and `stat` describe a file. */
import type { Node } from '../files/nodes.ts';
import type { Invocation } from '../shell/program.ts';
import { busybox } from './operands.ts';

/** Kind and permissions of a file as `ls -l` shows them, such as `-rw-r--r--`. */
export const letters = (node: Node): string => {
  const kind =
    node.kind === 'directory' ? 'd' : node.kind === 'symlink' ? 'l' : node.kind === 'device' ? 'c' : '-';
  return (
    kind +
    [6, 3, 0]
      .map((shift) =>
        ['r', 'w', 'x'].map((letter, index) => ((node.mode >> shift) & (4 >> index) ? letter : '-')).join(''),
      )
      .join('')
  );
};

/** The size in bytes that a file shows. */
export const sizeOf = (node: Node): number =>
  node.kind === 'file'
    ? node.generate
      ? 0
      : node.data.length
    : node.kind === 'symlink'
      ? node.target.length
      : node.kind === 'directory'
        ? 4096
        : 0;

/** A user id's name, or what stands for one that has none. */
export const nameOf = (run: Invocation, uid: number): string =>
  run.machine.userById(uid)?.name ?? (busybox(run) ? 'UNKNOWN' : String(uid));
