import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StationError } from '../../model/station-error.ts';
import { readKeyPair } from './read.ts';

/** Files of one folder are made alike: more than these need not be looked at. */
const MOST_FILES = 64;

/** Whether keys in a folder need a passphrase. A folder that cannot be read has none: importing from it tells why. */
export async function hasEncryptedKey(directory: string): Promise<boolean> {
  for (const name of (await namesIn(directory)).slice(0, MOST_FILES)) {
    try {
      const pair = await readKeyPair({ path: join(directory, name), publicPath: null }, null);
      pair.privateKey.destroy();
    } catch (error) {
      if (!(error instanceof StationError)) throw error;
      if (error.code === 'key/import-passphrase') return true;
    }
  }
  return false;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory, { recursive: true })).sort();
  } catch {
    return [];
  }
}
