/** The little DER that key containers need to be put into a form that `node:crypto` reads. Bytes in, bytes out. */

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(SEQUENCE, ...parts);
}

/** A non-negative integer from its big-endian bytes, leading zeros or not. */
export function integer(magnitude: Uint8Array): Uint8Array {
  let from = 0;
  while (from < magnitude.length - 1 && magnitude[from] === 0) from += 1;
  const digits = magnitude.subarray(from);
  const first = digits[0];
  if (first === undefined) return tagged(INTEGER, Uint8Array.of(0));
  return first >= 0x80 ? tagged(INTEGER, Uint8Array.of(0), digits) : tagged(INTEGER, digits);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return tagged(OCTET_STRING, bytes);
}

export function bitString(bytes: Uint8Array): Uint8Array {
  return tagged(BIT_STRING, Uint8Array.of(0), bytes);
}

/** An object identifier from its encoded content. */
export function objectIdentifier(content: Uint8Array): Uint8Array {
  return tagged(OBJECT_IDENTIFIER, content);
}

/** A constructed, explicitly tagged element, `[number]`. */
export function explicit(number: number, content: Uint8Array): Uint8Array {
  return tagged(0xa0 | number, content);
}

/** The tag and the content of the first element; null when these bytes are no whole element. */
export function element(bytes: Uint8Array): { readonly tag: number; readonly content: Uint8Array } | null {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return null;
  let at = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) return null;
    length = 0;
    for (const end = at + count; at < end; at += 1) length = length * 256 + (bytes[at] ?? 0);
  }
  return at + length <= bytes.length ? { tag, content: bytes.subarray(at, at + length) } : null;
}

export { INTEGER, SEQUENCE };

function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = lengthBytes(length);
  const whole = new Uint8Array(1 + size.length + length);
  whole[0] = tag;
  whole.set(size, 1);
  let at = 1 + size.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function lengthBytes(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(0x80 | digits.length, ...digits);
}
