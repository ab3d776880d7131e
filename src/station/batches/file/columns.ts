import type { BatchProblem } from '../../../contract/batches.ts';
import type { CsvRecord } from './csv-parser.ts';
import { problem } from './problem.ts';

/** What a column is for. */
export type ColumnUse =
  | { readonly use: 'identity'; readonly attribute: string }
  | { readonly use: 'tag'; readonly tag: string }
  | { readonly use: KeyColumn | 'tier' | 'group' }
  /** Not looked at: the reason that an export of failed rows has, a column that is to be left out, an empty one. */
  | { readonly use: 'ignored' | 'blank' }
  | { readonly use: 'unknown' };

export const KEY_COLUMNS = ['pubkey', 'pubkey_file', 'certificate', 'csr'] as const;
export type KeyColumn = (typeof KEY_COLUMNS)[number];

/** The columns of a file, each with its name and its use. */
export interface Columns {
  readonly names: readonly string[];
  readonly uses: readonly ColumnUse[];
  readonly identity: readonly { readonly at: number; readonly attribute: string }[];
  readonly problems: readonly BatchProblem[];
}

/** Columns that an export has beside those of the file: the reason of a failed row, and what became of each. */
export const REASON_COLUMN = 'reason';
export const OWN_COLUMNS = 'station.';

/** Names that boards are known by, where nobody said which columns make up the identity. */
const WELL_KNOWN = new Set([
  'mac',
  'serial',
  'serial_number',
  'serial-number',
  'sn',
  'imei',
  'device_id',
  'uuid',
]);
const PREFIX = /^(?:identity|id)\.(.+)$/;
/** Characters of a column's name. */
const LONGEST_NAME = 128;

export interface ColumnChoice {
  /** `COLUMN`, or `ATTRIBUTE=COLUMN` where boards have another name for it. Empty: found by name. */
  readonly identity: readonly string[];
  readonly ignore: readonly string[];
}

/** Finds out what each column is for, and names those that nobody can tell. */
export function columnsOf(header: CsvRecord, { identity, ignore }: ColumnChoice): Columns {
  const names = header.cells.map((cell) => cell.trim());
  const wanted = new Map(identity.map(attributeOf));
  const prefixed = names.some((name) => PREFIX.test(name));
  const uses = names.map((name): ColumnUse => {
    const attribute = wanted.get(name);
    if (attribute !== undefined) return { use: 'identity', attribute };
    if (name === '') return { use: 'blank' };
    if (ignore.includes(name)) return { use: 'ignored' };
    return reserved(name) ?? unsaid(name, wanted.size > 0, prefixed);
  });
  const problems: BatchProblem[] = [];
  const tell = (name: string | null, code: BatchProblem['code'], reason: string): void => {
    problems.push(problem(header.line, name, code, reason));
  };
  if (header.fault !== null)
    tell(null, header.fault, 'The header is not written as CSV: a quote is out of place.');
  names.forEach((name, at) => {
    if (uses[at]?.use === 'unknown')
      tell(
        name,
        'column-unknown',
        'It is no column that the station knows. Name it with --identity if it is part of the identity, or with --ignore.',
      );
    if (name.length > LONGEST_NAME)
      tell(name.slice(0, 40), 'too-long', 'A column has a name of 128 characters at most.');
    if (name !== '' && names.indexOf(name) < at)
      tell(name, 'column-twice', 'Another column has the same name.');
  });
  uses.forEach((use, at) => {
    const slot = slotOf(use);
    const first = slot === null ? at : uses.findIndex((other) => slotOf(other) === slot);
    const [name = '', other = ''] = [names[at], names[first]];
    if (first < at && name !== other) tell(name, 'column-twice', `The column ${other} is for the same.`);
  });
  if (wanted.size < identity.length)
    tell(null, 'column-twice', 'A column is named twice as a part of the identity.');
  for (const column of wanted.keys())
    if (!names.includes(column)) tell(column, 'column-missing', 'The file has no such column.');
  const parts = uses.flatMap((use, at) => (use.use === 'identity' ? [{ at, attribute: use.attribute }] : []));
  if (parts.length === 0)
    tell(
      null,
      'identity-missing',
      'No column makes up the identity. Name those that do with --identity COLUMN.',
    );
  const attributes = parts.map(({ attribute }) => attribute);
  for (const attribute of new Set(attributes.filter((name, at) => attributes.indexOf(name) < at)))
    tell(attribute, 'column-twice', 'Two columns are the same attribute of the identity.');
  return { names, uses, identity: parts, problems };
}

/** What only one column may be for; names of columns but those of the identity and of tags have no case. */
function slotOf(use: ColumnUse): string | null {
  switch (use.use) {
    case 'tag':
      return `tag ${use.tag}`;
    case 'tier':
    case 'group':
    case 'pubkey':
    case 'pubkey_file':
    case 'certificate':
    case 'csr':
      return use.use;
    case 'identity':
    case 'ignored':
    case 'blank':
    case 'unknown':
      return null;
  }
}

function attributeOf(wish: string): readonly [column: string, attribute: string] {
  const at = wish.indexOf('=');
  if (at > 0) return [wish.slice(at + 1).trim(), wish.slice(0, at).trim()];
  const column = wish.trim();
  return [column, PREFIX.exec(column)?.[1] ?? column];
}

/** Whether a column gives devices a tag or a group. */
export function isDescribing(name: string): boolean {
  const use = reserved(name)?.use;
  return use === 'tag' || use === 'group';
}

function reserved(name: string): ColumnUse | null {
  const lower = name.toLowerCase();
  const key = KEY_COLUMNS.find((column) => column === lower);
  if (key !== undefined) return { use: key };
  if (lower === 'tier' || lower === 'group') return { use: lower };
  if (lower === REASON_COLUMN || lower.startsWith(OWN_COLUMNS)) return { use: 'ignored' };
  if (lower.startsWith('tag.') && name.length > 4) return { use: 'tag', tag: name.slice(4) };
  return null;
}

/** Without a person's word: columns that say that they are of the identity, else those with a name that boards use. */
function unsaid(name: string, isSaid: boolean, prefixed: boolean): ColumnUse {
  if (isSaid) return { use: 'unknown' };
  const attribute = PREFIX.exec(name)?.[1];
  if (attribute !== undefined) return { use: 'identity', attribute };
  return !prefixed && WELL_KNOWN.has(name) ? { use: 'identity', attribute: name } : { use: 'unknown' };
}
