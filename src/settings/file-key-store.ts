import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { linkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Secret } from '../model/secret.ts';
import { StationError } from '../model/station-error.ts';
import { isErrno, readIfThere, reasonOf, writeBeside, writeDurably } from './durable-file.ts';
import { hasEnded, type KeyProtection, type KeyStore, type SecretName } from './key-store.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

const contents = z.object({
  format: z.literal(1),
  entries: z.record(
    z.string(),
    z.object({ box: z.base64(), expiresAt: z.iso.datetime({ offset: true }).nullable() }),
  ),
});
type Contents = z.infer<typeof contents>;

export interface KeyStoreOptions {
  /** A key of 32 bytes that the operating system's key store keeps for this application. */
  readonly wrappingKey?: Secret<Uint8Array>;
  /** Why there is none, where one was wanted: part of what people are told of the protection. */
  readonly withoutKey?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * The secrets in the home: under the operating system's key where the application hands it over, else under a key in a
 * file beside. The first reads what the second stored (so that a credential given on the command line is known to the window, too), and
 * writes its own alone.
 */
export function openKeyStore(home: string, options: KeyStoreOptions = {}): KeyStore {
  const now = options.now ?? Date.now;
  const { wrappingKey, withoutKey } = options;
  const file = new FileKeyStore(
    join(home, 'secrets.json'),
    withoutKey === undefined ? FILE : { ...FILE, text: `${FILE.text} ${withoutKey}` },
    () => keyInFile(join(home, 'secrets.key')),
    now,
  );
  if (wrappingKey === undefined) return file;
  if (wrappingKey.reveal().length !== KEY_BYTES)
    throw new StationError('station/key-store', { detail: `its key is not of ${KEY_BYTES} bytes` });
  const os = new FileKeyStore(join(home, 'secrets.os.json'), OS, () => wrappingKey, now);
  return {
    protection: OS,
    get: (name) => os.get(name) ?? file.get(name),
    set: (name, value, expiresAt) => {
      os.set(name, value, expiresAt);
      // Else an older one would come to light again when this one ends.
      file.delete(name);
    },
    delete: (name) => {
      os.delete(name);
      file.delete(name);
    },
    names: () => [...new Set([...os.names(), ...file.names()])],
  };
}

const OS: KeyProtection = {
  class: 'os',
  text: 'Secrets are encrypted under a key in the operating system’s key store: safe from other users, and from whoever takes the disk or a backup; not from programs of this user.',
};

const FILE: KeyProtection = {
  class: 'file',
  text: 'Secrets are in files that this user alone may read (mode 0600): safe from other users; not from programs of this user, the administrator, or whoever takes the disk or a backup of the whole folder.',
};

/** Each secret in its own box (AES-256-GCM, bound to its name and end), so that one that cannot be read spoils no other. */
class FileKeyStore implements KeyStore {
  readonly protection: KeyProtection;
  readonly #path: string;
  readonly #key: () => Secret<Uint8Array>;
  readonly #now: () => number;

  constructor(path: string, protection: KeyProtection, key: () => Secret<Uint8Array>, now: () => number) {
    this.protection = protection;
    this.#path = path;
    this.#key = key;
    this.#now = now;
  }

  get(name: SecretName): Secret<string> | null {
    return guard(() => {
      const entry = this.#read()?.entries[name];
      if (entry === undefined || hasEnded(entry.expiresAt, this.#now())) return null;
      const box = Buffer.from(entry.box, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.#key().reveal(), box.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(boundTo(name, entry.expiresAt));
      decipher.setAuthTag(box.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        const plain = Buffer.concat([decipher.update(box.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
        return new Secret(plain.toString('utf8'));
      } catch (thrown) {
        throw new Error(`${name} in ${this.#path} was stored under another key, or was changed`, {
          cause: thrown,
        });
      }
    });
  }

  set(name: SecretName, value: Secret<string>, expiresAt: string | null = null): void {
    guard(() => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', this.#key().reveal(), iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(name, expiresAt));
      const sealed = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()]);
      const box = Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
      this.#write({ ...this.#read()?.entries, [name]: { box, expiresAt } });
    });
  }

  delete(name: SecretName): void {
    guard(() => {
      const entries = this.#read()?.entries;
      if (entries === undefined || !Object.hasOwn(entries, name)) return;
      this.#write(Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name)));
    });
  }

  names(): readonly SecretName[] {
    return guard(() => {
      const living = Object.entries(this.#read()?.entries ?? {}).filter(
        ([, { expiresAt }]) => !hasEnded(expiresAt, this.#now()),
      );
      return living.map(([name]) => name as SecretName);
    });
  }

  #read(): Contents | null {
    const bytes = readPrivate(this.#path);
    if (bytes === null) return null;
    const parsed = contents.safeParse(parseJson(bytes));
    if (!parsed.success) throw new Error(`${this.#path} is not a file of secrets`);
    return parsed.data;
  }

  /** What has ended is left out of every write. */
  #write(entries: Contents['entries']): void {
    const now = this.#now();
    const living = Object.entries(entries).filter(([, { expiresAt }]) => !hasEnded(expiresAt, now));
    const text = JSON.stringify(
      { format: 1, entries: Object.fromEntries(living) } satisfies Contents,
      null,
      2,
    );
    writeDurably(this.#path, `${text}\n`);
  }
}

function boundTo(name: string, expiresAt: string | null): Buffer {
  return Buffer.from(JSON.stringify([name, expiresAt]));
}

/** The key in the file, made at its first use. */
function keyInFile(path: string): Secret<Uint8Array> {
  const key = readPrivate(path) ?? makeKey(path);
  if (key.length !== KEY_BYTES) throw new Error(`${path} is not a key of ${KEY_BYTES} bytes`);
  return new Secret(key);
}

function makeKey(path: string): Buffer {
  const beside = writeBeside(path, randomBytes(KEY_BYTES));
  try {
    // Not a rename: the key of a process that was faster must stay.
    linkSync(beside, path);
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) writeDurably(path, readIfThere(beside) ?? randomBytes(KEY_BYTES));
  } finally {
    rmSync(beside, { force: true });
  }
  return readIfThere(path) ?? Buffer.alloc(0);
}

/** @throws when others may read the file: then it protects nothing, and its secrets should be made anew. */
function readPrivate(path: string): Buffer | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
    throw new Error(`other users may read ${path}; run chmod 600 on it and change the passwords in it`);
  return readIfThere(path);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's message quotes the text; what it would say is said by the caller.
    return null;
  }
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw new StationError('station/key-store', { detail: reasonOf(thrown) }, { cause: thrown });
  }
}
