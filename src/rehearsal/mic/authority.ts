import { createHash, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { makeAuthority, makePair, makeUnsigned, type Pair } from '../server/certificate.ts';

const YEARS_MS = 20 * 365 * 86_400_000;

/** A certificate for one thing, with its keys, as PEM. */
export interface ThingCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  readonly publicKey: string;
  /** Hex SHA-256 of the certificate's DER. */
  readonly sha256: string;
}

/** The authority of the stack's MQTT side: it makes the keys of things itself, RSA 2048, as AWS IoT does. */
export class IotAuthority {
  readonly #pair: Pair;
  readonly #certificate: forge.pki.Certificate;

  private constructor(pair: Pair) {
    this.#pair = pair;
    this.#certificate = makeAuthority(pair, 'Rehearsal IoT authority', Date.now());
  }

  static async make(): Promise<IotAuthority> {
    return new IotAuthority(await makePair());
  }

  /** PEM, by which the MQTT side knows its own certificates. */
  get pem(): string {
    return forge.pki.certificateToPem(this.#certificate);
  }

  async issue(): Promise<ThingCertificate> {
    const pair = await makePair();
    const now = Date.now();
    const leaf = makeUnsigned('AWS IoT Certificate', pair.publicKey, now - 60_000, now + YEARS_MS);
    leaf.setIssuer(this.#certificate.subject.attributes);
    leaf.setExtensions([
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
    ]);
    leaf.sign(this.#pair.privateKey, forge.md.sha256.create());
    const certificate = forge.pki.certificateToPem(leaf).replaceAll('\r\n', '\n');
    return {
      certificate,
      privateKey: forge.pki.privateKeyToPem(pair.privateKey).replaceAll('\r\n', '\n'),
      publicKey: forge.pki.publicKeyToPem(pair.publicKey).replaceAll('\r\n', '\n'),
      sha256: createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex'),
    };
  }
}
