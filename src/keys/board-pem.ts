import type { KeyPair } from '../model/key.ts';
import { Secret } from '../model/secret.ts';
import { privateKeyObject } from './key-pair.ts';

/**
 * `traditional`: PKCS#1 for RSA, SEC1 for EC, PKCS#8 for Ed25519 (it has no other form). It is what mender-client writes
 * itself, and the only form of an RSA key that the client of 2.0 reads. `pkcs8`: PKCS#8 throughout; clients that use
 * OpenSSL (2.6, 3.x, 4.x and 5.x) read both.
 */
export type BoardPemFormat = 'traditional' | 'pkcs8';

/**
 * A private key as the text of a board's key file, LF line ends and a newline at the end. Whoever asked for it destroys
 * it; nothing of it passes through a JavaScript string.
 *
 * @throws StationError `key/unreadable` when the pair was destroyed.
 */
export function toBoardPem(pair: KeyPair, format: BoardPemFormat = 'traditional'): Secret<Uint8Array> {
  const key = privateKeyObject(pair);
  if (format === 'pkcs8' || pair.type === 'ed25519')
    return pem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' }));
  if (key.asymmetricKeyType === 'rsa')
    return pem('RSA PRIVATE KEY', key.export({ type: 'pkcs1', format: 'der' }));
  return pem('EC PRIVATE KEY', key.export({ type: 'sec1', format: 'der' }));
}

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const PAD = 0x3d;
const NEWLINE = 0x0a;
/** Bytes of DER on one line of 64 columns. */
const LINE_BYTES = 48;

function pem(label: string, der: Buffer): Secret<Uint8Array> {
  const head = Buffer.from(`-----BEGIN ${label}-----\n`, 'latin1');
  const tail = Buffer.from(`-----END ${label}-----\n`, 'latin1');
  const text = new Uint8Array(
    head.length + Math.ceil(der.length / 3) * 4 + Math.ceil(der.length / LINE_BYTES) + tail.length,
  );
  text.set(head);
  let at = head.length;
  for (let from = 0; from < der.length; from += 3) {
    const bits = ((der[from] ?? 0) << 16) | ((der[from + 1] ?? 0) << 8) | (der[from + 2] ?? 0);
    for (let sextet = 0; sextet < 4; sextet += 1)
      text[at++] = from + sextet > der.length ? PAD : (ALPHABET[(bits >> (18 - 6 * sextet)) & 63] ?? PAD);
    if (from % LINE_BYTES === LINE_BYTES - 3 || from + 3 >= der.length) text[at++] = NEWLINE;
  }
  text.set(tail, at);
  der.fill(0);
  return new Secret(text);
}
