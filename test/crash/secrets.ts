/** Secrets that a test knows, as they may lie in what a station wrote. */
import { createPrivateKey } from 'node:crypto';

/** A secret's bytes as they are, in hex, and in base64 at each place in a group. */
export function disguises(secret: Buffer): readonly Buffer[] {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    // Without the characters that depend on the neighbours.
    return text.slice(shift === 0 ? 0 : shift + 1, Math.floor(((secret.length + shift) * 8) / 6));
  });
  return [secret, ...[secret.toString('hex'), ...base64].map((text) => Buffer.from(text))];
}

/** The private number of the key in a PEM, its first 32 bytes. */
export function privateNumber(pem: string): Buffer {
  const { d } = createPrivateKey(pem).export({ format: 'jwk' });
  if (d === undefined) throw new Error('a private key without a private number');
  return Buffer.from(d, 'base64url').subarray(0, 32);
}
