/** What a file system holds. */
import type { ByteString } from '../bytes.ts';

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

/** A file. */
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

/** A directory. */
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

/** A symbolic link. */
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

/** A device, by the name that the kernel knows it by. */
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

/** What a path may lead to. */
export type Node = FileNode | DirectoryNode | LinkNode | DeviceNode;
