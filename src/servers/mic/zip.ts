import { inflateRawSync } from 'node:zlib';

/** Far above two keys and a certificate. Bytes, of one file and of all. */
const LARGEST_FILE = 256 * 1024;
const MOST_FILES = 64;

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

/** Whether bytes begin as a ZIP file does. */
export function isZip(bytes: Buffer): boolean {
  return bytes.length >= 22 && bytes.readUInt32LE(0) === LOCAL_HEADER;
}

/**
 * The files of a small ZIP (stored or deflated, not encrypted, no ZIP64), by their whole names. Null where it is none, or
 * one that is larger than certificates and keys are. Nothing of it is written anywhere.
 */
export function readZip(bytes: Buffer): ReadonlyMap<string, Buffer> | null {
  try {
    return filesOf(bytes);
  } catch {
    // Offsets beyond the end, or a stream that does not inflate: whatever it is, it is no such file.
    return null;
  }
}

function filesOf(bytes: Buffer): ReadonlyMap<string, Buffer> | null {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || bytes.readUInt32LE(end) !== END_OF_DIRECTORY) return null;
  const count = bytes.readUInt16LE(end + 10);
  if (count > MOST_FILES) return null;
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (bytes.readUInt32LE(at) !== CENTRAL_HEADER) return null;
    const isEncrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const rest = bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    if (isEncrypted || size > LARGEST_FILE || bytes.readUInt32LE(local) !== LOCAL_HEADER) return null;
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    if (!name.endsWith('/')) {
      const content = unpacked(bytes.subarray(begin, begin + packed), method);
      if (content?.length !== size) return null;
      files.set(name, content);
    }
    at += 46 + nameLength + rest;
  }
  return files;
}

function unpacked(packed: Buffer, method: number): Buffer | null {
  if (method === 0) return Buffer.from(packed);
  if (method === 8) return inflateRawSync(packed, { maxOutputLength: LARGEST_FILE });
  return null;
}
