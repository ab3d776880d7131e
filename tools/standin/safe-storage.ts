import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { provided } from './provided.ts';

type Backend = 'basic_text' | 'gnome_libsecret' | 'kwallet' | 'kwallet5' | 'kwallet6' | 'unknown';

const BACKENDS: Record<string, Backend> = {
  basic: 'basic_text',
  'gnome-libsecret': 'gnome_libsecret',
  kwallet: 'kwallet',
  kwallet5: 'kwallet5',
  kwallet6: 'kwallet6',
};
const PREFIX = Buffer.from('v11');

/**
 * `safeStorage` with its asynchronous calls. The key lies in a file beside the data, which protects about as much as
 * Electron's `basic_text`: that is what it calls itself, unless a test asks for another by `--password-store`.
 */
export function safeStorage(
  dataFolder: () => string,
  switchValue: (name: string) => string,
  isReady: () => boolean,
): object {
  let cached: Buffer | undefined;
  const key = (): Buffer => {
    if (cached !== undefined) return cached;
    const file = path.join(dataFolder(), 'stand-in-key');
    if (!existsSync(file)) {
      mkdirSync(dataFolder(), { recursive: true });
      writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
    }
    cached = readFileSync(file);
    return cached;
  };

  const encrypt = (text: string): Buffer => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key(), nonce);
    return Buffer.concat([PREFIX, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  };
  const decrypt = (bytes: Buffer): string => {
    try {
      if (!bytes.subarray(0, 3).equals(PREFIX)) throw new Error('not of this key');
      const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(3, 15));
      decipher.setAuthTag(bytes.subarray(-16));
      return decipher.update(bytes.subarray(15, -16), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync.', {
        cause,
      });
    }
  };

  return provided('electron.safeStorage', {
    isAsyncEncryptionAvailable: (): Promise<boolean> => Promise.resolve(isReady()),
    encryptStringAsync: (text: string): Promise<Buffer> => new Promise((resolve) => resolve(encrypt(text))),
    decryptStringAsync: (bytes: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> =>
      new Promise((resolve) => resolve({ result: decrypt(bytes), shouldReEncrypt: false })),
    getSelectedStorageBackend: (): Backend =>
      isReady() ? (BACKENDS[switchValue('password-store')] ?? 'basic_text') : 'unknown',
  });
}
