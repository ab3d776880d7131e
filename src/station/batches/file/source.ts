import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { StationError } from '../../../model/station-error.ts';

/** How a spreadsheet's text is written down. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** What a file is, from a first look at all of it. */
export interface Source {
  readonly path: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
  readonly encoding: Encoding;
  readonly bytes: number;
}

/** A hundred thousand rows with the longest keys, in two bytes a character, are smaller. */
const LARGEST = 512 * 1024 * 1024;
const PIECE = 256 * 1024;

/** Files that a spreadsheet's own format begins with: what is in them is no text. */
const FOREIGN: readonly (readonly [start: string, what: string])[] = [
  ['504b0304', 'a spreadsheet or an archive (xlsx, ods, zip)'],
  ['d0cf11e0', 'a spreadsheet of an old format (xls)'],
  ['25504446', 'a PDF'],
  ['1f8b', 'a packed file (gzip)'],
];

/**
 * Looks at a whole file: its hash, and how its text is written down. A mark at its beginning says so; without one text
 * that is no UTF-8 is Windows-1252, as spreadsheets write it on Windows.
 *
 * @throws StationError `batch/file-unreadable`, `batch/file-foreign`; the signal's reason.
 */
export async function examineSource(path: string, signal: AbortSignal): Promise<Source> {
  const bytes = sizeOf(path);
  const hash = createHash('sha256');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let encoding: Encoding | null = null;
  let isUtf8 = true;
  let first = true;
  for await (const piece of piecesOf(path, signal)) {
    hash.update(piece);
    if (first) {
      first = false;
      refuseForeign(path, piece);
      encoding = marked(piece) ?? wide(piece);
    }
    if (encoding === null && isUtf8) isUtf8 = decodes(utf8, piece);
  }
  if (encoding === null && isUtf8) isUtf8 = decodes(utf8, null);
  return {
    path,
    sha256: hash.digest('hex'),
    encoding: encoding ?? (isUtf8 ? 'utf-8' : 'windows-1252'),
    bytes,
  };
}

/** The text of a file that was looked at, in pieces. @throws StationError `batch/file-changed`, and as `examineSource`. */
export async function* textOf(
  { path, encoding, sha256 }: Source,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const hash = createHash('sha256');
  const decoder = new TextDecoder(encoding);
  for await (const piece of piecesOf(path, signal)) {
    hash.update(piece);
    yield decoder.decode(piece, { stream: true });
  }
  yield decoder.decode();
  if (hash.digest('hex') !== sha256) throw new StationError('batch/file-changed', { path });
}

async function* piecesOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE, signal })) yield piece as Buffer;
  } catch (thrown) {
    signal.throwIfAborted();
    throw unreadable(path, thrown);
  }
}

function sizeOf(path: string): number {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new StationError('batch/file-unreadable', { path, detail: 'it is no file' });
    if (stat.size > LARGEST)
      throw new StationError('batch/file-unreadable', { path, detail: 'it is larger than 512 MB' });
    return stat.size;
  } catch (thrown) {
    if (thrown instanceof StationError) throw thrown;
    throw unreadable(path, thrown);
  }
}

function refuseForeign(path: string, start: Buffer): void {
  const text = start.subarray(0, 8).toString('hex');
  const what = FOREIGN.find(([begin]) => text.startsWith(begin))?.[1];
  if (what !== undefined) throw new StationError('batch/file-foreign', { path, what });
}

function marked(start: Buffer): Encoding | null {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return null;
}

/** Two bytes a character without a mark: every other byte of a header is zero. */
function wide(start: Buffer): Encoding | null {
  const pairs = Math.floor(Math.min(start.length, 64) / 2);
  if (pairs === 0) return null;
  let even = 0;
  let odd = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    if (start[2 * pair] === 0) even += 1;
    if (start[2 * pair + 1] === 0) odd += 1;
  }
  if (odd > pairs * 0.8 && even === 0) return 'utf-16le';
  return even > pairs * 0.8 && odd === 0 ? 'utf-16be' : null;
}

function decodes(decoder: InstanceType<typeof TextDecoder>, piece: Buffer | null): boolean {
  try {
    if (piece === null) decoder.decode();
    else decoder.decode(piece, { stream: true });
    return true;
  } catch {
    return false; // that it does not is the answer
  }
}

function unreadable(path: string, thrown: unknown): StationError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new StationError('batch/file-unreadable', { path, detail }, { cause: thrown });
}
