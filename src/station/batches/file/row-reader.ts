import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { BatchProblem } from '../../../contract/batches.ts';
import { TIERS } from '../../../model/batch.ts';
import { canonicalIdentity, type Identity } from '../../../model/identity.ts';
import { identityNotes, readCell } from './cell-rules.ts';
import type { Columns } from './columns.ts';
import type { CsvFault, CsvRecord } from './csv-parser.ts';
import { readKeyBytes, readKeyText, type KeySourceDer } from './key-cell.ts';
import type { KeyReader, ReadKey } from './key-reader.ts';
import { problem } from './problem.ts';

/** A row as it was read, before it is held against other rows. */
export interface CandidateRow {
  readonly line: number;
  /** Whether a quote that is out of place may have made other rows of the file a part of this one. */
  readonly mayHoldOthers: boolean;
  readonly identity: Identity;
  /** Its one spelling; null where the identity is not whole. */
  readonly canonical: string | null;
  readonly key: ReadKey | null;
  /** Whether the row has a key, good or bad. */
  readonly hasKey: boolean;
  readonly tier: string | null;
  readonly group: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly faults: readonly BatchProblem[];
  readonly notes: readonly BatchProblem[];
}

/** Mender's inventory takes such group names. */
const GROUP = /^[A-Za-z0-9_-]{1,1024}$/;
/** Tags that an inventory takes for one device. */
const MOST_TAGS = 20;
/** A public key, a certificate or a request is smaller. */
const LARGEST_KEY_FILE = 64 * 1024;
/** Below this many bits servers of today refuse an RSA key, and below that it is no good any more. */
const RSA_REFUSED = 1024;
const RSA_WEAK = 2048;

const KEY_REASONS: Readonly<Record<string, string>> = {
  'key-type': 'No server takes a key of this kind: RSA, P-224, P-256, P-384, P-521 and Ed25519 it may be.',
  'key-private':
    'It is a private key. It was not kept: take it out of the file, and out of every copy of it, and give the public key alone.',
};

const QUOTE_REASONS: Readonly<Record<CsvFault, string>> = {
  'quote-open': 'A quote that is opened in this row is not closed.',
  'quote-misplaced': 'There is text after a closing quote: quotes inside of a quoted cell are written twice.',
};

/** Reads the cells of rows by the use of their columns. */
export class RowReader {
  readonly #columns: Columns;
  readonly #keys: KeyReader;
  readonly #folder: string;

  /** @param path of the file: the files of keys are looked for from its folder on. */
  constructor(columns: Columns, keys: KeyReader, path: string) {
    this.#columns = columns;
    this.#keys = keys;
    this.#folder = dirname(resolve(path));
  }

