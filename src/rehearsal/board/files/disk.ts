/**
 * What is durable of a file system, and what a power cut leaves.
 *
 * Data and directory entries become durable separately, as on a disk.
 */
import type { ByteString } from '../bytes.ts';
import { blocks } from './blocks.ts';
import { maxLinks } from './lookup.ts';
import type { DirectoryNode, Mount, Node } from './nodes.ts';

type Saved =
  | {
      readonly kind: 'file';
      readonly data: ByteString;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly modified: number;
    }
  | {
      readonly kind: 'directory';
      readonly entries: ReadonlyMap<string, Node>;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly modified: number;
    };

/** The durable state behind a file system's nodes. */
export class Disk {
  private readonly saved = new Map<Node, Saved>();
  private readonly dirty = new Set<Node>();
  /** Directories between which something was renamed: a journal commits both or neither. */
  private readonly tied = new Map<Node, Set<Node>>();

  /** Notes that a node is no longer what the disk holds of it. */
  changed(node: Node): void {
    this.dirty.add(node);
  }

  private snapshotDirectory(node: DirectoryNode): Extract<Saved, { kind: 'directory' }> {
    return {
      kind: 'directory',
      entries: new Map(node.entries),
      mode: node.mode,
      uid: node.uid,
      gid: node.gid,
      modified: node.modified,
    };
  }

  /** Makes the entries of two directories durable together, whichever is saved first. */
  tie(one: Node, two: Node): void {
    const group = new Set([one, two, ...(this.tied.get(one) ?? []), ...(this.tied.get(two) ?? [])]);
    for (const member of group) this.tied.set(member, group);
  }

  /** Makes durable the content of one file, or the entries of one directory. */
  save(node: Node): void {
    const group = this.tied.get(node);
    if (group) {
      for (const member of group) this.tied.delete(member);
      for (const member of group) this.save(member);
      return;
    }
    this.dirty.delete(node);
    if (node.kind === 'file') {
      this.saved.set(node, {
        kind: 'file',
        data: node.data,
        mode: node.mode,
        uid: node.uid,
        gid: node.gid,
        modified: node.modified,
      });
    } else if (node.kind === 'directory') this.saved.set(node, this.snapshotDirectory(node));
  }

  /** Saves everything that changed; `mount` limits it to one file system. */
  saveAll(mount?: Mount): void {
    for (const node of [...this.dirty]) if (!mount || node.mount === mount) this.save(node);
  }

  /** What a path would hold after a power cut now; undefined when nothing would be there. */
  durable(top: DirectoryNode, path: string): ByteString | undefined {
    let node: Node = top;
    let links = 0;
    let parts = path.split('/').filter((part) => part !== '');
    while (parts.length > 0) {
      if (node.kind !== 'directory') return undefined;
      const [name = '', ...rest] = parts;
      const saved = this.saved.get(node);
      const child: Node | undefined = saved?.kind === 'directory' ? saved.entries.get(name) : undefined;
      if (!child) return undefined;
      parts = rest;
      if (child.kind === 'symlink') {
        if (++links > maxLinks) return undefined;
        parts = [...child.target.split('/').filter((part) => part !== ''), ...parts];
        if (child.target.startsWith('/')) node = top;
        continue;
      }
      node = child;
    }
    if (node.kind !== 'file' || node.mount.volatile) return undefined;
    const saved = this.saved.get(node);
    return saved?.kind === 'file' ? saved.data : '';
  }

  /**
   * Cuts the power. What was not synced is gone, unless `survives` says that this piece reached the disk by itself: a
   * kernel writes back in any order, so that each piece may or may not.
   */
  powerCut(top: DirectoryNode, mounts: readonly Mount[], survives: (node: Node) => boolean): void {
    for (const node of [...this.dirty]) if (survives(node)) this.save(node);
    const seen = new Set<Node>();
    for (const mount of mounts) mount.used = 0;
    const restore = (node: Node): void => {
      if (seen.has(node)) {
        node.links++;
        return;
      }
      seen.add(node);
      node.links = node.kind === 'directory' ? 2 : 1;
      if (node.kind === 'file') {
        const saved = this.saved.get(node);
        if (saved?.kind === 'file') {
          node.data = saved.data;
          node.mode = saved.mode;
          node.uid = saved.uid;
          node.gid = saved.gid;
          node.modified = saved.modified;
        } else node.data = '';
        node.mount.used += blocks(node.data.length);
        return;
      }
      if (node.kind !== 'directory') return;
      const saved = node.mount.volatile ? undefined : this.saved.get(node);
      node.entries = new Map(saved?.kind === 'directory' ? saved.entries : []);
      if (saved) {
        node.mode = saved.mode;
        node.uid = saved.uid;
        node.gid = saved.gid;
      }
      for (const child of node.entries.values()) restore(child);
    };
    restore(top);
    this.dirty.clear();
    this.tied.clear();
    for (const node of [...this.saved.keys()]) if (!seen.has(node)) this.saved.delete(node);
  }
}
