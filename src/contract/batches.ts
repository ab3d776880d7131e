import * as z from 'zod';
import {
  ROW_OUTCOMES,
  TIERS,
  type BatchKind,
  type BatchRecord,
  type BatchRowState,
  type RowOutcome,
} from '../model/batch.ts';

/** All that a front end may ask of a station about batches, and all that it is told of them. */

/** A batch by its name. */
export const batchName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blank . _ - (64 at most)');

const text = z.string().min(1).max(4096);
const checkParams = {
  /** The file; its relative paths of keys are from its own folder on. */
  path: text,
  /** Columns that make up the identity: `COLUMN`, or `ATTRIBUTE=COLUMN`. None: found by their names. */
  identity: z.array(text).max(16).default([]),
  /** Columns that are not to be looked at. */
  ignore: z.array(text).max(256).default([]),
  /** Of rows that name none. */
  tier: z.enum(TIERS).optional(),
  /** A server whose devices the rows are held against, too. */
  server: text.optional(),
  /** Bad rows that are told at most; how many there are is told in any case. */
  limit: z.number().int().min(0).max(1_000_000).default(1_000_000),
};

export const BATCH_CALLS = {
  /** Looks at a file and stores nothing: every bad row by line, column and reason. */
  'batch.check': z.strictObject({ ...checkParams, name: batchName.optional() }),
  /** Stores a file as a batch, whole or not at all: only where every row is good, or the good ones are to be taken. */
  'batch.import': z.strictObject({
    ...checkParams,
    /** Needed for a list. A part of another station's batch is named as that is, unless it is said. */
    name: batchName.optional(),
    acceptGoodRows: z.boolean().default(false),
    /** Of a part of another station's batch: the key of that station, once a person has compared it. */
    trust: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits')
      .optional(),
  }),
  /** All batches, the newest first. */
  'batch.list': z.strictObject({}),
  'batch.show': z.strictObject({ name: batchName }),
  /** Rows in the order of the file, with what became of them. */
  'batch.rows': z.strictObject({
    name: batchName,
    /** `failed`: conflict, limit or refused. `sent`: cut off before there was an answer. */
    outcome: z.enum([...ROW_OUTCOMES, 'failed', 'sent']).optional(),
    /** Those after this line. */
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(10_000).default(200),
  }),
  /**
   * A batch in a file. `csv`: its rows with what became of them, for spreadsheets. `json`: the same, signed by this station.
   * `failed`: the rows that have to be mended, those that were left out of the import among them, as they were in their
   * file with a column `reason`; imported again once they are mended.
   */
  'batch.export': z.strictObject({
    name: batchName,
    format: z.enum(['csv', 'json']).default('csv'),
    path: text,
    failed: z.boolean().default(false),
    force: z.boolean().default(false),
  }),
  /**
   * Every board of a batch that is through: verdict, proof, key, operator and time, with the head of the record and the
   * fingerprint of the station's key. `json` is signed. Also of a batch that is not full yet: it says so.
   */
  'batch.certificate': z.strictObject({
    name: batchName,
    format: z.enum(['csv', 'json', 'pdf']).default('pdf'),
    path: text,
    force: z.boolean().default(false),
  }),
  /** Takes no more boards from here on. */
  'batch.close': z.strictObject({ name: batchName }),
  /** Takes a batch that nobody has used off the list; its rows stay in the record. */
  'batch.remove': z.strictObject({ name: batchName }),
} as const;

export interface BatchCallResults {
  'batch.export': BatchExport;
  'batch.certificate': BatchExport;
  'batch.close': BatchView;
  'batch.remove': null;
  'batch.check': BatchReport;
  'batch.import': BatchReport;
  'batch.list': readonly BatchView[];
  'batch.show': BatchView;
  'batch.rows': readonly BatchRowView[];
}

export type BatchStationEvent =
  | { readonly type: 'batch'; readonly batch: BatchView }
  | { readonly type: 'batch-gone'; readonly name: string }
  /** A file that is being looked at or stored; told some times a second. */
  | { readonly type: 'batch-progress'; readonly progress: BatchProgress };

/** A batch as people see it. */
export interface BatchView extends Omit<BatchRecord, 'run' | 'columns' | 'identityColumns'> {
  readonly kind: BatchKind;
  /** Whether it takes boards: neither closed nor full. */
  readonly open: boolean;
  /** Whether its list gives devices tags or groups. */
  readonly describes: boolean;
  /** The server that it was sent to last. */
  readonly server: string | null;
  /** The run at a server that goes on now, or that was cut off or paused and can be resumed. */
  readonly run: BatchRunView | null;
}

/** A run at a server, as it goes. */
export interface BatchRunView {
  /** `interrupted`: cut off, and nobody is at it; to be resumed. */
  readonly state: 'running' | 'paused' | 'cancelling' | 'interrupted';
  readonly server: string;
  /** Rows that have their outcome, of how many. */
  readonly done: number;
  readonly total: number;
  /** Null before there is a rate to tell. */
  readonly perSecond: number | null;
  /** Milliseconds. */
  readonly remainingMs: number | null;
  /** Milliseconds for which the server has asked everybody to wait, or is in trouble; 0 where it is not so. */
  readonly waitsMs: number;
  readonly counts: Readonly<Record<RowOutcome, number>>;
}

/** A row, with the values of its identity for people. */
export interface BatchRowView extends BatchRowState {
  readonly label: string;
}

