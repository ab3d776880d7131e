/**
 * The file systems of a simulated board, with what a power cut does to them.
 *
 * Data and directory entries become durable separately, as on a disk: `syncFile` makes a file's content durable, `syncFile`
 * of a directory makes its entries durable, `syncAll` both for everything. A power cut leaves what was durable: a synced
 * file whose directory entry was not synced is lost, a rename without a sync of the directory is undone, an entry whose
 * file was never synced shows an empty file (as ext4's delayed allocation leaves it).
 */
import type { ByteString } from '../bytes.ts';
import { SystemError } from './errors.ts';

/** Who asks for a file: user id 0 passes every check. */
export interface Credential {
  readonly uid: number;
  readonly gid: number;
}

/** The super-user. */
export const root: Credential = { uid: 0, gid: 0 };

/** One mounted file system. */
export interface Mount {
  readonly id: number;
  readonly path: string;
  readonly device: string;
  readonly type: string;
  /** Bytes it can hold. */
  capacity: number;
  used: number;
  readOnly: boolean;
  /** Gone with the power: tmpfs and the kernel's own. */
  readonly volatile: boolean;
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: number;
  readonly mount: Mount;
  mode: number;
  uid: number;
  gid: number;
  modified: number;
  links: number;
  data: ByteString;
  /** The program that an executable stands for; a script has none. */
  program?: string;
  /** Content made when read, such as the kernel's files in /proc. */
  generate?: () => ByteString;
  /** Takes what is written to a file of the kernel. */
  consume?: (data: ByteString) => void;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly id: number;
  readonly mount: Mount;
  mode: number;
  uid: number;
  gid: number;
  modified: number;
  links: number;
  entries: Map<string, Node>;
  /** Entries that come and go by themselves, such as the processes in /proc. */
  living?: { names(): readonly string[]; get(name: string): Node | undefined };
}

export interface LinkNode {
  readonly kind: 'symlink';
  readonly id: number;
  readonly mount: Mount;
  mode: number;
  uid: number;
  gid: number;
  modified: number;
  links: number;
  target: string;
}

export interface DeviceNode {
  readonly kind: 'device';
  readonly id: number;
  readonly mount: Mount;
  mode: number;
  uid: number;
  gid: number;
  modified: number;
  links: number;
  device: string;
}

export type Node = FileNode | DirectoryNode | LinkNode | DeviceNode;

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

const block = 4096;
const blocks = (size: number): number => Math.ceil(size / block) * block;
const maxLinks = 40;

/** Joins a path to the directory it is relative to. */
export function absolute(cwd: string, path: string): string {
  return path.startsWith('/') ? path : cwd === '/' ? `/${path}` : `${cwd}/${path}`;
}

interface Found {
  readonly parent: DirectoryNode;
  readonly name: string;
  readonly node: Node | undefined;
  /** The path without links in front of its last part. */
  readonly path: string;
}

export class FileSystem {
  readonly mounts: Mount[] = [];
  readonly top: DirectoryNode;
  private nextId = 2;
  private readonly now: () => number;
  private readonly saved = new Map<Node, Saved>();
  private readonly dirty = new Set<Node>();
  /** Directories between which something was renamed: a journal commits both or neither. */
  private readonly tied = new Map<Node, Set<Node>>();

  constructor(options: { readonly now: () => number; readonly device: string; readonly capacity: number }) {
    this.now = options.now;
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
    this.top = {
      kind: 'directory',
      id: this.nextId++,
      mount,
      mode: 0o755,
      uid: 0,
      gid: 0,
      modified: this.now(),
      links: 2,
      entries: new Map(),
    };
    this.saved.set(this.top, { ...this.snapshotDirectory(this.top) });
  }

  /** Mounts a file system on a directory, which is made when it is missing. */
  mount(
    path: string,
    options: { device: string; type: string; capacity: number; volatile?: boolean; mode?: number },
  ): Mount {
    const found = this.find(root, path, { follow: true });
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
    const node: DirectoryNode = {
      kind: 'directory',
      id: this.nextId++,
      mount,
      mode: options.mode ?? 0o755,
      uid: 0,
      gid: 0,
      modified: this.now(),
      links: 2,
      entries: new Map(),
    };
    this.saved.set(node, this.snapshotDirectory(node));
    found.parent.entries.set(found.name, node);
    this.dirty.add(found.parent);
    return mount;
  }

