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

// What stands before the key itself, with the length of the whole: there is one way only to write these.
const FORMS = {
  ed25519: ['302a300506032b6570032100', 44],
  p224: ['304e301006072a8648ce3d020106052b81040021033a0004', 80],
  p256: ['3059301306072a8648ce3d020106082a8648ce3d03010703420004', 91],
  p384: ['3076301006072a8648ce3d020106052b8104002203620004', 120],
  p521: ['30819b301006072a8648ce3d020106052b810400230381860004', 158],
};
for (const form of Object.values(FORMS)) form[0] = Buffer.from(form[0], 'hex');
const RSA = Buffer.from('300d06092a864886f70d0101010500', 'hex');

// An element of this tag, its length written in the shortest way.
function strict(der, at, tag) {
  const found = element(der, at);
  const length = found.end - found.begin;
  const header = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 0;
  return found.tag === tag && found.begin - at === header ? found : null;
}

function positive(der, at) {
  const found = strict(der, at, 2);
  if (found === null || found.end === found.begin || der[found.begin] >= 0x80) return null;
  const isShortest = der[found.begin] !== 0 || (found.end - found.begin > 1 && der[found.begin + 1] >= 0x80);
  return isShortest ? found : null;
}

// Whether it is written as OpenSSL would write it: to have it written anew takes six times as long as to read it.
function isNormal(spki, kind) {
  const form = FORMS[kind];
  if (form !== undefined)
    return spki.length === form[1] && form[0].equals(spki.subarray(0, form[0].length));
  const outer = strict(spki, 0, 0x30);
  if (outer === null || outer.end !== spki.length) return false;
  const bits = outer.begin + RSA.length;
  if (!RSA.equals(spki.subarray(outer.begin, bits))) return false;
  const string = strict(spki, bits, 3);
  if (string === null || string.end !== spki.length || spki[string.begin] !== 0) return false;
  const pair = strict(spki, string.begin + 1, 0x30);
  if (pair === null || pair.end !== spki.length) return false;
  const modulus = positive(spki, pair.begin);
  const exponent = modulus === null ? null : positive(spki, modulus.end);
  return exponent !== null && exponent.end === spki.length;
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

function told(spki, kind) {
  return [spki.toString('base64'), createHash('sha256').update(spki).digest('hex'), kind[0], kind[1]];
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
    if (isNormal(spki, kind[0])) return told(spki, kind);
    let own = key.export({ type: 'spki', format: 'der' });
    if (kind[0] === 'p256' && own.length === 59 || kind[0] === 'p384' && own.length === 72) {
      key = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
      own = key.export({ type: 'spki', format: 'der' });
    }
    return told(own, kind);
  } catch {
    return [null, isPrivate(der) ? 'key-private' : 'key-unreadable'];
  }
}

parentPort.on('message', (keys) => parentPort.postMessage(keys.map(([form, der]) => readKey(form, der))));
`;
