import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readUpdateStore } from '../../../../src/boards/linux-console/update-store.ts';

/** Stores written by LMDB 0.9.24 on x86-64 (mdb_load): two keys, with and without a running update. */
const LIVE =
  'H4sIAAAAAAACA+3YMQrCMBTG8ZeCUAeJgifo3sHVqasH8ABBUxC0Sput9Gri0HM4eAGPoBKtdFB0sODw/w3vC7xA4G0vIo3Q1+PhvFfSNnxGmMhHlwf5UnNfCQAAAAAA6IrqdP9XL965C94k/wAAAAAAAPxe0DqNpdYnXWumAgAAAADA/xn52pPCGWfLaL5b3nKWpdtoWlZV33cHYnK3Ss3CxZnZ2NyurSlsPLkC2KrjkgAwAAA=';
const IDLE =
  'H4sIAAAAAAACA+3YMQrCQBAF0N1UsZCI90jhDbzKIhEEtYg5n3gSi1zAIygEI1EELUwhvFf8mYWFhel2QujlXZ5Pl2MMQ7NHyZfho+td+FJ/PwYAAABgLHHU/398887zOXup9gAAAADwe9mgm4e2aAszAQAAgP8z6XIaUt1s1mnVlPu0q+pqW6VDVS5uAuiqygAwAAA=';

/** What `head` and `tail` of a board give of a file. */
function board(store: Buffer): (command: string) => Promise<Buffer> {
  return (command) => {
    const root = /^p b;tail -c \+(\d+) /.exec(command)?.[1];
    const at = Number(root ?? 1) - 1;
    return Promise.resolve(
      root === undefined
        ? Buffer.concat([store.subarray(0, 168), store.subarray(4096, 4096 + 168)])
        : store.subarray(at, at + 4096),
    );
  };
}

/** The same store as a 32-bit processor writes it: words of four bytes. */
function as32bit(store: Buffer): Buffer {
  const narrow = Buffer.from(store);
  const word = (from: number, to: number): void =>
    void narrow.writeUInt32LE(Number(store.readBigUInt64LE(from) & 0xffff_ffffn), to);
  for (const page of [0, 4096]) {
    store.copy(narrow, page + 12, page + 16, page + 24); // magic, version
    for (const [database, from] of [
      [0, 40],
      [1, 88],
    ] as const) {
      const to = page + 28 + database * 28;
      store.copy(narrow, to, page + from, page + from + 8);
      for (let index = 0; index < 5; index += 1) word(page + from + 8 + 8 * index, to + 8 + 4 * index);
    }
    word(page + 136, page + 84); // last page
    word(page + 144, page + 88); // transaction
  }
  const leaf = 8192;
  store.copy(narrow, leaf + 4, leaf + 8, leaf + 12);
  narrow.writeUInt16LE(store.readUInt16LE(leaf + 12) - 4, leaf + 8);
  store.copy(narrow, leaf + 10, leaf + 14, leaf + store.readUInt16LE(leaf + 12));
  return narrow;
}

const store = (text: string): Buffer => gunzipSync(Buffer.from(text, 'base64'));

test.each([
  ['live, 64 bits', store(LIVE), 'in-progress'],
  ['idle, 64 bits', store(IDLE), 'none'],
  ['live, 32 bits', as32bit(store(LIVE)), 'in-progress'],
  ['idle, 32 bits', as32bit(store(IDLE)), 'none'],
  ['not a store', Buffer.alloc(12_288, 0x41), 'unknown'],
  ['cut', store(LIVE).subarray(0, 8200), 'unknown'],
  ['empty', Buffer.alloc(0), 'unknown'],
] as const)('%s', async (_, bytes, said) => {
  expect(await readUpdateStore('/data/mender/mender-store', board(bytes))).toBe(said);
});
