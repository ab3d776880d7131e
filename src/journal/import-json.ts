import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import * as z from 'zod';
import { StationError } from '../model/station-error.ts';
import { canonicalJson } from './canonical-json.ts';
import { ChainCheck, type Expectations, type Problem } from './chain-check.ts';
import { EXPORT_FORMAT, EXPORT_START } from './export-json.ts';
import { verification, type Verification } from './verify.ts';

/** Another program's spelling of an export is read in one piece, up to this size in bytes. */
const LARGEST_PIECE = 256 * 1024 * 1024;
const CHUNK = 1024 * 1024;

const head = z.object({ seq: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });
const headerSchema = z.object({
  format: z.literal(EXPORT_FORMAT),
  station: z.string().nullable(),
  since: z.iso.datetime({ offset: true }).nullable().default(null),
  from: head,
  keys: z.array(z.object({ fingerprint: z.string(), publicKey: z.string() })),
});
const rowSchema = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  entry: z.looseObject({ seq: z.int().min(1) }),
});
const endSchema = z.object({
  head,
  signature: z.object({ key: z.string(), publicKey: z.string(), signature: z.string() }).nullable(),
});

type Part =
  | { readonly part: 'header'; readonly value: unknown }
  | { readonly part: 'row'; readonly value: unknown }
  | { readonly part: 'end'; readonly value: unknown };

/** Verifies an export by itself: chain, signatures in the rows, and the signature at its end. */
export function* verifyingExport(
  path: string,
  expected: Expectations,
): Generator<undefined, Verification, undefined> {
  let check = new ChainCheck(expected);
  let station: string | null = null;
  let ended = false;
  let cut: Problem | null = null;
  const notes: string[] = [];
  for (const { part, value } of parts(path)) {
    yield;
    if (part === 'header') {
      const header = headerSchema.safeParse(value);
      if (!header.success) throw notAnExport(path);
      const { from, keys, since } = header.data;
      ({ station } = header.data);
      // From the beginning there is one hash to go on from, whatever the file says.
      check = new ChainCheck(expected, from.seq === 0 ? undefined : from);
      for (const { publicKey } of keys) check.introduce(publicKey);
      if (from.seq === 0) continue;
      // The header is under no signature: where the rows begin is told, whatever it says of why.
      notes.push(
        `It begins after row ${from.seq}: what was recorded before is not in it, and was not looked at${since === null ? '' : ` (it is said to be of ${since} and later)`}.`,
      );
      cut = since === null ? noBeginning(from.seq + 1) : null;
    } else if (part === 'row') {
      const problem = addRow(check, value);
      if (problem !== null) return verification('export', check, problem, notes);
    } else {
      ended = true;
      const problem = cut ?? atEnd(check, value, station) ?? check.end();
      if (problem !== null) return verification('export', check, problem, notes);
    }
  }
  const next = (check.head?.seq ?? 0) + 1;
  const problem: Problem | null = ended
    ? null
    : {
        seq: next,
        fault: 'truncated',
        text: `Row ${next} and what came after it is missing: the file ends in the middle.`,
      };
  return verification('export', check, problem, notes);
}

/** Of an export of the whole record whose first row is not its first. */
function noBeginning(first: number): Problem {
  return {
    seq: 1,
    fault: 'missing',
    text: `Row 1 and what came after it is missing: an export that is not of a time begins with it, and this one begins with row ${first}.`,
  };
}

function addRow(check: ChainCheck, value: unknown): Problem | null {
  const row = rowSchema.safeParse(value);
  const next = (check.head?.seq ?? 0) + 1;
  if (!row.success) return { seq: next, fault: 'edited', text: `Row ${next} is not what a station exports.` };
  const { entry, hash } = row.data;
  return check.add({ seq: entry.seq, body: canonicalJson(entry), hash: Buffer.from(hash, 'hex') });
}

function atEnd(check: ChainCheck, value: unknown, station: string | null): Problem | null {
  const end = endSchema.safeParse(value);
  const last = check.head ?? { seq: 0, hash: '' };
  const next = last.seq + 1;
  if (!end.success)
    return { seq: null, fault: 'edited', text: 'The end of the file is not what a station exports.' };
  const { head: known, signature } = end.data;
  if (known.seq > last.seq)
    return {
      seq: next,
      fault: 'truncated',
      text: `Row ${next} and what came after it is missing: the export ended in row ${known.seq}.`,
    };
  if (known.seq > 0 && (known.seq !== last.seq || known.hash !== last.hash))
    return {
      seq: last.seq,
      fault: 'edited',
      text: `The rows do not end in the head that the file names (row ${known.seq}).`,
    };
  if (signature === null) return null;
  check.introduce(signature.publicKey);
  return check.checkSignature({ ...signature, head: known }, check.station ?? station ?? '', null);
}

/** The header, the rows and the end, one by one: by lines as the station writes them, else all at once. */
function* parts(path: string): Generator<Part, void, undefined> {
  const handle = openSync(path, 'r');
  try {
    const lines = linesOf(handle);
    const first = lines.next();
    const start = first.done === true ? '' : first.value;
    if (!start.startsWith(EXPORT_START) || !start.endsWith(',"rows":[')) {
      yield* piecesOfWhole(path, fstatSync(handle).size);
      return;
    }
    yield { part: 'header', value: parse(`${start}]}`) };
    for (const line of lines) {
      if (line === '') continue;
      if (line.startsWith('],')) {
        yield { part: 'end', value: parse(`{${line.slice(2)}`) };
        return;
      }
      yield { part: 'row', value: parse(line.endsWith(',') ? line.slice(0, -1) : line) };
    }
  } finally {
    closeSync(handle);
  }
}

function* piecesOfWhole(path: string, size: number): Generator<Part, void, undefined> {
  if (size > LARGEST_PIECE)
    throw new StationError('journal/unusable', {
      path,
      detail: 'it is too large to be read in another form than the one that the station writes',
    });
  const whole = z
    .looseObject({ format: z.literal(EXPORT_FORMAT), rows: z.array(z.unknown()) })
    .safeParse(parse(readFileSync(path, 'utf8')));
  if (!whole.success) throw notAnExport(path);
  const { rows } = whole.data;
  yield { part: 'header', value: whole.data };
  for (const value of rows) yield { part: 'row', value };
  yield { part: 'end', value: whole.data };
}

/** The lines of an open file, without their ends; the last one also where nothing ends it. */
function* linesOf(handle: number): Generator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(CHUNK);
  let rest = '';
  for (;;) {
    const bytes = readSync(handle, chunk, 0, CHUNK, null);
    const lines = `${rest}${bytes === 0 ? decoder.end() : decoder.write(chunk.subarray(0, bytes))}`.split(
      '\n',
    );
    rest = lines.pop() ?? '';
    yield* lines;
    if (bytes > 0) continue;
    if (rest !== '') yield rest;
    return;
  }
}

/** Null for what is no JSON: whoever reads it names the row. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notAnExport(path: string): StationError {
  return new StationError('journal/unusable', { path, detail: 'it is neither a journal nor an export' });
}
