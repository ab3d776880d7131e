import { canonicalIdentity, identityLabel, type Identity } from '../model/identity.ts';
import { StationError } from '../model/station-error.ts';

/** Who works on which identity: two jobs on one device would accept against each other. */
export class IdentityClaims {
  readonly #ports = new Map<string, string>();

  /**
   * Takes an identity for the job on `port` until the result is disposed.
   *
   * @throws StationError `job/same-identity` while another job has it.
   */
  claim(identity: Identity, port: string): Disposable {
    const key = canonicalIdentity(identity);
    const holder = this.#ports.get(key);
    if (holder !== undefined)
      throw new StationError('job/same-identity', { identity: identityLabel(identity), port: holder });
    this.#ports.set(key, port);
    return {
      [Symbol.dispose]: () => {
        this.#ports.delete(key);
      },
    };
  }
}
