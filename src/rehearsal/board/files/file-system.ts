/**
 * The file systems of a simulated board, with what a power cut does to them.
 *
 * Data and directory entries become durable separately, as on a disk: `syncNode` makes a file's content durable, `syncNode`
 * of a directory makes its entries durable, `syncAll` both for everything. A power cut leaves what was durable: a synced
 * file whose directory entry was not synced is lost, a rename without a sync of the directory is undone, an entry whose
 * file was never synced shows an empty file (as ext4's delayed allocation leaves it).
 */
import type { ByteString } from '../bytes.ts';
import { blocks } from './blocks.ts';
import { type Credential, root } from './credential.ts';
import { Disk } from './disk.ts';
import { SystemError } from './errors.ts';
import { Inodes } from './inodes.ts';
import { allowed, find } from './lookup.ts';
import type { DeviceNode, DirectoryNode, FileNode, Mount, Node } from './nodes.ts';

/** The tree of a board's mounted file systems, as the system calls see it. */
export class FileSystem {
  readonly mounts: Mount[] = [];
  readonly top: DirectoryNode;
  /** Makes nodes that are not in the tree yet. */
  readonly inodes: Inodes;
  private readonly now: () => number;
  private readonly disk = new Disk();

  constructor(options: { readonly now: () => number; readonly device: string; readonly capacity: number }) {
    this.now = options.now;
    this.inodes = new Inodes(options.now);
    const mount: Mount = {
      id: 1,
      path: '/',
      device: options.device,
      type: 'ext4',
      capacity: options.capacity,
      used: 0,
      readOnly: false,
      volatile: false,
    };
    this.mounts.push(mount);
    this.top = this.inodes.directory(mount, 0o755, root);
    this.disk.save(this.top);
  }

  /** Mounts a file system on a directory, which is made when it is missing. */
  mount(
    path: string,
    options: { device: string; type: string; capacity: number; volatile?: boolean; mode?: number },
  ): Mount {
    const found = find(this.top, root, path, { follow: true });
    const mount: Mount = {
      id: this.mounts.length + 1,
      path,
      device: options.device,
      type: options.type,
      capacity: options.capacity,
      used: 0,
      readOnly: false,
      volatile: options.volatile ?? false,
    };
    this.mounts.push(mount);
    const node = this.inodes.directory(mount, options.mode ?? 0o755, root);
    this.disk.save(node);
    found.parent.entries.set(found.name, node);
    this.disk.changed(found.parent);
    return mount;
  }

  /** Whether `who` may read (4), write (2) or execute (1) what is at a path. */
  access(who: Credential, path: string, bit: 4 | 2 | 1): boolean {
    const node = this.peek(who, path);
    if (!node) return false;
    if (bit === 2 && node.mount.readOnly && node.kind !== 'device') return false;
    return allowed(who, node, bit);
  }

  /** What is at a path, links followed. */
  node(who: Credential, path: string): Node {
    const found = find(this.top, who, path, { follow: true });
    if (!found.node) throw new SystemError('ENOENT');
    if (path.endsWith('/') && found.node.kind !== 'directory') throw new SystemError('ENOTDIR');
    return found.node;
  }

  /** What is at a path, a link itself not followed. */
  nodeItself(who: Credential, path: string): Node {
    const found = find(this.top, who, path, { follow: false });
    if (!found.node) throw new SystemError('ENOENT');
    return found.node;
  }

  /** What is at a path, or undefined when nothing is or it cannot be reached. */
  peek(
    who: Credential,
    path: string,
    options: { readonly follow: boolean } = { follow: true },
  ): Node | undefined {
    try {
      return options.follow ? this.node(who, path) : this.nodeItself(who, path);
    } catch (error) {
      if (error instanceof SystemError) return undefined;
      throw error;
    }
  }

  /** The path without any link, `.` or `..` in it. The last part need not exist. */
  resolve(who: Credential, path: string): string {
    return find(this.top, who, path, { follow: true }).path;
  }

  private directory(who: Credential, path: string): DirectoryNode {
    const node = this.node(who, path);
    if (node.kind !== 'directory') throw new SystemError('ENOTDIR');
    return node;
  }

  /** The names in a directory, sorted. */
  list(who: Credential, path: string): string[] {
    const directory = this.directory(who, path);
    if (!allowed(who, directory, 4)) throw new SystemError('EACCES');
    return [...directory.entries.keys(), ...(directory.living?.names() ?? [])].sort();
  }

  private writable(who: Credential, directory: DirectoryNode): void {
    if (directory.mount.readOnly) throw new SystemError('EROFS');
    if (!allowed(who, directory, 2)) throw new SystemError('EACCES');
  }

