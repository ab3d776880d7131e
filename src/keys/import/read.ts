import { createPrivateKey, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { KeyPair } from '../../model/key.ts';
import type { Secret } from '../../model/secret.ts';
import { StationError } from '../../model/station-error.ts';
import { keyPair } from '../key-pair.ts';
import { isSameKey, keyType, publicKey } from '../public-key.ts';
import { element, SEQUENCE } from './der.ts';
import type { KeyFile } from './find.ts';
import { readOpenSsh, readOpenSshPublic } from './openssh.ts';
import { isPkcs12, readPkcs12 } from './pkcs12.ts';

/** Far above any key file, far below what would hurt. Bytes. */
const LARGEST_FILE = 256 * 1024;

/**
 * Reads a key pair made elsewhere: PEM (PKCS#1, PKCS#8, SEC1, each plain or encrypted), the same in DER, PKCS#12, or
 * OpenSSH's own format. A public key or certificate in the file or beside it must be the private key's other half.
 *
 * @throws StationError `key/import-unusable`, `key/import-passphrase`, `key/import-pair`.
 */
export async function readKeyPair(file: KeyFile, passphrase: Secret<string> | null): Promise<KeyPair> {
  const bytes = await contents(file.path);
  try {
    const key = privateKey(file.path, bytes, passphrase?.reveal() ?? null);
    if (keyType(key) === null) throw unusable(file.path, `it is a key of another type (${describe(key)})`);
    const pair = keyPair(key);
    const others = [
      ...publicBlocks(bytes),
      ...(file.publicPath === null ? [] : [await contents(file.publicPath)]),
    ];
    for (const other of others) {
      if (!isSameKey(publicOf(file.publicPath ?? file.path, other), pair)) {
        pair.privateKey.destroy();
        throw new StationError('key/import-pair', { path: file.path });
      }
    }
    return pair;
  } finally {
    bytes.fill(0);
  }
}

function privateKey(path: string, bytes: Buffer, passphrase: string | null): KeyObject {
  const blocks = pemBlocks(bytes);
  const keys = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'));
  const [block] = keys;
  if (block === undefined) {
    if (blocks.length > 0) throw unusable(path, 'it holds no private key');
    return binaryKey(path, bytes, passphrase);
  }
  if (keys.length > 1) throw unusable(path, `it holds ${keys.length} private keys`);
  if (block.label === 'OPENSSH PRIVATE KEY') return openSshKey(path, block, passphrase);
  const encrypted = block.label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(block.headers);
  return cryptoKey(path, { key: block.whole, format: 'pem' }, encrypted, passphrase);
}

function binaryKey(path: string, bytes: Buffer, passphrase: string | null): KeyObject {
  if (isPkcs12(bytes)) {
    // A container made without a passphrase still has one: the empty text.
    const reading = readPkcs12(bytes, passphrase ?? '');
    if ('key' in reading) return reading.key;
    if (reading.problem === 'unusable') throw unusable(path, reading.detail);
    throw new StationError(reading.problem === 'pair' ? 'key/import-pair' : 'key/import-passphrase', {
      path,
    });
  }
  const outer = element(bytes);
  if (outer?.tag !== SEQUENCE) throw unusable(path, 'it is in no known format');
  const first = element(outer.content);
  // Encrypted PKCS#8 begins with the algorithm's sequence, every plain private key with a version number.
  if (first?.tag === SEQUENCE)
    return cryptoKey(path, { key: bytes, format: 'der', type: 'pkcs8' }, true, passphrase);
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key: bytes, format: 'der', type });
    } catch {
      // Not this form: the next one is tried, and all together are judged below.
    }
  }
  throw unusable(path, 'it holds no private key');
}

type CryptoInput =
  | { readonly key: Buffer; readonly format: 'pem' }
  | { readonly key: Buffer; readonly format: 'der'; readonly type: 'pkcs8' };

function cryptoKey(
  path: string,
  input: CryptoInput,
  encrypted: boolean,
  passphrase: string | null,
): KeyObject {
  if (encrypted && (passphrase === null || passphrase === ''))
    throw new StationError('key/import-passphrase', { path });
  try {
    return createPrivateKey({ ...input, ...(encrypted ? { passphrase: passphrase ?? '' } : {}) });
  } catch (error) {
    // Error codes and texts differ between OpenSSL and BoringSSL; whether the file is encrypted does not.
    if (encrypted) throw new StationError('key/import-passphrase', { path }, { cause: error });
    throw unusable(path, 'it is damaged or of an unknown type', error);
  }
}

function openSshKey(path: string, block: PemBlock, passphrase: string | null): KeyObject {
  const secret = passphrase === null ? null : Buffer.from(passphrase);
  const blob = Buffer.from(block.body, 'base64');
  try {
    const reading = readOpenSsh(blob, secret);
    if ('key' in reading) return reading.key;
    if (reading.problem === 'passphrase') throw new StationError('key/import-passphrase', { path });
    throw unusable(path, reading.detail);
  } finally {
    secret?.fill(0);
    blob.fill(0);
  }
}

/** The public keys and the first certificate in a file, each as a file of its own. A chain's other certificates are its issuers'. */
function publicBlocks(bytes: Buffer): readonly Buffer[] {
  const blocks = pemBlocks(bytes);
  const certificate = blocks.find(({ label }) => label.endsWith('CERTIFICATE'));
  const keys = blocks.filter(({ label }) => label.endsWith('PUBLIC KEY'));
  return [...keys, ...(certificate === undefined ? [] : [certificate])].map(({ whole }) => whole);
}

function publicOf(path: string, bytes: Buffer): ReturnType<typeof publicKey> {
  const text = bytes.toString('latin1');
  const ssh = readOpenSshPublic(text);
  try {
    if (ssh !== null) return publicKey(ssh);
    return publicKey(text.includes('-----BEGIN ') ? text : bytes);
  } catch (error) {
    throw unusable(path, 'it holds no readable public key', error);
  }
}

interface PemBlock {
  readonly label: string;
  readonly headers: string;
  readonly body: string;
  readonly whole: Buffer;
}

function pemBlocks(bytes: Buffer): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  const pattern =
    /-----BEGIN ([A-Z0-9 ]+)-----\s*?\n((?:[A-Za-z-]+:.*\r?\n(?:[ \t].*\r?\n)*)*)([^-]*)-----END \1-----/g;
  for (const [whole, label = '', headers = '', body = ''] of bytes.toString('latin1').matchAll(pattern)) {
    if (label === 'EC PARAMETERS') continue;
    blocks.push({ label, headers, body, whole: Buffer.from(`${whole}\n`, 'latin1') });
  }
  return blocks;
}

async function contents(path: string): Promise<Buffer> {
  try {
    // The file is moved or destroyed after its use: a link would leave the key behind.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { size } = await file.stat().then((stat) => (stat.isFile() ? stat : { size: -1 }));
    if (size < 0) throw unusable(path, 'it is not a regular file');
    if (size > LARGEST_FILE) throw unusable(path, `it is ${size} bytes large`);
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if (error instanceof StationError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw unusable(path, code === 'ELOOP' ? 'it is a link' : code, error);
  }
}

function describe(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  return [key.asymmetricKeyType, namedCurve ?? modulusLength].filter((part) => part !== undefined).join(' ');
}

function unusable(path: string, detail: string, cause?: unknown): StationError {
  return new StationError('key/import-unusable', { path, detail }, { cause });
}
