import type { KeyObject } from 'node:crypto';
import type { JournalEntry } from '../model/event.ts';
import type { KeyFingerprint } from '../model/key.ts';
import { chainHash, GENESIS, hex, isSignedBy, keyFingerprint, readPublicKey, type Head } from './chain.ts';

/**
 * What is wrong with a journal.
 *
 * - `edited`: a row's content or hash was changed. `missing`: a row is not there. `reordered`: it is in another's place.
 * - `truncated`: rows are missing at the end, by a head that is known. `unsigned`: a verdict that was not signed when it
 *   was recorded.
 * - `signature`: one that does not fit the rows. `foreign-key`: by a key that nobody vouches for.
 * - `projections`: the tables that answer questions do not follow from the rows. `unreadable`: the file is damaged.
 */
export type Fault =
  | 'edited'
  | 'missing'
  | 'reordered'
  | 'truncated'
  | 'signature'
  | 'foreign-key'
  | 'unsigned'
  | 'projections'
  | 'unreadable';

/** The first thing that is wrong; `seq` is the first bad row, null where no row is. */
export interface Problem {
  readonly seq: number | null;
  readonly fault: Fault;
  readonly text: string;
}

/** A station key that signed in a journal. */
export interface KeyUse {
  readonly fingerprint: KeyFingerprint;
  /** Whether it is on the list of keys that were given; null where none was given. */
  readonly vouched: boolean | null;
  readonly signatures: number;
}

/** What somebody knows of a journal before looking at it. */
export interface Expectations {
  /** The station keys whose signatures count. Left out: those that the journal itself introduces. */
  readonly keys?: readonly string[];
  /** Heads that were seen earlier: on the window, on an export, on a certificate. */
  readonly heads?: readonly Head[];
}

/** A row as it is stored. */
export interface StoredRow {
  readonly seq: number;
  readonly body: string;
  readonly hash: Uint8Array;
}

/** Follows a chain row by row, until the first row that does not fit. */
export class ChainCheck {
  readonly #keys = new Map<string, KeyObject>();
  readonly #vouched: ReadonlySet<string> | null;
  readonly #heads: ReadonlyMap<number, string>;
  readonly #signatures = new Map<KeyFingerprint, number>();
  readonly #from: number;
  readonly #fromHash: string;
  #seq: number;
  #hash: Uint8Array;
  #rows = 0;
  #signing = false;
  /** The verdict in the row before, until its signature is there. */
  #unsigned: number | null = null;
  /** Verdicts that stood while no key was at hand. A later signature is of the rows as they were found, not of who wrote them. */
  readonly #stood: number[] = [];
  #signed: number | null = null;
  #station: string | null = null;

  /** @param from The row before the first one; left out: the beginning. */
  constructor({ keys, heads = [] }: Expectations = {}, from?: Head) {
    this.#vouched = keys === undefined || keys.length === 0 ? null : new Set(keys.map(normal));
    this.#heads = new Map(heads.map(({ seq, hash }) => [seq, hash.toLowerCase()]));
    this.#from = from?.seq ?? 0;
    this.#seq = this.#from;
    this.#hash = from === undefined ? GENESIS : Buffer.from(from.hash, 'hex');
    this.#fromHash = hex(this.#hash);
  }

  get rows(): number {
    return this.#rows;
  }

  /** The first row that was looked at; null before there is one. */
  get first(): number | null {
    return this.#rows === 0 ? null : this.#from + 1;
  }

  get station(): string | null {
    return this.#station;
  }

  get head(): Head | null {
    return this.#seq === 0 ? null : { seq: this.#seq, hash: hex(this.#hash) };
  }

  /** The last row that a signature covers. */
  get signed(): number | null {
    return this.#signed;
  }

