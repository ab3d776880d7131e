import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

/** What a client must refuse: a leaf for another host, of an authority that `ca` is not, or past its end. */
export type CertificateFlaw = 'wrong-host' | 'unknown-authority' | 'expired';

export interface ServerCertificate {
  readonly key: string;
  /** The leaf. */
  readonly cert: string;
  /** The authority to trust. */
  readonly ca: string;
}

const DAY_MS = 86_400_000;
const newKeyPair = promisify(generateKeyPair);

export interface Pair {
  readonly privatePem: string;
  readonly privateKey: forge.pki.rsa.PrivateKey;
  readonly publicKey: forge.pki.rsa.PublicKey;
}

export async function makePair(): Promise<Pair> {
  const { privateKey, publicKey } = await newKeyPair('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    privatePem: privateKey,
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    publicKey: forge.pki.publicKeyFromPem(publicKey),
  };
}

export function makeUnsigned(
  commonName: string,
  publicKey: forge.pki.rsa.PublicKey,
  from: number,
  to: number,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // Its first byte is neither zero nor over 0x7f: DER allows one way to write a number, and OpenSSL reads no other.
  certificate.serialNumber = `4${randomBytes(16).toString('hex').slice(1)}`;
  certificate.validity.notBefore = new Date(from);
  certificate.validity.notAfter = new Date(to);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  return certificate;
}

export function makeAuthority(pair: Pair, name: string, now: number): forge.pki.Certificate {
  const authority = makeUnsigned(name, pair.publicKey, now - 30 * DAY_MS, now + 365 * DAY_MS);
  authority.setIssuer(authority.subject.attributes);
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  authority.sign(pair.privateKey, forge.md.sha256.create());
  return authority;
}

/** Subject alternative names: 2 is a host name, 7 an address. 10.0.2.2 is the host as emulated boards see it. */
const HERE = [
  { type: 2, value: 'localhost' },
  { type: 7, ip: '127.0.0.1' },
  { type: 7, ip: '::1' },
  { type: 7, ip: '10.0.2.2' },
];
const ELSEWHERE = [{ type: 2, value: 'elsewhere.invalid' }];

/** Makes an authority and a leaf of it. */
export async function makeCertificate(flaw?: CertificateFlaw): Promise<ServerCertificate> {
  const now = Date.now();
  const [authorityPair, leafPair] = await Promise.all([makePair(), makePair()]);
  const authority = makeAuthority(authorityPair, 'Rehearsal bench authority', now);
  const end = flaw === 'expired' ? now - DAY_MS : now + 90 * DAY_MS;
  const names = flaw === 'wrong-host' ? ELSEWHERE : HERE;
  const leaf = makeUnsigned(
    flaw === 'wrong-host' ? 'elsewhere.invalid' : 'localhost',
    leafPair.publicKey,
    now - 2 * DAY_MS,
    end,
  );
  leaf.setIssuer(authority.subject.attributes);
  leaf.setExtensions([
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names },
  ]);
  leaf.sign(authorityPair.privateKey, forge.md.sha256.create());
  const trusted =
    flaw === 'unknown-authority' ? makeAuthority(await makePair(), 'Another authority', now) : authority;
  return {
    key: leafPair.privatePem,
    cert: forge.pki.certificateToPem(leaf),
    ca: forge.pki.certificateToPem(trusted),
  };
}
