import type { ClientReading } from '../../model/board.ts';
import { quote } from './quiet-loop.ts';

/**
 * Whether an update is in progress, by the keys in the client's LMDB store.
 *
 * The clients of 2.x to 5.x keep an update's state under `state` (or `state-uncommitted`), and that of one installed by
 * hand under `standalone-state`; the key is removed when the update has been committed or rolled back. LMDB leaves the
 * bytes of what was removed in free pages, so a search for text finds old updates, too: only the tree's root page tells.
 * That search comes first all the same, as part of the observation: a store without such text has never seen an update.
 */
export async function readUpdateStore(
  path: string,
  read: (command: string) => Promise<Buffer>,
): Promise<ClientReading['update']> {
  const file = quote(path);
  const heads = await read(`p b;head -c 168 ${file};tail -c +4097 ${file}|head -c 168`);
  const meta = newest([heads.subarray(0, 168), heads.subarray(168)].map(readMeta));
  if (meta === null) return 'unknown';
  if (meta.entries === 0) return 'none';
  // More than one level is more than the dozen keys of a client's store.
  if (meta.depth !== 1) return 'unknown';
  const page = await read(`p b;tail -c +${meta.root * PAGE + 1} ${file}|head -c ${PAGE}`);
  const keys = readLeafKeys(page, meta.wordBytes);
  if (keys === null) return 'unknown';
  return keys.some((key) => UPDATE_KEYS.has(key)) ? 'in-progress' : 'none';
}

const UPDATE_KEYS = new Set(['state', 'state-uncommitted', 'standalone-state']);
const PAGE = 4096;
const MAGIC = 0xbeefc0de;

interface Meta {
  /** 8 on a 64-bit board, 4 on a 32-bit one: LMDB writes its structures as the processor has them. */
  readonly wordBytes: 4 | 8;
  readonly depth: number;
  readonly entries: number;
  readonly root: number;
  readonly transaction: number;
}

/** Reads a meta page's head: the page header, magic, version, address, map size, two databases, last page, transaction. */
export function readMeta(head: Buffer): Meta | null {
  for (const wordBytes of [8, 4] as const) {
    const start = wordBytes === 8 ? 16 : 12;
    const database = 8 + 5 * wordBytes;
    const main = start + 8 + 2 * wordBytes + database;
    if (head.length < main + database + 2 * wordBytes || head.readUInt32LE(start) !== MAGIC) continue;
    const word = (at: number): number =>
      wordBytes === 8 ? Number(head.readBigUInt64LE(at)) : head.readUInt32LE(at);
    return {
      wordBytes,
      depth: head.readUInt16LE(main + 6),
      entries: word(main + 8 + 3 * wordBytes),
      root: word(main + 8 + 4 * wordBytes),
      transaction: word(main + database + wordBytes),
    };
  }
  return null;
}

/** The keys on a leaf page; null where it is none. */
export function readLeafKeys(page: Buffer, wordBytes: 4 | 8): readonly string[] | null {
  const header = wordBytes + 8;
  if (page.length < header) return null;
  const isLeaf = (page.readUInt16LE(wordBytes + 2) & 0x02) !== 0;
  const count = (page.readUInt16LE(wordBytes + 4) - header) / 2;
  if (!isLeaf || !Number.isInteger(count) || count < 0 || header + 2 * count > page.length) return null;
  const keys: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const node = page.readUInt16LE(header + 2 * index);
    if (node + 8 > page.length) return null;
    const length = page.readUInt16LE(node + 6);
    // The C++ client counts the terminating zero of a key in, the Go client does not.
    keys.push(
      page
        .subarray(node + 8, node + 8 + length)
        .toString('latin1')
        .replace(/\0$/, ''),
    );
  }
  return keys;
}

function newest(metas: readonly (Meta | null)[]): Meta | null {
  return metas.reduce(
    (best, one) => (one !== null && (best === null || one.transaction > best.transaction) ? one : best),
    null,
  );
}
