import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Mode } from './wire.ts';
import { decodePem, encodePem } from './pem.ts';

/** A device's public key that the server can use. */
export interface PublicKey {
  /** The normal form in which it is stored, compared and returned. */
  readonly pem: string;
  /** Whether `signature` (the text of the `X-MEN-Signature` header) is this key's over the bytes of `body`. */
  verifies(signature: string, body: Uint8Array): boolean;
}

export type ParsedKey =
  { readonly ok: true; readonly key: PublicKey } | { readonly ok: false; readonly error: string };

const CANNOT_DECODE = 'cannot decode public key';
const UNRECOGNIZED = 'unrecognized public key type';

/** Algorithm OIDs, as the hex of their DER contents. */
const RSA = '2a864886f70d010101';
const EC = '2a8648ce3d0201';
const DSA = '2a8648ce380401';
const ED25519 = '2b6570';
const X25519 = '2b656e';
/** P-224, P-256, P-384 and P-521: the curves that Go's x509 knows. */
const CURVES = new Set(['2b81040021', '2a8648ce3d030107', '2b81040022', '2b81040023']);

/** Keys come again and again in thousands of auth requests: the last ones are kept parsed. */
const CACHE_SIZE = 4096;
const caches: Readonly<Record<Mode, Map<string, ParsedKey>>> = { '2026': new Map(), '2023': new Map() };

/**
 * Reads a public key as the server does: only a PEM block `PUBLIC KEY` holding a SubjectPublicKeyInfo of RSA, of ECDSA on a
 * NIST curve, or of Ed25519. The error is the server's text.
 */
export function parsePublicKey(text: string, mode: Mode): ParsedKey {
  const cache = caches[mode];
  const known = cache.get(text);
  if (known) return known;
  const parsed = parse(text, mode);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

function refuse(error: string): ParsedKey {
  return { ok: false, error };
}

function parse(text: string, mode: Mode): ParsedKey {
  const block = decodePem(text);
  if (block?.label !== 'PUBLIC KEY') return refuse(CANNOT_DECODE);
  const info = readKeyInfo(block.der);
  if (typeof info === 'string') return refuse(`${CANNOT_DECODE}: ${info}`);
  switch (info.algorithm) {
    case RSA:
    case ED25519:
      break;
    case EC:
      if (!CURVES.has(info.curve)) return refuse(`${CANNOT_DECODE}: x509: unsupported elliptic curve`);
      break;
    case DSA:
      return refuse(UNRECOGNIZED);
    case X25519:
      return refuse(mode === '2026' ? UNRECOGNIZED : `${CANNOT_DECODE}: x509: unknown public key algorithm`);
    default:
      return refuse(`${CANNOT_DECODE}: x509: unknown public key algorithm`);
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: block.der, format: 'der', type: 'spki' });
  } catch {
    return refuse(`${CANNOT_DECODE}: x509: invalid public key`);
  }
  const der = key.export({ format: 'der', type: 'spki' });
  return {
    ok: true,
    key: { pem: encodePem('PUBLIC KEY', der), verifies: verifier(info.algorithm, key, mode) },
  };
}

const STANDARD_BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function verifier(algorithm: string, key: KeyObject, mode: Mode): PublicKey['verifies'] {
  // Go refuses to work with RSA keys below 1024 bits since 2025.
  const tooSmall =
    mode === '2026' && algorithm === RSA && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 1024;
  return (text, body) => {
    const trimmed = text.trim();
    if (tooSmall || trimmed === '' || !STANDARD_BASE64.test(trimmed)) return false;
    const signature = Buffer.from(trimmed, 'base64');
    try {
      if (algorithm === ED25519) return verify(null, body, key, signature);
      // ECDSA signatures are ASN.1 DER; what follows the sequence is tolerated.
      return verify('sha256', body, key, algorithm === EC ? firstElement(signature) : signature);
    } catch {
      return false;
    }
  };
}

function firstElement(der: Buffer): Buffer {
  const element = readElement(der, 0);
  return element && element.end <= der.length ? der.subarray(0, element.end) : der;
}

interface Element {
  readonly tag: number;
  readonly contents: Buffer;
  readonly end: number;
}

function readElement(der: Buffer, at: number): Element | undefined {
  const tag = der[at];
  let length = der[at + 1];
  if (tag === undefined || length === undefined) return undefined;
  let start = at + 2;
  if (length >= 0x80) {
    const bytes = length & 0x7f;
    if (bytes === 0 || bytes > 4 || start + bytes > der.length) return undefined;
    length = der.readUIntBE(start, bytes);
    start += bytes;
  }
  if (start + length > der.length) return undefined;
  return { tag, contents: der.subarray(start, start + length), end: start + length };
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;

/** Algorithm and curve of a SubjectPublicKeyInfo, or what Go's x509 says about bytes that are none. */
function readKeyInfo(der: Buffer): { readonly algorithm: string; readonly curve: string } | string {
  const outer = readElement(der, 0);
  if (!outer) return 'asn1: syntax error: data truncated';
  if (outer.tag !== SEQUENCE) return mismatch(outer);
  if (outer.end !== der.length) return 'x509: trailing data after ASN.1 of public-key';
  const algorithm = readElement(outer.contents, 0);
  if (algorithm?.tag === INTEGER) {
    return 'x509: failed to parse public key (use ParsePKCS1PublicKey instead for this key format)';
  }
  const bits = algorithm && readElement(outer.contents, algorithm.end);
  const id = algorithm?.tag === SEQUENCE ? readElement(algorithm.contents, 0) : undefined;
  if (!algorithm || id?.tag !== OBJECT_ID || bits?.tag !== BIT_STRING)
    return 'asn1: structure error: malformed publicKeyInfo';
  const parameters = readElement(algorithm.contents, id.end);
  return {
    algorithm: id.contents.toString('hex'),
    curve: parameters?.tag === OBJECT_ID ? parameters.contents.toString('hex') : '',
  };
}

function mismatch({ tag, contents }: Element): string {
  const seen = `{class:${tag >> 6} tag:${tag & 0x1f} length:${contents.length} isCompound:${(tag & 0x20) !== 0}}`;
  const wanted =
    '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
  return `asn1: structure error: tags don't match (16 vs ${seen}) ${wanted} publicKeyInfo @2`;
}
