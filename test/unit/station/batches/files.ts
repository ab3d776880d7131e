import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for the files of one test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'station-batch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file, its lines given; the path. */
export function write(lines: readonly string[] | Buffer, name = 'boards.csv', folder = makeFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, lines instanceof Buffer ? lines : `${lines.join('\r\n')}\r\n`);
  return path;
}

export interface TestKey {
  readonly pem: string;
  /** SPKI DER, base64. */
  readonly base64: string;
  readonly privatePem: string;
}

/** A key pair in the forms in which people have them. */
export function newKey(
  type: 'ed25519' | 'x25519' | 'p256' | 'secp256k1' | 'rsa1024' | 'rsa512' = 'ed25519',
): TestKey {
  const { publicKey, privateKey } = pair(type);
  return {
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    base64: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function pair(type: Parameters<typeof newKey>[0]): ReturnType<typeof generateKeyPairSync> {
  switch (type) {
    case 'x25519':
      return generateKeyPairSync('x25519');
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'secp256k1':
      return generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 });
    case 'rsa512':
      return generateKeyPairSync('rsa', { modulusLength: 512 });
    default:
      return generateKeyPairSync('ed25519');
  }
}

/** A PEM as a quoted cell. */
export const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;

export const mac = (n: number): string => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`;
