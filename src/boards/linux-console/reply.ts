import { createHash } from 'node:crypto';

/** What a line from the board was to the reply that is read. */
export type Heard = 'header' | 'trailer' | 'data' | 'refused' | 'stale' | 'ended' | 'waiting' | null;

/** Characters of base64 on a line, as coreutils and busybox wrap it. */
const COLUMNS = 76;

/** The checksum of a line and of a reply: the first 16 hex digits of the SHA-256 of the text with a newline. */
export function checksum(text: Uint8Array | string): string {
  return createHash('sha256').update(text).update('\n').digest('hex').slice(0, 16);
}

/**
 * Puts a reply of the quiet loop together from numbered lines, among which other programs may have written. A line that
 * is not as it has to be is not there; it is asked for again.
 */
export class Reply {
  readonly #marker: string;
  readonly #seq: string;
  #header: { readonly length: number; readonly hash: string } | null = null;
  #lines = new Map<number, string>();
  /** Whether the lines that come belong to this reply, and not to a late one. */
  #mine = true;

  constructor(nonce: string, seq: string) {
    this.#marker = `@${nonce}`;
    this.#seq = seq;
  }

  /** Takes a line without its line end. */
  hear(line: string): Heard {
    if (line.endsWith(this.#marker)) return 'waiting';
    if (line === `${this.#marker} ?`) return 'refused';
    if (line === `${this.#marker} .`) return 'ended';
    if (line.startsWith(`${this.#marker} `)) return this.#hearHeader(line.slice(this.#marker.length + 1));
    const numbered = /^(\d{1,5}):([A-Za-z0-9+/]*={0,2})$/.exec(line);
    if (numbered === null || !this.#mine) return null;
    const [, number = '', data = ''] = numbered;
    const at = Number(number);
    if (at < 1 || !this.#fits(at, data)) return null;
    this.#lines.set(at, data);
    return 'data';
  }

  #hearHeader(text: string): Heard {
    const found = /^(\d+[-+=]?) (\d{1,7}) ([0-9a-f]{16})( \.)?$/.exec(text);
    if (found === null) return null;
    const [, seq = '', length = '', hash = '', isTrailer] = found;
    this.#mine = seq === this.#seq && isTrailer === undefined;
    if (seq !== this.#seq) return isTrailer === undefined ? 'stale' : null;
    if (this.#header === null) {
      this.#header = { length: Number(length), hash };
      for (const [at, data] of this.#lines) if (!this.#fits(at, data)) this.#lines.delete(at);
    }
    if (isTrailer === undefined) return 'header';
    this.#mine = true;
    return 'trailer';
  }

  /** The whole text of the reply once all of it came unharmed; null before. */
  get whole(): Buffer | null {
    if (this.#header === null || this.missing.length > 0) return null;
    const lines = Array.from({ length: this.#count() }, (_, index) => this.#lines.get(index + 1) ?? '');
    if (checksum(lines.join('\n')) !== this.#header.hash) {
      // A bit was flipped within the alphabet: nobody knows in which line.
      this.#lines.clear();
      return null;
    }
    return Buffer.from(lines.join(''), 'base64');
  }

  /** Numbers of the lines that are not there. All of them, [], while the header is unknown. */
  get missing(): readonly number[] {
    if (this.#header === null) return [];
    const count = this.#count();
    return Array.from({ length: count }, (_, index) => index + 1).filter((at) => !this.#lines.has(at));
  }

  /** What to ask the loop for, in the words of `sed -n`: all, the missing lines, or nothing but the headers. */
  get request(): string {
    const { missing } = this;
    if (this.#header === null) return this.#lines.size === 0 ? 'p' : '';
    if (missing.length === this.#count()) return 'p';
    const ranges: [number, number][] = [];
    for (const at of missing) {
      const last = ranges.at(-1);
      if (last?.[1] === at - 1) last[1] = at;
      else ranges.push([at, at]);
    }
    return ranges.map(([from, to]) => (from === to ? `${from}p` : `${from},${to}p`)).join(';');
  }

  #count(): number {
    return this.#header === null ? 0 : Math.max(1, Math.ceil((this.#header.length + 1) / (COLUMNS + 1)));
  }

  /** Whether a line has the length that its number asks for. */
  #fits(at: number, data: string): boolean {
    if (this.#header === null) return data.length <= COLUMNS;
    const count = this.#count();
    if (at > count) return false;
    return data.length === (at < count ? COLUMNS : this.#header.length - (count - 1) * (COLUMNS + 1));
  }
}
