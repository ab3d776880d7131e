import { canonicalIdentity, identityLabel, type Identity } from '../model/identity.ts';
import type { KeyFingerprint } from '../model/key.ts';
import { StationError } from '../model/station-error.ts';

/**
 * What running jobs have for themselves. Two jobs on one identity would accept against each other; one key on two boards
 * would make them one. The journal knows what ended jobs used; this knows what is not recorded yet.
 */
export class Claims {
  readonly #holders = new Map<string, string>();

  /** @throws StationError `job/same-identity` while another job has it. */
  identity(identity: Identity, port: string): Disposable {
    return this.#take(`identity ${canonicalIdentity(identity)}`, port, (holder) => {
      throw new StationError('job/same-identity', { identity: identityLabel(identity), port: holder });
    });
  }

  /** @throws StationError `key/used` while another job has it. */
  key(fingerprint: KeyFingerprint, port: string): Disposable {
    return this.#take(`key ${fingerprint}`, port, (holder) => {
      throw new StationError('key/used', { owner: `the board on ${holder}` });
    });
  }

  #take(name: string, port: string, refuse: (holder: string) => never): Disposable {
    const holder = this.#holders.get(name);
    if (holder !== undefined) refuse(holder);
    this.#holders.set(name, port);
    return {
      [Symbol.dispose]: () => {
        this.#holders.delete(name);
      },
    };
  }
}
