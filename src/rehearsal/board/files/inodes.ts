/** Makes the nodes of a file system, each with a number of its own. */
import type { ByteString } from '../bytes.ts';
import { type Credential, root } from './credential.ts';
import type { DeviceNode, DirectoryNode, FileNode, LinkNode, Mount, Node } from './nodes.ts';

/** What a directory that comes and goes by itself holds under a name: a text, one made when read, a device, a link, or a directory. */
export type LooseEntry =
  string | (() => ByteString) | { readonly device: string } | { readonly target: string } | DirectoryNode;

/** Numbers and dates the nodes of one board. */
export class Inodes {
  private nextId = 2;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  private base(mount: Mount, mode: number, who: Credential, links: number) {
    return { id: this.nextId++, mount, mode, uid: who.uid, gid: who.gid, modified: this.now(), links };
  }

  /** An empty file. */
  file(mount: Mount, mode: number, who: Credential): FileNode {
    return { kind: 'file', ...this.base(mount, mode, who, 1), data: '' };
  }

  /** An empty directory. */
  directory(mount: Mount, mode: number, who: Credential): DirectoryNode {
    return { kind: 'directory', ...this.base(mount, mode, who, 2), entries: new Map() };
  }

  /** A symbolic link. */
  symlink(mount: Mount, target: string, who: Credential): LinkNode {
    return { kind: 'symlink', ...this.base(mount, 0o777, who, 1), target };
  }

  /** A device of root's. */
  device(mount: Mount, device: string, mode: number): DeviceNode {
    return { kind: 'device', ...this.base(mount, mode, root, 1), device };
  }

  /** Makes a directory that is in no other, for a living directory's entries. */
  loose(mount: Mount, entries: ReadonlyMap<string, LooseEntry>): DirectoryNode {
    const base = { mount, uid: 0, gid: 0, modified: this.now(), links: 1 };
    const nodes = new Map<string, Node>();
    for (const [name, entry] of entries) {
      const id = this.nextId++;
      if (typeof entry === 'function')
        nodes.set(name, { ...base, kind: 'file', id, mode: 0o444, data: '', generate: entry });
      else if (typeof entry === 'string')
        nodes.set(name, { ...base, kind: 'file', id, mode: 0o444, data: entry });
      else if ('device' in entry)
        nodes.set(name, { ...base, kind: 'device', id, mode: 0o600, device: entry.device });
      else if ('target' in entry)
        nodes.set(name, { ...base, kind: 'symlink', id, mode: 0o777, target: entry.target });
      else nodes.set(name, entry);
    }
    return { ...base, kind: 'directory', id: this.nextId++, mode: 0o555, entries: nodes };
  }
}
