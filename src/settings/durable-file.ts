import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all, for its owner alone: beside, synced, renamed, the folder synced. After a power cut
 * the old or the new content is there, never a part.
 */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const beside = writeBeside(path, content);
  try {
    renameSync(beside, path);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw thrown;
  }
  syncFolder(dirname(path));
}

/**
 * The first half of `writeDurably`: the content in a synced file next to `path`, whose name it gives back. For its owner
 * alone unless `mode` says otherwise.
 */
export function writeBeside(path: string, content: string | Uint8Array, mode = 0o600): string {
  const beside = `${path}.${randomUUID()}.tmp`;
  const handle = openSync(beside, 'wx', mode);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } catch (thrown) {
    rmSync(beside, { force: true });
    throw thrown;
  } finally {
    closeSync(handle);
  }
  return beside;
}

/** Makes the names in a folder durable. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The file's bytes; null where there is no such file. */
export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return null;
    throw thrown;
  }
}

export function isErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}

/** A thrown value in one line without its full stop, for the detail of an error. */
export function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '');
}