  private enter(directory: DirectoryNode, name: string, node: Node): void {
    directory.entries.set(name, node);
    directory.modified = this.now();
    this.disk.changed(directory);
    this.disk.changed(node);
  }

  private leave(directory: DirectoryNode, name: string): void {
    const node = directory.entries.get(name);
    directory.entries.delete(name);
    directory.modified = this.now();
    this.disk.changed(directory);
    if (!node) return;
    node.links--;
    if (node.kind === 'file' && node.links === 0) node.mount.used -= blocks(node.data.length);
  }

  /**
   * Opens a file for writing or reading, making it when `create` is set. `mode` is the mode of a new file, the umask
   * taken off already.
   */
  open(
    who: Credential,
    path: string,
    options: {
      readonly read?: boolean;
      readonly write?: boolean;
      readonly create?: number;
      readonly truncate?: boolean;
      readonly exclusive?: boolean;
    },
  ): FileNode | DeviceNode | DirectoryNode {
    const found = find(this.top, who, path, { follow: true });
    let node = found.node;
    if (node && options.exclusive) throw new SystemError('EEXIST');
    if (!node) {
      if (options.create === undefined) throw new SystemError('ENOENT');
      if (path.endsWith('/')) throw new SystemError('EISDIR');
      this.writable(who, found.parent);
      node = this.inodes.file(found.parent.mount, options.create, who);
      this.enter(found.parent, found.name, node);
      return node;
    }
    if (path.endsWith('/') && node.kind !== 'directory') throw new SystemError('ENOTDIR');
    if (node.kind === 'symlink') throw new SystemError('ELOOP');
    if (node.kind === 'directory') {
      if (options.write) throw new SystemError('EISDIR');
      return node;
    }
    if (options.write && node.kind === 'file' && node.mount.readOnly) throw new SystemError('EROFS');
    if (options.read && !allowed(who, node, 4)) throw new SystemError('EACCES');
    if (options.write && !allowed(who, node, 2)) throw new SystemError('EACCES');
    if (options.truncate && node.kind === 'file' && !node.consume) this.setData(node, '');
    return node;
  }

  /** The bytes of an open file. */
  dataOf(node: FileNode): ByteString {
    return node.generate ? node.generate() : node.data;
  }

  private setData(node: FileNode, data: ByteString): void {
    const grows = blocks(data.length) - blocks(node.data.length);
    if (node.links > 0) {
      if (grows > 0 && node.mount.used + grows > node.mount.capacity) throw new SystemError('ENOSPC');
      node.mount.used += grows;
    }
    node.data = data;
    node.modified = this.now();
    this.disk.changed(node);
  }

  /** Writes at an offset of an open file. On a full file system what fits is written, then ENOSPC is thrown. */
  write(node: FileNode, offset: number, data: ByteString): void {
    if (node.consume) {
      node.consume(data);
      return;
    }
    const old = node.data;
    const put = (part: ByteString): ByteString =>
      offset === old.length
        ? old + part
        : old.slice(0, offset).padEnd(offset, '\0') + part + old.slice(offset + part.length);
    const free = Math.max(0, node.mount.capacity - node.mount.used) + blocks(old.length) - offset;
    if (data.length > free && blocks(offset + data.length) > blocks(old.length)) {
      if (free > 0) this.setData(node, put(data.slice(0, free)));
      throw new SystemError('ENOSPC');
    }
    this.setData(node, put(data));
  }

  /** Cuts or stretches an open file. */
  truncate(node: FileNode, size: number): void {
    this.setData(node, node.data.slice(0, size).padEnd(size, '\0'));
  }

  /** Reads a whole file. */
  read(who: Credential, path: string): ByteString {
    const node = this.open(who, path, { read: true });
    if (node.kind === 'directory') throw new SystemError('EISDIR');
    return node.kind === 'file' ? this.dataOf(node) : '';
  }

  /** Writes a whole file, making it with `mode` when it is not there. Does not sync. */
  put(who: Credential, path: string, data: ByteString, mode = 0o644): FileNode {
    const node = this.open(who, path, { write: true, create: mode, truncate: true });
    if (node.kind !== 'file') throw new SystemError('EISDIR');
    this.write(node, 0, data);
    return node;
  }

