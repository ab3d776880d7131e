/** How a path leads to what is there, as far as a user may go. */
import type { Credential } from './credential.ts';
import { SystemError } from './errors.ts';
import type { DirectoryNode, Node } from './nodes.ts';

/** Links that a path may lead through before the kernel gives up. */
export const maxLinks = 40;

/** Where a path leads: what is there, or where it would be. */
export interface Found {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly node: Node | undefined;
  /** The path without links in front of its last part. */
  readonly path: string;
}

/** Whether `who` may read (4), write (2) or execute (1) a node; a directory is executed by passing through it. */
export function allowed(who: Credential, node: Node, bit: 4 | 2 | 1): boolean {
  if (who.uid === 0) return bit !== 1 || node.kind === 'directory' || (node.mode & 0o111) !== 0;
  const shift = who.uid === node.uid ? 6 : who.gid === node.gid ? 3 : 0;
  return ((node.mode >> shift) & bit) !== 0;
}

/** Walks a path from the top. Throws `SystemError` where it cannot go on; only the last part need not exist. */
export function find(
  top: DirectoryNode,
  who: Credential,
  path: string,
  options: { readonly follow: boolean },
): Found {
  let links = 0;
  let parts = path.split('/').filter((part) => part !== '' && part !== '.');
  let trail: { node: DirectoryNode; name: string }[] = [{ node: top, name: '' }];
  const here = (): DirectoryNode => trail.at(-1)?.node ?? top;
  const pathOf = (): string =>
    trail
      .slice(1)
      .map((step) => `/${step.name}`)
      .join('');
  while (parts.length > 0) {
    const [name = '', ...rest] = parts;
    parts = rest;
    const directory = here();
    if (!allowed(who, directory, 1)) throw new SystemError('EACCES');
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const node = directory.entries.get(name) ?? directory.living?.get(name);
    const last = parts.length === 0;
    if (node?.kind === 'symlink' && (!last || options.follow || path.endsWith('/'))) {
      if (++links > maxLinks) throw new SystemError('ELOOP');
      parts = [...node.target.split('/').filter((part) => part !== '' && part !== '.'), ...parts];
      if (node.target.startsWith('/')) trail = [{ node: top, name: '' }];
      continue;
    }
    if (last) return { parent: directory, name, node, path: `${pathOf()}/${name}` };
    if (!node) throw new SystemError('ENOENT');
    if (node.kind !== 'directory') throw new SystemError('ENOTDIR');
    trail.push({ node, name });
  }
  const last = trail.at(-1);
  const parent = trail.at(-2)?.node ?? top;
  return { parent, name: last?.name ?? '', node: here(), path: pathOf() === '' ? '/' : pathOf() };
}
