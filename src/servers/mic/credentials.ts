import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto';
import { publicKey } from '../../keys/index.ts';
import { secret } from '../../model/secret.ts';
import type { HttpAnswer } from '../http/client.ts';
import type { IssuedCredentials } from '../device-server.ts';
import { json } from './wire.ts';
import { isZip, readZip } from './zip.ts';

/** Why what a server gave is no certificate with its key: a sentence's end for people. */
export class Unusable extends Error {}

/**
 * Takes a thing's certificate and key out of the answer to their download: a ZIP as base64 text (`<thingName>/cert.pem`,
 * `privkey.pem`, `pubkey.pem`), as JSON text or bare, or as one member of a JSON object, or as bytes.
 *
 * They are checked here, before anything relies on them: both are read, belong together, agree with the public key beside
 * them, and a signature of the key is verified by the certificate.
 *
 * @throws Unusable.
 */
export function readIssued(answer: HttpAnswer, thing: string, now: number): IssuedCredentials {
  const files = readZip(zipOf(answer));
  if (files === null) throw new Unusable('it is no ZIP file');
  const found = (name: string): string | null =>
    (files.get(`${thing}/${name}`) ?? files.get(name))?.toString('latin1') ?? null;
  const certificatePem = found('cert.pem');
  const privatePem = found('privkey.pem');
  if (certificatePem === null || privatePem === null)
    throw new Unusable('it holds no cert.pem and privkey.pem of this thing');
  const certificate = read(() => new X509Certificate(certificatePem), 'its certificate cannot be read');
  const privateKey = read(() => createPrivateKey(privatePem), 'its private key cannot be read');
  const derived = createPublicKey(privateKey);
  if (!certificate.checkPrivateKey(privateKey)) throw new Unusable('the key is not that of the certificate');
  const publicPem = found('pubkey.pem');
  if (publicPem !== null) {
    const beside = read(() => createPublicKey(publicPem), 'its public key cannot be read');
    if (!beside.equals(derived)) throw new Unusable('the public key beside it is another one');
  }
  const nonce = randomBytes(32);
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  if (!verify(digest, nonce, certificate.publicKey, sign(digest, nonce, privateKey)))
    throw new Unusable('the key does not sign as its certificate verifies');
  if (Date.parse(certificate.validTo) <= now) throw new Unusable('the certificate has expired');
  return {
    thing,
    key: publicKey(derived),
    certificatePem: withLineEnd(certificatePem),
    certificateSha256: createHash('sha256').update(certificate.raw).digest('hex'),
    validTo: new Date(certificate.validTo).toISOString(),
    privateKeyPem: secret<Uint8Array>(Buffer.from(withLineEnd(privatePem), 'latin1')),
  };
}

function read<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (cause) {
    throw new Unusable(problem, { cause });
  }
}

function zipOf(answer: HttpAnswer): Buffer {
  if (isZip(answer.body)) return answer.body;
  const value = json(answer);
  const texts =
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).filter((member): member is string => typeof member === 'string')
        : [answer.body.toString('latin1').trim()];
  for (const text of texts) {
    const bytes = Buffer.from(text, 'base64');
    if (isZip(bytes)) return bytes;
  }
  throw new Unusable('it is no ZIP file');
}

function withLineEnd(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
