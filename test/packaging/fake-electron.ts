import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

const root = path.resolve(import.meta.dirname, '../..');
/** How Electron's fuses are found in its executable, and how many this version has. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSES = 9;

/** The version that is packaged. */
export const electronVersion = (
  JSON.parse(readFileSync(path.join(root, 'node_modules', 'electron', 'package.json'), 'utf8')) as {
    version: string;
  }
).version;

/**
 * Writes an archive that stands for Electron's own download: its files by name, and an executable that holds nothing but
 * the fuses, all as Electron ships them. What is packaged around it is the real thing.
 */
export function writeFakeElectron(folder: string, arch: string): void {
  const fuses = Buffer.concat([
    Buffer.from(SENTINEL),
    Buffer.from([1, FUSES]),
    Buffer.from('101100111'.slice(0, FUSES)),
  ]);
  const executable = Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), fuses]);
  const files: [name: string, content: Buffer, mode: number][] = [
    ['electron', executable, 0o755],
    ['chrome-sandbox', Buffer.from('#!/bin/sh\n'), 0o755],
    ['chrome_crashpad_handler', Buffer.from('#!/bin/sh\n'), 0o755],
    ['version', Buffer.from(electronVersion), 0o644],
    ['LICENSE', Buffer.from('licence'), 0o644],
    ['LICENSES.chromium.html', Buffer.from('<html></html>'), 0o644],
    ['resources/default_app.asar', Buffer.from('default'), 0o644],
    ['locales/en-US.pak', Buffer.from('pak'), 0o644],
  ];
  writeFileSync(path.join(folder, `electron-v${electronVersion}-linux-${arch}.zip`), zip(files));
}

/** A ZIP archive of stored files with their Unix modes. */
function zip(files: readonly [name: string, content: Buffer, mode: number][]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content, mode] of files) {
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, content);

    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    // Made on Unix, so that the mode in the upper half of the attributes counts.
    entry.writeUInt16LE((3 << 8) | 20, 4);
    common.copy(entry, 6);
    entry.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, nameBytes);
    offset += 4 + common.length + nameBytes.length + content.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
