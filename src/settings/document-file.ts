import { closeSync, linkSync, lstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { StationError } from '../model/station-error.ts';
import { isErrno, reasonOf, syncFolder, writeBeside } from './durable-file.ts';

/** How a document is written where a person said. */
export interface DocumentOptions {
  /** Overwrites what is there, if that begins as this document does: the file of an earlier run. */
  readonly force: boolean;
  /** What a file of this kind begins with. */
  readonly magic: string;
}

/**
 * Writes a document whole or not at all. What is there is never overwritten unasked, and with `force` only by its like:
 * a mistyped name must not cost a person another file.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`.
 */
export function writeDocument(path: string, content: Uint8Array, { force, magic }: DocumentOptions): void {
  if (force && !canReplace(path, magic))
    throw new StationError('station/file-exists', { path, detail: ', and is no document of this kind' });
  let beside: string | null = null;
  try {
    beside = writeBeside(path, content, 0o666);
    if (force) renameSync(beside, path);
    else placeNew(beside, path);
    syncFolder(dirname(path));
  } catch (thrown) {
    if (beside !== null) rmSync(beside, { force: true });
    if (isErrno(thrown, 'EEXIST')) throw new StationError('station/file-exists', { path, detail: '' });
    throw new StationError('station/file-unwritable', { path, detail: reasonOf(thrown) }, { cause: thrown });
  }
}

/** Gives the file its name unless that is taken: in one step where the disk knows links, as a USB stick does not. */
function placeNew(beside: string, path: string): void {
  try {
    linkSync(beside, path);
  } catch (thrown) {
    if (!isErrno(thrown, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL')) throw thrown;
    closeSync(openSync(path, 'wx'));
    renameSync(beside, path);
    return;
  }
  rmSync(beside, { force: true });
}

/** Whether there is nothing, or a plain file that begins with `magic`. */
function canReplace(path: string, magic: string): boolean {
  try {
    if (!lstatSync(path).isFile()) return false;
    const handle = openSync(path, 'r');
    try {
      const start = Buffer.alloc(Buffer.byteLength(magic));
      readSync(handle, start);
      return start.toString() === magic;
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return true;
    throw new StationError('station/file-unwritable', { path, detail: reasonOf(thrown) }, { cause: thrown });
  }
}