/** What can be wrong with a row, a column or the file; or worth knowing of it. Codes do not change. */
export type BatchProblemCode = keyof typeof BATCH_PROBLEMS;

/** In words, for a list of the codes. */
export const BATCH_PROBLEMS = {
  // The header
  'column-unknown': 'a column that the station does not know',
  'column-twice': 'two columns of one name, or of one attribute',
  'column-missing': 'a column that was named with --identity and is not there',
  'identity-missing': 'no column makes up the identity',
  // How a row is written
  'quote-open': 'a quote that is not closed',
  'quote-misplaced': 'text after a closing quote',
  'columns-count': 'more or fewer cells than the header has',
  'column-nameless': 'a cell under no name',
  // A value
  'identity-empty': 'a part of the identity is empty',
  'control-character': 'a control character in a value',
  'invisible-character': 'a character that nobody sees, such as a no-break blank',
  encoding: 'a character that could not be read',
  'spreadsheet-error': 'an error of a spreadsheet, such as #N/A',
  'precision-scientific': 'a number that a spreadsheet shortened, such as 1.23E+15',
  'precision-decimal': 'a whole number that was given decimals, such as 123456.0',
  'precision-lost': 'numbers of more than 15 digits that all end in zeros',
  'too-long': 'a value of more than 256 characters',
  'tier-unknown': 'a tier that no server knows',
  'group-name': 'a group’s name that an inventory does not take',
  'tags-many': 'more tags than an inventory takes',
  // A key
  'key-missing': 'no key, where other rows have one',
  'key-several': 'more than one key',
  'key-private': 'a private key',
  'key-label': 'a key in a form that servers do not take',
  'key-type': 'a kind of key that servers refuse',
  'key-too-weak': 'an RSA key of less than 1024 bits',
  'key-unreadable': 'no public key',
  'key-file': 'a file of a key that cannot be read, or is no ordinary file',
  // Others
  'identity-twice': 'the identity of another row',
  'key-twice': 'the key of another row',
  'identity-in-batch': 'the identity of a row in another batch',
  'key-in-batch': 'the key of a row in another batch, or one that another board had in a batch before',
  'identity-in-record': 'a board that was provisioned here',
  'key-in-record': 'a key that another board was given here',
  'identity-on-server': 'a device that the server has already',
  'key-on-server': 'a key that another device has on the server',
  // Worth knowing
  'apostrophe-removed': 'note: an apostrophe at the beginning was left out',
  'blanks-removed': 'note: blanks around a value were left out',
  'zeros-trimmed': 'note: fewer digits than the other rows',
  'identity-alike': 'note: differs from another row in its spelling alone',
  'identity-spelling': 'note: boards spell such a value in another way',
  'date-like': 'note: may have been made a date',
  'key-weak': 'note: an RSA key of less than 2048 bits',
  'already-on-server': 'note: the server has it with this very key',
  'replaces-failed': 'note: takes the place of a row that failed in another batch',
} as const;

export interface BatchProblem {
  /** Of the file; its header is line 1, or 2 after a line `sep=;`. */
  readonly line: number;
  /** Null where it is the whole row's. */
  readonly column: string | null;
  readonly code: BatchProblemCode;
  readonly reason: string;
  /** The other row, where there are two. */
  readonly otherLine?: number;
}

/** A row as the server will see it. */
export interface BatchPreviewRow {
  readonly line: number;
  /** The identity in the spelling by which the server tells devices apart. */
  readonly identityData: string;
  readonly fingerprint: string | null;
  readonly keyType: string | null;
  readonly tier: string;
  readonly group: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** What was found in a file, and whether it is a batch now. */
export interface BatchReport {
  readonly file: string;
  readonly sha256: string;
  readonly encoding: string;
  readonly delimiter: string;
  readonly kind: BatchKind;
  readonly columns: readonly { readonly name: string; readonly use: string }[];
  readonly rows: number;
  readonly good: number;
  readonly bad: number;
  /** In the order of the file. */
  readonly problems: readonly BatchProblem[];
  readonly problemCount: number;
  /** Worth knowing; they hinder nothing. */
  readonly notes: readonly BatchProblem[];
  readonly noteCount: number;
  readonly preview: readonly BatchPreviewRow[];
  /** The server that the rows were held against. */
  readonly server: string | null;
  /** What it is a part of, where it is a file of another station. */
  readonly share: SharedFile | null;
  /** `stored`: it is a batch now. `same`: this very file was imported under this name before. `no`: nothing was stored. */
  readonly stored: 'stored' | 'same' | 'no';
  readonly batch: BatchView | null;
  readonly elapsedMs: number;
}

/** A part of another station's batch. */
export interface SharedFile {
  /** The batch as it is named there, and how many rows all of it has. */
  readonly batch: string;
  readonly rows: number;
  readonly station: string;
  /** The fingerprint of the key that signed it, and whether that is known here, or was compared. */
  readonly key: string;
  readonly known: boolean;
  readonly part: number;
  readonly parts: number;
}

/** How far a file is. */
export interface BatchProgress {
  readonly file: string;
  /** `reading`: rows so far. `server`: its devices so far. `storing`: rows so far. */
  readonly phase: 'reading' | 'server' | 'storing';
  readonly rows: number;
}

export interface BatchExport {
  readonly path: string;
  readonly rows: number;
  /** The fingerprint of the key that signed it; null for a file that is not signed. */
  readonly key: string | null;
}
