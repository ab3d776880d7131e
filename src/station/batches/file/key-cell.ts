import type { Finding } from './cell-rules.ts';

/** A key as it stands in a cell or a file: DER, and what it is the DER of. */
export type KeySourceDer = {
  readonly form: 'spki' | 'certificate' | 'csr';
  /** Base64. */
  readonly der: string;
};

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const fault = (code: Finding['code'], reason: string): { readonly fault: Finding } => ({
  fault: { code, reason },
});

const PRIVATE = fault(
  'key-private',
  'It is a private key. It was not kept: take it out of the file, and out of every copy of it, and give the public key alone.',
);

/**
 * Reads a key from text: PEM, also with its line breaks written `\n`, or bare base64 of DER. Servers take a `PUBLIC KEY`
 * alone (SPKI); of a certificate or a request it is their public key.
 *
 * @param wanted the column that it stands in.
 */
export function readKeyText(
  text: string,
  wanted: 'pubkey' | 'certificate' | 'csr' | 'pubkey_file',
): KeySourceDer | { readonly fault: Finding } {
  // A PEM begins like a formula, and gets an apostrophe from what guards spreadsheets against those.
  const whole = text
    .replace(/\\r|\\n/g, '\n')
    .trim()
    .replace(/^'/, '');
  if (!whole.includes('-----BEGIN')) return readBare(whole, wanted);
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(whole)) return PRIVATE;
  const blocks = [...whole.matchAll(PEM)];
  const [block] = blocks;
  if (block === undefined)
    return fault('key-unreadable', 'It begins like a PEM and does not end like one: some of it is missing.');
  if (blocks.length > 1 && wanted !== 'pubkey_file' && wanted !== 'certificate')
    return fault('key-several', 'There is more than one key in it.');
  const [, label = '', body = ''] = block;
  const der = body.replace(/^[A-Za-z-]+:.*$/gm, '').replace(/\s+/g, '');
  const form = FORMS.get(label);
  if (form === undefined)
    return fault(
      'key-label',
      `It is a ${label}; servers take a PUBLIC KEY (SPKI) alone, e.g. by openssl pkey -pubin -outform PEM.`,
    );
  if (!BASE64.test(der))
    return fault('key-unreadable', 'What is between its first and its last line is no base64.');
  return { form, der };
}

/** Reads a key from the bytes of a file. */
export function readKeyBytes(bytes: Buffer): KeySourceDer | { readonly fault: Finding } {
  const text = bytes.toString('latin1');
  if (text.includes('-----BEGIN') || /^\s*[A-Za-z0-9+/=\s]+$/.test(text))
    return readKeyText(text, 'pubkey_file');
  const der = bytes.toString('base64');
  return { form: formOf(bytes), der };
}

const FORMS: ReadonlyMap<string, KeySourceDer['form']> = new Map([
  ['PUBLIC KEY', 'spki'],
  ['CERTIFICATE', 'certificate'],
  ['X509 CERTIFICATE', 'certificate'],
  ['CERTIFICATE REQUEST', 'csr'],
  ['NEW CERTIFICATE REQUEST', 'csr'],
]);

function readBare(text: string, wanted: string): KeySourceDer | { readonly fault: Finding } {
  if (/^(ssh-|ecdsa-sha2-)/.test(text))
    return fault(
      'key-label',
      'It is a key in the form of OpenSSH; servers take a PUBLIC KEY (SPKI) alone: ssh-keygen -e -m PKCS8 -f FILE.',
    );
  if (text.startsWith('{')) return fault('key-label', 'It is a JWK; servers take a PUBLIC KEY (SPKI) alone.');
  const der = text.replace(/\s+/g, '');
  if (!BASE64.test(der)) return fault('key-unreadable', 'It is neither PEM nor base64.');
  const bytes = Buffer.from(der, 'base64');
  const form = formOf(bytes);
  return { form: wanted === 'certificate' && form === 'spki' ? 'certificate' : form, der };
}

/**
 * What DER is, by how it begins. A public key: a sequence of an algorithm and a bit string. A certificate begins with a
 * sequence whose first member is `[0]` (its version); a request with one whose first member is the number 0 (RFC 2986).
 */
function formOf(der: Uint8Array): KeySourceDer['form'] {
  const outer = contentAt(der, 0);
  if (outer === null || der[outer] !== 0x30) return 'spki';
  const inner = contentAt(der, outer);
  if (inner === null) return 'spki';
  if (der[inner] === 0xa0) return 'certificate';
  return der[inner] === 0x02 ? 'csr' : 'spki';
}

/** Where the content of the element at `at` begins; null where it is cut off. */
function contentAt(der: Uint8Array, at: number): number | null {
  const length = der[at + 1];
  if (length === undefined) return null;
  const begin = at + 2 + (length >= 0x80 ? length & 0x7f : 0);
  return begin < der.length ? begin : null;
}
