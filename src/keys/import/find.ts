import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Identity } from '../../model/identity.ts';
import { StationError } from '../../model/station-error.ts';
import { fileNames } from './pattern.ts';

/** A private-key file for one board, and the file with its public half where one lies beside it. */
export interface KeyFile {
  readonly path: string;
  readonly publicPath: string | null;
}

/** Tried where a pattern names no extension: `{mac}` finds `52-54-00-c0-00-01.p12`. */
const EXTENSIONS = ['.pem', '.key', '.der', '.p12', '.pfx'];

/**
 * The key file in `directory` that belongs to a board, by a file-name pattern over its identity (see `fileNames`).
 * Links are not followed: what is used is later moved or destroyed.
 *
 * @throws StationError `key/import-none`, `key/import-several`, `key/import-unusable` or `key/attribute-missing`.
 */
export async function findKeyFile(directory: string, pattern: string, identity: Identity): Promise<KeyFile> {
  const names = fileNames(pattern, identity).map((name) => join(directory, name));
  const candidates = names.flatMap((name) =>
    hasExtension(pattern) ? [name] : [name, ...EXTENSIONS.map((extension) => name + extension)],
  );
  const found = await existing(candidates);
  const [path, ...more] = found;
  if (path === undefined) throw new StationError('key/import-none', { path: names.join(', ') });
  if (more.length > 0) throw new StationError('key/import-several', { paths: found.join(', ') });
  const [publicPath] = await existing(besides(path));
  return { path, publicPath: publicPath ?? null };
}

function hasExtension(pattern: string): boolean {
  return /\.[A-Za-z0-9]+$/.test(pattern);
}

/** The names under which tools put the public half beside `key.pem`: ssh-keygen `key.pem.pub`, others as listed. */
function besides(path: string): readonly string[] {
  const stem = path.replace(/\.[A-Za-z0-9]+$/, '');
  const stems = [
    `${path}.pub`,
    `${stem}.pub`,
    `${stem}.pub.pem`,
    `${stem}-pub.pem`,
    `${stem}_pub.pem`,
    `${stem}.pub.key`,
  ];
  return [...new Set(stems)].filter((name) => name !== path);
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (await exists(path)) found.push(path);
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new StationError('key/import-unusable', { path, detail: code }, { cause: error });
  }
}