  mkdir(who: Credential, path: string, mode: number): DirectoryNode {
    const found = find(this.top, who, path.replace(/\/+$/u, ''), { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    this.writable(who, found.parent);
    const node = this.inodes.directory(found.parent.mount, mode, who);
    this.enter(found.parent, found.name, node);
    return node;
  }

  symlink(who: Credential, target: string, path: string): void {
    const found = find(this.top, who, path, { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    this.writable(who, found.parent);
    this.enter(found.parent, found.name, this.inodes.symlink(found.parent.mount, target, who));
  }

  /** Puts a device at a path. */
  device(path: string, device: string, mode = 0o666): void {
    const found = find(this.top, root, path, { follow: false });
    this.enter(found.parent, found.name, this.inodes.device(found.parent.mount, device, mode));
  }

  link(who: Credential, from: string, to: string): void {
    const node = this.nodeItself(who, from);
    if (node.kind === 'directory') throw new SystemError('EPERM');
    const found = find(this.top, who, to, { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    if (found.parent.mount !== node.mount) throw new SystemError('EXDEV');
    this.writable(who, found.parent);
    node.links++;
    this.enter(found.parent, found.name, node);
  }

  unlink(who: Credential, path: string): void {
    const found = find(this.top, who, path, { follow: false });
    if (!found.node) throw new SystemError('ENOENT');
    if (found.node.kind === 'directory') throw new SystemError('EISDIR');
    this.writable(who, found.parent);
    this.leave(found.parent, found.name);
  }

  rmdir(who: Credential, path: string): void {
    const found = find(this.top, who, path.replace(/\/+$/u, ''), { follow: false });
    if (!found.node) throw new SystemError('ENOENT');
    if (found.node.kind !== 'directory') throw new SystemError('ENOTDIR');
    if (found.node.entries.size > 0) throw new SystemError('ENOTEMPTY');
    if (this.mounts.some((mount) => mount === found.node?.mount && mount !== found.parent.mount))
      throw new SystemError('EBUSY');
    this.writable(who, found.parent);
    this.leave(found.parent, found.name);
  }

  /** Renames, replacing what is at `to`. Atomic for whoever looks; durable only when the directories are synced. */
  rename(who: Credential, from: string, to: string): void {
    const source = find(this.top, who, from, { follow: false });
    if (!source.node) throw new SystemError('ENOENT');
    const target = find(this.top, who, to, { follow: false });
    if (target.parent.mount !== source.node.mount || source.parent.mount !== source.node.mount)
      throw new SystemError('EXDEV');
    this.writable(who, source.parent);
    this.writable(who, target.parent);
    if (target.node === source.node) return;
    if (target.node) {
      if (target.node.kind === 'directory') {
        if (source.node.kind !== 'directory') throw new SystemError('EISDIR');
        if (target.node.entries.size > 0) throw new SystemError('ENOTEMPTY');
      } else if (source.node.kind === 'directory') throw new SystemError('ENOTDIR');
      this.leave(target.parent, target.name);
    }
    if (source.parent !== target.parent) this.disk.tie(source.parent, target.parent);
    const node = source.node;
    node.links++;
    this.leave(source.parent, source.name);
    this.enter(target.parent, target.name, node);
  }

  private owned(who: Credential, node: Node): void {
    if (node.mount.readOnly) throw new SystemError('EROFS');
    if (who.uid !== 0 && who.uid !== node.uid) throw new SystemError('EPERM');
  }

  chmod(who: Credential, path: string, mode: number): void {
    const node = this.node(who, path);
    this.owned(who, node);
    node.mode = mode;
    this.disk.changed(node);
  }

  chown(who: Credential, path: string, uid: number, gid: number): void {
    const node = this.node(who, path);
    if (node.mount.readOnly) throw new SystemError('EROFS');
    if (who.uid !== 0) throw new SystemError('EPERM');
    node.uid = uid;
    node.gid = gid;
    this.disk.changed(node);
  }

  touch(who: Credential, path: string, time: number): void {
    const node = this.node(who, path);
    this.owned(who, node);
    node.modified = time;
    this.disk.changed(node);
  }

  /** Makes durable the content of one file, or the entries of one directory: what fsync promises, no more. */
  syncNode(node: Node): void {
    this.disk.save(node);
  }

  /** Makes everything durable, as `sync` without arguments does; `mount` limits it to one file system. */
  syncAll(mount?: Mount): void {
    this.disk.saveAll(mount);
  }

  /** Empties a volatile file system, as its end does. */
  clear(mount: Mount): void {
    const node = this.peek(root, mount.path);
    if (node?.kind !== 'directory' || node.mount !== mount) return;
    node.entries = new Map();
    mount.used = 0;
  }

  /** What a path would hold after a power cut now; undefined when nothing would be there. */
  durable(path: string): ByteString | undefined {
    return this.disk.durable(this.top, path);
  }

  /**
   * Cuts the power. What was not synced is gone, unless `survives` says that this piece reached the disk by itself: a
   * kernel writes back in any order, so that each piece may or may not.
   */
  powerCut(survives: (node: Node) => boolean = () => false): void {
    this.disk.powerCut(this.top, this.mounts, survives);
  }
}