  keys(): readonly KeyUse[] {
    return [...this.#signatures].map(([fingerprint, signatures]) => ({
      fingerprint,
      vouched: this.#vouched === null ? null : this.#vouched.has(fingerprint),
      signatures,
    }));
  }

  /** A key that a row before the first one introduced. Its fingerprint vouches for it; whether it counts is asked at a signature. */
  introduce(publicKey: string): boolean {
    const key = readPublicKey(publicKey);
    if (key === null) return false;
    this.#keys.set(keyFingerprint(publicKey), key);
    return true;
  }

  /** The next row. Its problem, after which nothing more can be said of the chain; null where it fits. */
  add({ seq, body, hash }: StoredRow): Problem | null {
    const expected = this.#seq + 1;
    if (seq > expected) return bad(expected, 'missing', `Row ${expected} is missing.`);
    if (seq < expected) return bad(seq, 'reordered', `Row ${seq} stands where row ${expected} should.`);
    const entry = parsed(body);
    if (entry === null) return bad(seq, 'edited', `Row ${seq} was changed: it is not what a station writes.`);
    if (entry.seq !== seq)
      return bad(seq, 'reordered', `Row ${seq} holds what was recorded as row ${entry.seq}.`);
    const previous = this.head ?? { seq: 0, hash: hex(GENESIS) };
    const computed = chainHash(this.#hash, body);
    if (!computed.equals(hash))
      return bad(
        seq,
        'edited',
        `Row ${seq} was changed: it does not fit its hash and that of row ${seq - 1}.`,
      );
    const known = this.#heads.get(seq);
    if (known !== undefined && known !== hex(computed))
      return bad(
        seq,
        'edited',
        `Row ${seq} has another hash than the head that is known: it, or a row before it, was changed and all after it made to fit.`,
      );
    if (this.#unsigned !== null && entry.event.kind !== 'head-signed') {
      if (this.#signing) return this.#notSigned(this.#unsigned);
      this.#stood.push(this.#unsigned);
      this.#unsigned = null;
    }
    this.#seq = seq;
    this.#hash = computed;
    this.#rows += 1;
    this.#station = entry.station;
    return this.#look(entry, previous);
  }

  /** What is missing at the beginning, at the end, or of signatures; null where nothing is. */
  end(): Problem | null {
    const before = this.#beginning();
    if (before !== null) return before;
    if (this.#unsigned !== null && (this.#signing || this.#vouched !== null))
      return this.#notSigned(this.#unsigned);
    if (this.#vouched !== null && this.#signed === null)
      return bad(null, 'unsigned', 'Nothing in it was signed by one of the given keys.');
    const known = [...this.#heads.keys()].filter((seq) => seq > this.#seq);
    if (known.length === 0) return null;
    const next = this.#seq + 1;
    return bad(
      next,
      'truncated',
      `Row ${next} and what came after it is missing: row ${Math.max(...known)} is known to have been there.`,
    );
  }

  /**
   * Verdicts that were recorded while no key was at hand: a problem to who knows the keys that count, else told alone.
   * Anybody with the file can say in it that there is no key, add a verdict, and leave it to the station to sign what follows.
   */
  unsigned(): { readonly problem: Problem | null; readonly note: string | null } {
    const rows = [...this.#stood, ...(this.#unsigned === null ? [] : [this.#unsigned])];
    const [first] = rows;
    if (first === undefined) return { problem: null, note: null };
    const others = rows.length === 1 ? '' : `, and ${rows.length - 1} more after it,`;
    const text = `The verdict in row ${first}${others} was not signed when it was recorded: no key was at hand, and nothing shows that the station wrote it.`;
    return this.#vouched === null
      ? { problem: null, note: text }
      : { problem: bad(first, 'unsigned', text), note: null };
  }

  /** Checks a signature of `last`, the newest row when it was made; `row` is where it stands, null for the end of a file. */
  checkSignature(
    { key, signature, head }: { readonly key: string; readonly signature: string; readonly head: Head },
    station: string,
    row: number | null,
    last: Head | null = this.head,
  ): Problem | null {
    const where = row === null ? 'The signature at the end' : `The signature in row ${row}`;
    const publicKey = this.#keys.get(key);
    if (publicKey === undefined || this.#vouched?.has(key) === false)
      return bad(
        row,
        'foreign-key',
        this.#vouched === null
          ? `${where} is by the key ${key}, which no row before it introduced.`
          : `${where} is by the key ${key}, which is not one of those that were given.`,
      );
    const fits = last?.seq === head.seq && last.hash === head.hash;
    if (!fits || !isSignedBy(publicKey, station, head, signature)) {
      const from = (this.#signed ?? this.#from) + 1;
      return bad(
        row,
        'signature',
        `${where} does not fit the rows ${from} to ${last?.seq ?? 0}: one of them was changed, or the signature was.`,
      );
    }
    const fingerprint = key as KeyFingerprint;
    this.#signatures.set(fingerprint, (this.#signatures.get(fingerprint) ?? 0) + 1);
    this.#signed = head.seq;
    return null;
  }

  #look({ seq, station, event }: JournalEntry, previous: Head): Problem | null {
    switch (event.kind) {
      case 'station-key': {
        this.#signing = event.what !== 'missing';
        if (event.publicKey === null) return null;
        const fits = this.introduce(event.publicKey) && keyFingerprint(event.publicKey) === event.fingerprint;
        return fits
          ? null
          : bad(seq, 'edited', `The key in row ${seq} is not the one that it is said to be.`);
      }
      case 'head-signed': {
        this.#unsigned = null;
        this.#signing = true;
        const { key, signature } = event;
        // A signature is of the row right before it.
        return this.checkSignature(
          { key, signature, head: { seq: event.seq, hash: event.hash } },
          station,
          seq,
          previous,
        );
      }
      case 'verdict':
        // Verdict and signature are one transaction: one without the other was not written by a station with its key.
        this.#unsigned = seq;
        return null;
      default:
        return null;
    }
  }

  /** A head from before the first row can be held against nothing; one of the row right before it is what the chain goes on from. */
  #beginning(): Problem | null {
    for (const [seq, hash] of this.#heads) {
      if (seq < this.#from)
        return bad(
          seq,
          'missing',
          `Row ${seq} is known to have been there, and is not in it: it begins after it, with row ${this.#from + 1}.`,
        );
      if (seq === this.#from && hash !== this.#fromHash)
        return bad(
          seq,
          'edited',
          `It begins after row ${seq}, and goes on from another hash than the head that is known.`,
        );
    }
    return null;
  }

  #notSigned(seq: number): Problem {
    return bad(seq, 'unsigned', `The verdict in row ${seq} was not signed by the station.`);
  }
}

function bad(seq: number | null, fault: Fault, text: string): Problem {
  return { seq, fault, text };
}

function parsed(body: string): JournalEntry | null {
  try {
    const entry = JSON.parse(body) as Partial<JournalEntry> | null;
    return typeof entry?.seq === 'number' && typeof entry.event?.kind === 'string'
      ? (entry as JournalEntry)
      : null;
  } catch {
    return null; // named as an edited row by the caller
  }
}

/** A fingerprint as people copy it: with or without its prefix, in any case. */
function normal(fingerprint: string): string {
  const text = fingerprint.trim().toLowerCase();
  return text.startsWith('sha256:') ? text : `sha256:${text}`;
}