  private allowed(who: Credential, node: Node, bit: 4 | 2 | 1): boolean {
    if (who.uid === 0) return bit !== 1 || node.kind === 'directory' || (node.mode & 0o111) !== 0;
    const shift = who.uid === node.uid ? 6 : who.gid === node.gid ? 3 : 0;
    return ((node.mode >> shift) & bit) !== 0;
  }

  /** Whether `who` may read (4), write (2) or execute (1) what is at a path. */
  access(who: Credential, path: string, bit: 4 | 2 | 1): boolean {
    const node = this.peek(who, path);
    if (!node) return false;
    if (bit === 2 && node.mount.readOnly && node.kind !== 'device') return false;
    return this.allowed(who, node, bit);
  }

  private find(who: Credential, path: string, options: { readonly follow: boolean }): Found {
    let links = 0;
    let parts = path.split('/').filter((part) => part !== '' && part !== '.');
    let trail: { node: DirectoryNode; name: string }[] = [{ node: this.top, name: '' }];
    const here = (): DirectoryNode => trail.at(-1)?.node ?? this.top;
    const pathOf = (): string =>
      trail
        .slice(1)
        .map((step) => `/${step.name}`)
        .join('');
    while (parts.length > 0) {
      const [name = '', ...rest] = parts;
      parts = rest;
      const directory = here();
      if (!this.allowed(who, directory, 1)) throw new SystemError('EACCES');
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const node = directory.entries.get(name) ?? directory.living?.get(name);
      const last = parts.length === 0;
      if (node?.kind === 'symlink' && (!last || options.follow || path.endsWith('/'))) {
        if (++links > maxLinks) throw new SystemError('ELOOP');
        parts = [...node.target.split('/').filter((part) => part !== '' && part !== '.'), ...parts];
        if (node.target.startsWith('/')) trail = [{ node: this.top, name: '' }];
        continue;
      }
      if (last) return { parent: directory, name, node, path: `${pathOf()}/${name}` };
      if (!node) throw new SystemError('ENOENT');
      if (node.kind !== 'directory') throw new SystemError('ENOTDIR');
      trail.push({ node, name });
    }
    const last = trail.at(-1);
    const parent = trail.at(-2)?.node ?? this.top;
    return { parent, name: last?.name ?? '', node: here(), path: pathOf() === '' ? '/' : pathOf() };
  }

  /** What is at a path, links followed. */
  node(who: Credential, path: string): Node {
    const found = this.find(who, path, { follow: true });
    if (!found.node) throw new SystemError('ENOENT');
    if (path.endsWith('/') && found.node.kind !== 'directory') throw new SystemError('ENOTDIR');
    return found.node;
  }

  /** What is at a path, a link itself not followed. */
  nodeItself(who: Credential, path: string): Node {
    const found = this.find(who, path, { follow: false });
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
    return this.find(who, path, { follow: true }).path;
  }

  private directory(who: Credential, path: string): DirectoryNode {
    const node = this.node(who, path);
    if (node.kind !== 'directory') throw new SystemError('ENOTDIR');
    return node;
  }

  /** The names in a directory, sorted. */
  list(who: Credential, path: string): string[] {
    const directory = this.directory(who, path);
    if (!this.allowed(who, directory, 4)) throw new SystemError('EACCES');
    return [...directory.entries.keys(), ...(directory.living?.names() ?? [])].sort();
  }

  private writable(who: Credential, directory: DirectoryNode): void {
    if (directory.mount.readOnly) throw new SystemError('EROFS');
    if (!this.allowed(who, directory, 2)) throw new SystemError('EACCES');
  }

  private enter(directory: DirectoryNode, name: string, node: Node): void {
    directory.entries.set(name, node);
    directory.modified = this.now();
    this.dirty.add(directory);
    this.dirty.add(node);
  }

