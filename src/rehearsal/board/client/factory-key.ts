/** The key that a board is delivered with. */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyType, SimulatedBoardOptions } from '../options.ts';
import { clientPem } from './key.ts';

/** A key of a type, quickly made: for a board that is delivered with one. */
export function factoryKey(type: KeyType): string {
  const key =
    type === 'ed25519'
      ? generateKeyPairSync('ed25519').privateKey
      : type === 'p-256' || type === 'p-384'
        ? generateKeyPairSync('ec', { namedCurve: type === 'p-256' ? 'prime256v1' : 'secp384r1' }).privateKey
        : generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) }).privateKey;
  return clientPem(key);
}

/** The content of the client's key file; undefined when there is none. */
export function keyText(options: SimulatedBoardOptions): string | undefined {
  const { key } = options.client;
  switch (key.kind) {
    case 'missing':
    case 'token':
      return undefined;
    case 'present':
      return key.pem ?? factoryKey(key.type ?? 'ed25519');
    case 'unreadable':
      return key.content;
    case 'encrypted':
      return generateKeyPairSync('ed25519', {
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: {
          type: 'pkcs8',
          format: 'pem',
          cipher: 'aes-256-cbc',
          passphrase: key.passphrase,
        },
      }).privateKey;
  }
}
