/**
 * Byte strings: text in which each character is one byte (0..255).
 *
 * A shell's words, a tty and files all carry bytes that need not be text. Keeping them as byte strings makes every length
 * and every slice exact, and costs no conversion between the parts of a board.
 */
export type ByteString = string;

/** The bytes of a byte string. */
export function toBytes(text: ByteString): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** A byte string of bytes. */
export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The UTF-8 bytes of a JavaScript string, as a byte string. */
export function fromText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A JavaScript string of UTF-8 bytes. */
export function toText(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
