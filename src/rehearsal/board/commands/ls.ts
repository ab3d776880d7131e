/** `ls`. */
import type { Node } from '../files/nodes.ts';
import type { Program } from '../shell/program.ts';
import { letters, nameOf, sizeOf } from './description.ts';
import { busybox, forEach } from './operands.ts';
import { readOptions } from './options.ts';

/** `ls` of names and directories. */
export const ls: Program = async (run) => {
  const { flags, rest } = readOptions(run, { flags: '1aAldnihFtrL', long: { color: '1' } });
  const { files } = run.machine;
  const { who } = run.process;
  const line = (name: string, node: Node): string => {
    const inode = flags.has('i') ? `${node.id} ` : '';
    if (!flags.has('l') && !flags.has('n')) return `${inode}${name}\n`;
    const owner = (id: number): string => (flags.has('n') ? String(id) : nameOf(run, id));
    const date = new Date(node.modified);
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const when = `${months[date.getUTCMonth()] ?? ''} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 16)}`;
    return `${inode}${letters(node)} ${node.links} ${owner(node.uid)} ${owner(node.gid)} ${sizeOf(node)} ${when} ${name}${node.kind === 'symlink' ? ` -> ${node.target}` : ''}\n`;
  };
  const directories: string[] = [];
  const status = await forEach(
    run,
    rest.length === 0 ? ['.'] : rest,
    (name, error) =>
      busybox(run)
        ? `${name}: ${error.message}`
        : error.errno === 'EACCES'
          ? `cannot open directory '${name}': ${error.message}`
          : `cannot access '${name}': ${error.message}`,
    async (name) => {
      const path = run.path(name);
      const itself = files.nodeItself(who, path);
      const node = flags.has('l') && !name.endsWith('/') ? itself : (files.peek(who, path) ?? itself);
      if (node.kind === 'directory' && !flags.has('d')) {
        files.list(who, path);
        directories.push(name);
      } else await run.out(line(name, node));
    },
  );
  for (const [index, name] of directories.entries()) {
    if (rest.length > 1) await run.out(`${index > 0 ? '\n' : ''}${name}:\n`);
    if (flags.has('l')) await run.out('total 0\n');
    const names = files
      .list(who, run.path(name))
      .filter((entry) => flags.has('a') || flags.has('A') || !entry.startsWith('.'));
    for (const entry of flags.has('a') ? ['.', '..', ...names] : names)
      await run.out(line(entry, files.nodeItself(who, `${run.path(name)}/${entry}`)));
  }
  return status === 1 && !busybox(run) ? 2 : status;
};
