import type { Secret } from '../model/secret.ts';

/** Who the secrets at rest are safe from; shown in `doctor` and recorded at each opening of the station. */
export interface KeyProtection {
  readonly class: 'os' | 'file' | 'memory';
  /** A sentence for people. */
  readonly text: string;
}

export type SecretName =
  | `server/${string}/session`
  | `server/${string}/tenant-token`
  | `server/${string}/api-key`
  | `credential/${string}`
  | 'station/journal-key'
  | 'station/sealing-key';

/** The secrets of a station, by name. What has ended is not given back any more. */
export interface KeyStore {
  readonly protection: KeyProtection;
  /** @throws StationError `station/key-store` where there is such a secret and it cannot be read. */
  get(name: SecretName): Secret<string> | null;
  /**
   * Stored durably when this returns.
   *
   * @param expiresAt ISO 8601; from then on the secret is gone.
   * @throws StationError `station/key-store`.
   */
  set(name: SecretName, value: Secret<string>, expiresAt?: string | null): void;
  /** Fine where there is none. @throws StationError `station/key-store`. */
  delete(name: SecretName): void;
  /** The names of what is stored and has not ended. */
  names(): readonly SecretName[];
}

/** The login at a server. */
export const sessionOf = (server: string): SecretName => `server/${server}/session`;
/** The organization's token that boards send with their requests. */
export const tenantTokenOf = (server: string): SecretName => `server/${server}/tenant-token`;
/** The key that a gateway before the server wants with every call. */
export const apiKeyOf = (server: string): SecretName => `server/${server}/api-key`;
/** A password for boards, under the name by which profiles mention it. */
export const credentialOf = (name: string): SecretName => `credential/${name}`;

/** Secrets for the life of this process. */
export class MemoryKeyStore implements KeyStore {
  readonly protection: KeyProtection = {
    class: 'memory',
    text: 'Secrets are kept in memory and are gone when the station closes.',
  };
  readonly #now: () => number;
  readonly #entries = new Map<SecretName, { value: Secret<string>; expiresAt: string | null }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(name: SecretName): Secret<string> | null {
    const entry = this.#entries.get(name);
    return entry === undefined || hasEnded(entry.expiresAt, this.#now()) ? null : entry.value;
  }

  set(name: SecretName, value: Secret<string>, expiresAt: string | null = null): void {
    this.#entries.set(name, { value, expiresAt });
  }

  delete(name: SecretName): void {
    this.#entries.delete(name);
  }

  names(): readonly SecretName[] {
    return [...this.#entries.keys()].filter((name) => this.get(name) !== null);
  }
}

/** Whether a secret that ends at `expiresAt` (ISO 8601; null never) has ended. */
export function hasEnded(expiresAt: string | null, now: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now;
}
