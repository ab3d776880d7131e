import { closeSync, linkSync, lstatSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
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
  refuseToReplace(path, { force, magic });
  let beside: string;
  try {
    beside = writeBeside(path, content, 0o666);
  } catch (thrown) {
    throw asDocumentError(thrown, path);
  }
  place(beside, path, force);
}

/** Found out before the work of making it. @throws StationError `station/file-exists`. */
function refuseToReplace(path: string, { force, magic }: DocumentOptions): void {
  if (force && !canReplace(path, magic))
    throw new StationError('station/file-exists', { path, detail: ', and is no document of this kind' });
  if (!force && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw new StationError('station/file-exists', { path, detail: '' });
}

/**
 * Gives a document that somebody else has written its name; it was made with `documentBeside`.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`.
 */
export function placeDocument(beside: string, path: string): void {
  place(beside, path, false);
}

/** A name beside the document's for what is not whole yet. @throws StationError `station/file-exists`. */
export function documentBeside(path: string): string {
  refuseToReplace(path, { force: false, magic: '' });
  return `${path}.${randomUUID()}.tmp`;
}

/** Gives the finished file beside its name; removes it where that fails. */
function place(beside: string, path: string, force: boolean): void {
  try {
    if (force) renameSync(beside, path);
    else placeNew(beside, path);
    syncFolder(dirname(path));
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw asDocumentError(thrown, path);
  }
}

function asDocumentError(thrown: unknown, path: string): unknown {
  if (thrown instanceof StationError) return thrown;
  if (isErrno(thrown, 'EEXIST')) return new StationError('station/file-exists', { path, detail: '' });
  return new StationError('station/file-unwritable', { path, detail: reasonOf(thrown) }, { cause: thrown });
}

/**
 * The same for a document that comes in pieces, written as they come: neither memory nor the thread is taken up by a large one.
 *
 * @throws StationError `station/file-exists`, `station/file-unwritable`, and what `pieces` throws.
 */
export async function writeDocumentInPieces(
  path: string,
  pieces: AsyncIterable<string>,
  { force, magic }: DocumentOptions,
): Promise<void> {
  refuseToReplace(path, { force, magic });
  const beside = `${path}.${randomUUID()}.tmp`;
  let mine = false;
  try {
    await using handle = await open(beside, 'wx', 0o666);
    mine = true;
    for await (const piece of pieces) await handle.write(piece);
    await handle.sync();
  } catch (thrown) {
    if (mine) rmSync(beside, { force: true });
    throw asDocumentError(thrown, path);
  }
  place(beside, path, force);
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
