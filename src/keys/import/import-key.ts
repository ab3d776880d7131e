import type { Identity } from '../../model/identity.ts';
import type { KeyPair } from '../../model/key.ts';
import type { BoardProfile } from '../../model/profile.ts';
import type { Secret } from '../../model/secret.ts';
import { consume } from './consume.ts';
import { findKeyFile } from './find.ts';
import { readKeyPair } from './read.ts';

/** A key pair made elsewhere, for one board. */
export interface ImportedKey {
  readonly pair: KeyPair;
  /** Takes its file out of the way as the profile says; to be called once the board has the key. */
  used(): Promise<void>;
}

/**
 * The key pair that was made elsewhere for the board of an identity.
 *
 * @param rule the profile's file-name pattern, and what becomes of a file after its use.
 * @throws StationError `key/import-none`, `key/import-several`, `key/import-unusable`, `key/import-passphrase`,
 * `key/import-pair` or `key/attribute-missing`.
 */
export async function importKey(
  directory: string,
  rule: Pick<BoardProfile['key'], 'importPattern' | 'afterImport'>,
  identity: Identity,
  passphrase: Secret<string> | null,
): Promise<ImportedKey> {
  const file = await findKeyFile(directory, rule.importPattern, identity);
  const pair = await readKeyPair(file, passphrase);
  return {
    pair,
    async used() {
      await consume(file, rule.afterImport);
    },
  };
}
