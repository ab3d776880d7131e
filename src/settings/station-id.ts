import { randomBytes } from 'node:crypto';
import { linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StationError } from '../model/station-error.ts';
import { isErrno, readIfThere, reasonOf, syncFolder, writeBeside } from './durable-file.ts';

/** Crockford's base 32: without letters that are read as digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PATTERN = /^ST-[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * The name by which records tell this station from others, e.g. `ST-7K3M9Q2XTA`; made once and then kept. Two processes
 * that start at the same moment get the same.
 *
 * @throws StationError `station/home-unusable`.
 */
export function stationId(home: string): string {
  const path = join(home, 'station-id');
  try {
    const known = readIfThere(path) ?? make(path);
    const id = known.toString('utf8').trim();
    if (!PATTERN.test(id)) throw new Error(`${path} does not hold a station's id`);
    return id;
  } catch (thrown) {
    throw new StationError('station/home-unusable', { home, detail: reasonOf(thrown) }, { cause: thrown });
  }
}

function make(path: string): Buffer {
  const id = `ST-${[...randomBytes(10)].map((byte) => ALPHABET[byte % 32]).join('')}\n`;
  const beside = writeBeside(path, id);
  try {
    // A link fails where another process was faster; a rename would take its id away from it.
    linkSync(beside, path);
  } catch (thrown) {
    // FAT and some network file systems know no links.
    if (isErrno(thrown, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) renameSync(beside, path);
    else if (!isErrno(thrown, 'EEXIST')) throw thrown;
  } finally {
    rmSync(beside, { force: true });
  }
  syncFolder(dirname(path));
  return readIfThere(path) ?? Buffer.from(id);
}
