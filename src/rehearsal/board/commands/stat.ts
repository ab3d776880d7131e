/** `stat`. */
import type { Node } from '../files/nodes.ts';
import { NotSimulated } from '../not-simulated.ts';
import type { Program } from '../shell/program.ts';
import { letters, nameOf, sizeOf } from './description.ts';
import { busybox, forEach } from './operands.ts';
import { readOptions } from './options.ts';

const typeNames: Readonly<Record<Node['kind'], string>> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  device: 'character special file',
};

/** `stat -c FORMAT`. */
export const stat: Program = async (run) => {
  const { flags, values, rest } = readOptions(run, {
    flags: 'Lf',
    valued: 'c',
    long: { format: 'c', dereference: 'L' },
  });
  const pattern = values.get('c');
  if (pattern === undefined || flags.has('f')) throw new NotSimulated('stat without -c');
  return forEach(
    run,
    rest,
    (name, error) =>
      busybox(run) ? `can't stat '${name}': ${error.message}` : `cannot statx '${name}': ${error.message}`,
    async (name) => {
      const path = run.path(name);
      const { files } = run.machine;
      const { who } = run.process;
      const node = flags.has('L') ? files.node(who, path) : files.nodeItself(who, path);
      const seconds = String(Math.floor(node.modified / 1000));
      const text = pattern.replace(/%(.)/gu, (_, letter: string) => {
        switch (letter) {
          case 'a':
            return node.mode.toString(8);
          case 'A':
            return letters(node);
          case 'u':
            return String(node.uid);
          case 'g':
            return String(node.gid);
          case 'U':
            return nameOf(run, node.uid);
          case 'G':
            return nameOf(run, node.gid);
          case 's':
            return String(sizeOf(node));
          case 'n':
            return name;
          case 'N':
            return node.kind === 'symlink' ? `'${name}' -> '${node.target}'` : `'${name}'`;
          case 'F':
            return node.kind === 'file' && sizeOf(node) === 0 ? 'regular empty file' : typeNames[node.kind];
          case 'i':
            return String(node.id);
          case 'd':
            return String(0xb300 + node.mount.id);
          case 'h':
            return String(node.links);
          case 'm':
            return node.mount.path;
          case 'X':
          case 'Y':
          case 'Z':
            return seconds;
          case 'b':
            return String(Math.ceil(sizeOf(node) / 4096) * 8);
          case 'B':
            return '512';
          case '%':
            return '%';
          default:
            throw new NotSimulated(`stat -c %${letter}`);
        }
      });
      await run.out(`${text}\n`);
    },
  );
};
