import type { KeyMaker } from '../flows/index.ts';
import { importKey, type KeyGenerator } from '../keys/index.ts';
import type { BoardProfile } from '../model/profile.ts';
import type { Secret } from '../model/secret.ts';

/** Keys for the jobs of one call: made by the station's generator, or imported as the profile says. */
export function keyMaker(
  generator: KeyGenerator,
  profile: BoardProfile['key'],
  passphrase: Secret<string> | null,
): KeyMaker {
  return {
    generate: (type, signal) => generator.generate(type, signal),
    import: (directory, identity) => importKey(directory, profile, identity, passphrase),
  };
}
