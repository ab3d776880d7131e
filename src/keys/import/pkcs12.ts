import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { fingerprint } from '../public-key.ts';
import { element, INTEGER, SEQUENCE } from './der.ts';

export type Pkcs12Reading =
  | { readonly key: KeyObject }
  | { readonly problem: 'passphrase' }
  | { readonly problem: 'pair' }
  | { readonly problem: 'unusable'; readonly detail: string };

/** Whether these bytes are a PKCS#12 file: a sequence that begins with the version 3. A private key's version is 0 or 1. */
export function isPkcs12(bytes: Uint8Array): boolean {
  const outer = element(bytes);
  if (outer?.tag !== SEQUENCE) return false;
  const version = element(outer.content);
  return version?.tag === INTEGER && version.content.length === 1 && version.content[0] === 3;
}

/**
 * The one private key in a PKCS#12 file, RSA or EC, modern (AES) or legacy (3DES, RC2). Where certificates come with it,
 * one of them must be for this key.
 *
 * node-forge knows RSA only, but hands over the decrypted key's ASN.1 for any other type, which `node:crypto` reads.
 */
export function readPkcs12(bytes: Uint8Array, passphrase: string): Pkcs12Reading {
  let container: forge.asn1.Asn1;
  try {
    container = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('latin1')));
  } catch {
    return { problem: 'unusable', detail: 'it is a damaged PKCS#12 file' };
  }
  const pfx = decrypted(container, passphrase);
  if (pfx === null) return { problem: 'passphrase' };
  const bags = pfx.safeContents.flatMap((contents) => contents.safeBags);
  const keys = bags.filter(({ type }) => KEY_BAGS.includes(type));
  const [bag] = keys;
  if (bag === undefined || keys.length > 1)
    return { problem: 'unusable', detail: `it holds ${keys.length} private keys` };
  const key = bagKey(bag);
  if (key === null) return { problem: 'unusable', detail: 'its private key is of an unknown type' };
  const certified = bags.filter(({ type }) => type === forge.pki.oids['certBag']).map(certificateKey);
  const own = spki(createPublicKey(key));
  if (certified.length > 0 && !certified.some((other) => other !== null && spki(other) === own))
    return { problem: 'pair' };
  return { key };
}

/** Null with the wrong passphrase: in a sound container the integrity check and the decryption hang on nothing else. */
function decrypted(container: forge.asn1.Asn1, passphrase: string): forge.pkcs12.Pkcs12Pfx | null {
  for (const attempt of [
    () => forge.pkcs12.pkcs12FromAsn1(container, false, passphrase),
    // Modern containers take the passphrase as UTF-16 for the check and as UTF-8 for the decryption; forge has one
    // spelling for both. Beyond ASCII they differ: decrypt without the check, and let the pair be checked instead.
    () => forge.pkcs12.pkcs12FromAsn1(withoutMac(container), false, forge.util.encodeUtf8(passphrase)),
  ]) {
    try {
      return attempt();
    } catch {
      continue;
    }
  }
  return null;
}

/** The container without its third member, the integrity check. */
function withoutMac(container: forge.asn1.Asn1): forge.asn1.Asn1 {
  return Array.isArray(container.value) ? { ...container, value: container.value.slice(0, 2) } : container;
}

const KEY_BAGS: readonly (string | undefined)[] = [
  forge.pki.oids['keyBag'],
  forge.pki.oids['pkcs8ShroudedKeyBag'],
];

function bagKey(bag: forge.pkcs12.Bag): KeyObject | null {
  // forge's types promise `asn1`, which is there for keys alone that it does not understand itself.
  const asn1 = bag.key == null ? bag.asn1 : forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key));
  const der = Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    return null;
  } finally {
    der.fill(0);
  }
}

function certificateKey(bag: forge.pkcs12.Bag): KeyObject | null {
  try {
    const asn1 = bag.cert == null ? bag.asn1 : forge.pki.certificateToAsn1(bag.cert);
    return new X509Certificate(Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')).publicKey;
  } catch {
    // A certificate that cannot be read is none for this key.
    return null;
  }
}

function spki(key: KeyObject): string {
  return fingerprint(key.export({ type: 'spki', format: 'der' }));
}
