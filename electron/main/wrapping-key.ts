import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SafeStorage } from 'electron';
import type { WrappingKey } from '../messages.ts';

type KeyStore = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

const FILE = 'wrapping-key';
const BYTES = 32;

/**
 * The key that wraps the station's secrets: 32 random bytes, kept in the home encrypted by the operating system's key
 * store. Where that store protects nothing (Linux without a key ring falls back to a password that is the same in every
 * copy of Electron), or fails, there is none, and the reason is given.
 */
export async function wrappingKey(
  store: KeyStore,
  home: string,
  platform: NodeJS.Platform = process.platform,
): Promise<WrappingKey> {
  if (!(await store.isAsyncEncryptionAvailable())) {
    return { kind: 'none', reason: 'The operating system offers no key store.' };
  }
  const backend = platform === 'linux' ? store.getSelectedStorageBackend() : platform;
  if (backend === 'basic_text' || backend === 'unknown') {
    return {
      kind: 'none',
      reason: 'This session has no key ring (GNOME Keyring or KWallet) to keep secrets in.',
    };
  }
  const file = path.join(home, FILE);
  const stored = await readIfThere(file);
  if (stored === undefined) return await newKey(store, file, backend);
  try {
    const { result, shouldReEncrypt } = await store.decryptStringAsync(stored);
    const key = Buffer.from(result, 'base64');
    if (key.length !== BYTES) throw new Error('it has another length');
    if (shouldReEncrypt) await save(store, file, key);
    return { kind: 'os', key, backend };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'none',
      reason: `The key store cannot read ${file} (${why}). Remove the file to begin with a new key; stored logins are then lost.`,
    };
  }
}

async function newKey(store: KeyStore, file: string, backend: string): Promise<WrappingKey> {
  const key = randomBytes(BYTES);
  try {
    await save(store, file, key);
    return { kind: 'os', key, backend };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'none', reason: `The key store of the operating system failed (${why}).` };
  }
}

async function save(store: KeyStore, file: string, key: Buffer): Promise<void> {
  const encrypted = await store.encryptStringAsync(key.toString('base64'));
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, encrypted, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
