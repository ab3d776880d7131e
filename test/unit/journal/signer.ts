import { MemoryKeyStore, openStationKey } from '../../../src/settings/index.ts';
import type { JournalSigner } from '../../../src/journal/index.ts';

/** A station key for a test, made anew at each call; `protection` as of a key store on the disk. */
export function newSigner(protection = 'file'): JournalSigner {
  return { ...openStationKey(new MemoryKeyStore()), protection };
}
