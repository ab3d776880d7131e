/**
 * The program of a thread that reads public keys, as text: like the RSA threads' it needs no second file in a bundle.
 *
 * A message is a list of `[form, base64 DER]`; its answer a list of `[SPKI base64, SHA-256 hex, type, bits]`, or of
 * `[null, code]` for what is no key that a server takes. Which those are: RSA, P-224, P-256, P-384, P-521, Ed25519.
 */
export const KEY_WORKER = `
'use strict';
const { parentPort } = require('node:worker_threads');
const { createHash, createPrivateKey, createPublicKey, X509Certificate } = require('node:crypto');

const CURVES = { '2b81040021': ['p224', 224], '2a8648ce3d030107': ['p256', 256], '2b81040022': ['p384', 384], '2b81040023': ['p521', 521] };

function element(der, at) {
  let length = der[at + 1];
  let begin = at + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4) throw new Error('length');
    length = 0;
    for (const end = begin + count; begin < end; begin += 1) length = length * 256 + der[begin];
  }
  if (!(begin + length <= der.length)) throw new Error('cut off');
  return { tag: der[at], at, begin, end: begin + length };
}

function describe(spki) {
  const outer = element(spki, 0);
  const algorithm = element(spki, outer.begin);
  const oid = element(spki, algorithm.begin);
  const name = spki.subarray(oid.begin, oid.end).toString('hex');
  if (outer.tag !== 0x30 || algorithm.tag !== 0x30 || oid.tag !== 6) throw new Error('no SPKI');
  if (name === '2b6570') return ['ed25519', 256];
  if (name === '2a864886f70d010101') {
    const bits = element(spki, algorithm.end);
    const modulus = element(spki, element(spki, bits.begin + 1).begin);
    let first = modulus.begin;
    while (spki[first] === 0 && first < modulus.end) first += 1;
    return ['rsa', (modulus.end - first) * 8 - Math.clz32(spki[first]) + 24];
  }
  if (name !== '2a8648ce3d0201') return null;
  const curve = element(spki, oid.end);
  return curve.tag === 6 ? (CURVES[spki.subarray(curve.begin, curve.end).toString('hex')] ?? null) : null;
}

function spkiOfRequest(der) {
  const info = element(der, element(der, 0).begin);
  const version = element(der, info.begin);
  const subject = element(der, version.end);
  const key = element(der, subject.end);
  return der.subarray(key.at, key.end);
}

function isPrivate(der) {
  for (const type of ['pkcs8', 'sec1', 'pkcs1'])
    try {
      createPrivateKey({ key: der, format: 'der', type });
      return true;
    } catch {}
  return false;
}

function readKey(form, text) {
  const der = Buffer.from(text, 'base64');
  let spki = der;
  try {
    if (form === 'certificate') spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
    else if (form === 'csr') spki = spkiOfRequest(der);
    const kind = describe(spki);
    if (kind === null) return [null, 'key-type'];
    let key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    let own = key.export({ type: 'spki', format: 'der' });
    if (kind[0] === 'p256' && own.length === 59 || kind[0] === 'p384' && own.length === 72) {
      key = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
      own = key.export({ type: 'spki', format: 'der' });
    }
    return [own.toString('base64'), createHash('sha256').update(own).digest('hex'), kind[0], kind[1]];
  } catch {
    return [null, isPrivate(der) ? 'key-private' : 'key-unreadable'];
  }
}

parentPort.on('message', (keys) => parentPort.postMessage(keys.map(([form, der]) => readKey(form, der))));
`;