  async read(records: readonly CsvRecord[]): Promise<readonly CandidateRow[]> {
    const drafts = await Promise.all(records.map((record) => this.#draft(record)));
    const sources = drafts.flatMap(({ source }) => (source === null ? [] : [source]));
    const keys = (await this.#keys.read(sources)).values();
    return drafts.map(({ source, keyColumn, ...row }) => {
      if (source === null) return row;
      const key = keys.next().value;
      if (key === undefined) throw new TypeError('a key thread gave too few answers');
      const told = this.#keyFindings(row.line, keyColumn, key);
      return {
        ...row,
        key: typeof key === 'string' ? null : key,
        faults: [...row.faults, ...told.faults],
        notes: [...row.notes, ...told.notes],
      };
    });
  }

  #keyFindings(
    line: number,
    column: string | null,
    key: ReadKey | string,
  ): Pick<CandidateRow, 'faults' | 'notes'> {
    if (typeof key === 'string') {
      const code = key === 'key-type' || key === 'key-private' ? key : 'key-unreadable';
      const reason = KEY_REASONS[code] ?? 'It is no public key.';
      return { faults: [problem(line, column, code, reason)], notes: [] };
    }
    if (key.type !== 'rsa' || key.bits >= RSA_WEAK) return { faults: [], notes: [] };
    const reason = `It is an RSA key of ${key.bits} bits.`;
    return key.bits < RSA_REFUSED
      ? { faults: [problem(line, column, 'key-too-weak', `${reason} Servers refuse it.`)], notes: [] }
      : {
          faults: [],
          notes: [problem(line, column, 'key-weak', `${reason} 2048 are the least to be used today.`)],
        };
  }

  async #draft(
    record: CsvRecord,
  ): Promise<CandidateRow & { readonly source: KeySourceDer | null; readonly keyColumn: string | null }> {
    const { line, lastLine, cells, fault } = record;
    const mayHoldOthers = fault !== null && lastLine > line;
    const asOne = lastLine > line ? ` Lines ${line} to ${lastLine} were read as this one row.` : '';
    const { names, uses } = this.#columns;
    const faults: BatchProblem[] = [];
    const notes: BatchProblem[] = [];
    const identity: Record<string, string> = {};
    const tags: Record<string, string> = {};
    const found = { tier: null as string | null, group: null as string | null };
    const keyCells: { readonly at: number; readonly cell: string }[] = [];
    if (fault !== null)
      faults.push(
        problem(
          line,
          null,
          fault,
          `${QUOTE_REASONS[fault]}${asOne}${mayHoldOthers ? ' No row of the file can be used before that is mended.' : ''}`,
        ),
      );
    else if (cells.length !== names.length)
      faults.push(
        problem(
          line,
          null,
          'columns-count',
          `The row has ${cells.length} cells, and the header ${names.length}.${asOne}`,
        ),
      );
    else
      uses.forEach((use, at) => {
        const cell = cells[at] ?? '';
        const name = names[at] ?? '';
        switch (use.use) {
          case 'pubkey':
          case 'pubkey_file':
          case 'certificate':
          case 'csr':
            if (cell.trim() !== '') keyCells.push({ at, cell });
            return;
          case 'blank':
            if (cell.trim() !== '')
              faults.push(
                problem(line, null, 'column-nameless', `Cell ${at + 1} is in a column without a name.`),
              );
            return;
          case 'ignored':
          case 'unknown':
            return;
          case 'identity':
          case 'tag':
          case 'tier':
          case 'group': {
            const read = readCell(cell);
            for (const note of read.notes) notes.push(problem(line, name, note.code, note.reason));
            if (read.fault !== null)
              faults.push(problem(line, name, read.fault.code, `${read.fault.reason}${asOne}`));
            if (use.use === 'tag') {
              if (read.value !== '') tags[use.tag] = read.value;
            } else if (use.use !== 'identity') found[use.use] = read.value === '' ? null : read.value;
            else if (read.value === '')
              faults.push(problem(line, name, 'identity-empty', 'A part of the identity is empty.'));
            else {
              identity[use.attribute] = read.value;
              if (read.fault === null)
                for (const note of identityNotes(read.value))
                  notes.push(problem(line, name, note.code, note.reason));
            }
          }
        }
      });
    const { tier, group } = found;
    if (tier !== null && !TIERS.some((known) => known === tier))
      faults.push(problem(line, 'tier', 'tier-unknown', `There is no such tier: ${TIERS.join(', ')}.`));
    if (group !== null && !GROUP.test(group))
      faults.push(
        problem(line, 'group', 'group-name', 'A group’s name is of letters, digits, - and _ alone.'),
      );
    if (Object.keys(tags).length > MOST_TAGS)
      faults.push(problem(line, null, 'tags-many', `A device has ${MOST_TAGS} tags at most.`));
    const source = await this.#keySource(line, keyCells, faults);
    const isWhole =
      fault === null && this.#columns.identity.every(({ attribute }) => Object.hasOwn(identity, attribute));
    return {
      line,
      mayHoldOthers,
      identity,
      canonical: isWhole ? canonicalIdentity(identity) : null,
      key: null,
      hasKey: keyCells.length > 0,
      tier,
      group,
      tags,
      faults,
      notes,
      source,
      keyColumn: names[keyCells[0]?.at ?? -1] ?? null,
    };
  }

  async #keySource(
    line: number,
    cells: readonly { readonly at: number; readonly cell: string }[],
    faults: BatchProblem[],
  ): Promise<KeySourceDer | null> {
    const [first] = cells;
    if (first === undefined) return null;
    const column = this.#columns.names[first.at] ?? null;
    if (cells.length > 1) {
      faults.push(problem(line, column, 'key-several', 'The row has keys in several columns.'));
      return null;
    }
    const use = this.#columns.uses[first.at]?.use;
    const read =
      use === 'pubkey_file'
        ? await readKeyFile(resolve(this.#folder, readCell(first.cell).value))
        : readKeyText(first.cell, use === 'certificate' || use === 'csr' ? use : 'pubkey');
    if (!('fault' in read)) return read;
    faults.push(problem(line, column, read.fault.code, read.fault.reason));
    return null;
  }
}

/** Of ordinary files alone: a pipe may never end, a device has no size, and either can be named in a list of somebody else. */
async function readKeyFile(path: string): Promise<ReturnType<typeof readKeyBytes>> {
  const fault = (reason: string): ReturnType<typeof readKeyBytes> => ({
    fault: { code: 'key-file', reason: `${path} ${reason}` },
  });
  try {
    // Before it is opened: that alone may wait for whoever writes into a pipe, or set a device going.
    const found = await stat(path);
    if (!found.isFile()) return fault('is no file.');
    if (found.size > LARGEST_KEY_FILE) return fault('is larger than any key.');
    return readKeyBytes(await readFile(path));
  } catch (thrown) {
    return fault(`cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
  }
}