  private leave(directory: DirectoryNode, name: string): void {
    const node = directory.entries.get(name);
    directory.entries.delete(name);
    directory.modified = this.now();
    this.dirty.add(directory);
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
    const found = this.find(who, path, { follow: true });
    let node = found.node;
    if (node && options.exclusive) throw new SystemError('EEXIST');
    if (!node) {
      if (options.create === undefined) throw new SystemError('ENOENT');
      if (path.endsWith('/')) throw new SystemError('EISDIR');
      this.writable(who, found.parent);
      node = {
        kind: 'file',
        id: this.nextId++,
        mount: found.parent.mount,
        mode: options.create,
        uid: who.uid,
        gid: who.gid,
        modified: this.now(),
        links: 1,
        data: '',
      };
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
    if (options.read && !this.allowed(who, node, 4)) throw new SystemError('EACCES');
    if (options.write && !this.allowed(who, node, 2)) throw new SystemError('EACCES');
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
    this.dirty.add(node);
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
    const found = this.find(who, path.replace(/\/+$/u, ''), { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    this.writable(who, found.parent);
    const node: DirectoryNode = {
      kind: 'directory',
      id: this.nextId++,
      mount: found.parent.mount,
      mode,
      uid: who.uid,
      gid: who.gid,
      modified: this.now(),
      links: 2,
      entries: new Map(),
    };
    this.enter(found.parent, found.name, node);
    return node;
  }

  symlink(who: Credential, target: string, path: string): void {
    const found = this.find(who, path, { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    this.writable(who, found.parent);
    this.enter(found.parent, found.name, {
      kind: 'symlink',
      id: this.nextId++,
      mount: found.parent.mount,
      mode: 0o777,
      uid: who.uid,
      gid: who.gid,
      modified: this.now(),
      links: 1,
      target,
    });
  }

  /** Makes a directory that is in no other, for a living directory's entries. */
  loose(
    mount: Mount,
    entries: ReadonlyMap<
      string,
      string | (() => ByteString) | { readonly device: string } | { readonly target: string } | DirectoryNode
    >,
  ): DirectoryNode {
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

  /** Puts a device at a path. */
  device(path: string, device: string, mode = 0o666): void {
    const found = this.find(root, path, { follow: false });
    this.enter(found.parent, found.name, {
      kind: 'device',
      id: this.nextId++,
      mount: found.parent.mount,
      mode,
      uid: 0,
      gid: 0,
      modified: this.now(),
      links: 1,
      device,
    });
  }

  link(who: Credential, from: string, to: string): void {
    const node = this.nodeItself(who, from);
    if (node.kind === 'directory') throw new SystemError('EPERM');
    const found = this.find(who, to, { follow: false });
    if (found.node) throw new SystemError('EEXIST');
    if (found.parent.mount !== node.mount) throw new SystemError('EXDEV');
    this.writable(who, found.parent);
    node.links++;
    this.enter(found.parent, found.name, node);
  }

  unlink(who: Credential, path: string): void {
    const found = this.find(who, path, { follow: false });
    if (!found.node) throw new SystemError('ENOENT');
    if (found.node.kind === 'directory') throw new SystemError('EISDIR');
    this.writable(who, found.parent);
    this.leave(found.parent, found.name);
  }

  rmdir(who: Credential, path: string): void {
    const found = this.find(who, path.replace(/\/+$/u, ''), { follow: false });
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
    const source = this.find(who, from, { follow: false });
    if (!source.node) throw new SystemError('ENOENT');
    const target = this.find(who, to, { follow: false });
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
    if (source.parent !== target.parent) this.tie(source.parent, target.parent);
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
    this.dirty.add(node);
  }

  chown(who: Credential, path: string, uid: number, gid: number): void {
    const node = this.node(who, path);
    if (node.mount.readOnly) throw new SystemError('EROFS');
    if (who.uid !== 0) throw new SystemError('EPERM');
    node.uid = uid;
    node.gid = gid;
    this.dirty.add(node);
  }

  touch(who: Credential, path: string, time: number): void {
    const node = this.node(who, path);
    this.owned(who, node);
    node.modified = time;
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

  private tie(one: Node, two: Node): void {
    const group = new Set([one, two, ...(this.tied.get(one) ?? []), ...(this.tied.get(two) ?? [])]);
    for (const member of group) this.tied.set(member, group);
  }

  private save(node: Node): void {
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

  /** Makes durable the content of one file, or the entries of one directory: what fsync promises, no more. */
  syncNode(node: Node): void {
    this.save(node);
  }

  /** Makes everything durable, as `sync` without arguments does; `mount` limits it to one file system. */
  syncAll(mount?: Mount): void {
    for (const node of [...this.dirty]) if (!mount || node.mount === mount) this.save(node);
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
    let node: Node = this.top;
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
        if (child.target.startsWith('/')) node = this.top;
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
  powerCut(survives: (node: Node) => boolean = () => false): void {
    for (const node of [...this.dirty]) if (survives(node)) this.save(node);
    const seen = new Set<Node>();
    for (const mount of this.mounts) mount.used = 0;
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
    restore(this.top);
    this.dirty.clear();
    this.tied.clear();
    for (const node of [...this.saved.keys()]) if (!seen.has(node)) this.saved.delete(node);
  }
}
