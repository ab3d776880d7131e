/** A client's private key: where it is, reading it, making it, signing with it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { SystemError } from '../files/errors.ts';
import type { FileSystem } from '../files/file-system.ts';
import { root } from '../files/credential.ts';
import type { KeyType } from '../options.ts';
import { makeRsa } from '../commands/openssl-generate.ts';
import type { ClientConfiguration } from './configuration.ts';

export interface KeyPlace {
  readonly path: string;
  /** Named in the configuration: the client never makes another in its place. */
  readonly static: boolean;
  readonly engine: string | undefined;
}

/** Where the client keeps its data. */
export const dataDirectory = '/var/lib/mender';

/** The key file in use. `HttpsClient.Key` signs auth requests in 3.x only. */
export function keyPlace(
  settings: ClientConfiguration,
  generation: 3 | 4 | 5,
  data = dataDirectory,
): KeyPlace {
  const security = settings.Security?.AuthPrivateKey ?? '';
  const https = settings.HttpsClient?.Key ?? '';
  if (security !== '') return { path: security, static: true, engine: settings.Security?.SSLEngine };
  if (https !== '' && generation === 3)
    return { path: https, static: true, engine: settings.HttpsClient?.SSLEngine };
  return { path: `${data}/mender-agent.pem`, static: false, engine: settings.HttpsClient?.SSLEngine };
}

/** Reads a private key file: `missing`, `unreadable`, or the key. */
export function readKey(
  machine: { readonly files: FileSystem },
  place: KeyPlace,
  passphrase?: string,
): KeyObject | 'missing' | 'unreadable' {
  if (/^[a-z0-9]+:/iu.test(place.path)) return 'unreadable';
  let text: string;
  try {
    text = machine.files.read(root, place.path);
  } catch (error) {
    if (error instanceof SystemError) return error.errno === 'ENOENT' ? 'missing' : 'unreadable';
    throw error;
  }
  try {
    return createPrivateKey({
      key: text,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch {
    return 'unreadable';
  }
}

/** The public half as the client sends it. */
export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

/** Makes a key; RSA on the thread pool. */
export async function makeKey(type: KeyType): Promise<KeyObject> {
  if (type === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (type === 'p-256' || type === 'p-384')
    return generateKeyPairSync('ec', { namedCurve: type === 'p-256' ? 'prime256v1' : 'secp384r1' })
      .privateKey;
  return makeRsa(Number(type.slice(4)));
}

/** A key as its client writes it: RSA in PKCS#1, others in PKCS#8. */
export function clientPem(key: KeyObject): string {
  return key.export({ type: key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'pkcs8', format: 'pem' }).toString();
}

/** Signs a request's body as device authentication wants it; undefined for a key that cannot. */
export function signBody(key: KeyObject, body: Uint8Array): string | undefined {
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'ec':
      return sign('sha256', body, key).toString('base64');
    case 'ed25519':
      return sign(null, body, key).toString('base64');
    default:
      return undefined;
  }
}
