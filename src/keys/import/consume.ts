import { lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { StationError } from '../../model/station-error.ts';
import type { KeyFile } from './find.ts';

/** The folder beside the imported files that takes those that a board has. */
const USED = 'used';

/**
 * Takes a key file out of the way once its board has the key, so that no second board can get it: `move` puts it into
 * the folder `used` beside it (never over a file that is there), `destroy` overwrites and removes it. Its public half
 * goes the same way. Durable when it resolves: files and directories are synced.
 *
 * Overwriting cannot reach copies that a journaling or copy-on-write file system or a flash controller keeps.
 *
 * @returns where the private key lies now; null when it is destroyed.
 * @throws StationError `key/import-unusable` when the file cannot be moved or removed.
 */
export async function consume(file: KeyFile, how: 'move' | 'destroy'): Promise<string | null> {
  try {
    if (how === 'destroy') {
      await overwrite(file.path);
      await unlink(file.path);
      if (file.publicPath !== null) await unlink(file.publicPath);
      await syncDirectory(dirname(file.path));
      return null;
    }
    const used = join(dirname(file.path), USED);
    await mkdir(used, { recursive: true, mode: 0o700 });
    const moved = await moveInto(used, file.path);
    if (file.publicPath !== null) await moveInto(used, file.publicPath);
    await syncDirectory(used);
    await syncDirectory(dirname(file.path));
    return moved;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    throw new StationError(
      'key/import-unusable',
      { path: file.path, detail: `it could not be ${how === 'move' ? 'moved away' : 'destroyed'} (${code})` },
      { cause: error },
    );
  }
}

async function overwrite(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  await file.write(new Uint8Array(size), 0, size, 0);
  await file.sync();
}

async function moveInto(directory: string, path: string): Promise<string> {
  const extension = extname(path);
  const stem = basename(path, extension);
  for (let number = 1; ; number += 1) {
    const target = join(directory, number === 1 ? stem + extension : `${stem}.${number}${extension}`);
    if (await isThere(target)) continue;
    await rename(path, target);
    return target;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no handle of a directory to sync; its file system orders a rename by itself.
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}
