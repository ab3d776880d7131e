import type { BatchProblemCode } from '../../../contract/batches.ts';

/** A cell's text as it is used, with what is wrong with it and what was done to it. */
export interface CellValue {
  readonly value: string;
  /** It must not be used. */
  readonly fault: Finding | null;
  /** Worth knowing. */
  readonly notes: readonly Finding[];
}

export interface Finding {
  readonly code: BatchProblemCode;
  readonly reason: string;
}

/** Characters of a value that a person reads: of an identity, a tag. */
const LONGEST = 256;
/** C0, DEL, C1, the line separators, and controls that turn the direction of writing. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/** No-break blanks and characters of no width: they come with text that was copied, and nobody sees them. */
const INVISIBLE = /[\u00a0\u00ad\u200b-\u200d\u2060\ufeff\u202f\u3000]/;
const SPREADSHEET_ERROR = /^(#(N\/A|NV|REF!|BEZUG!|NAME\??|VALUE!|WERT!|DIV\/0!|NUM!|ZAHL!|NULL!)|#+)$/i;
/** `1.23E+15`, `1,2E+09`: a spreadsheet's way of showing a number that is too wide. Serial numbers have no plus sign. */
const SCIENTIFIC = /^[+-]?\d+(?:[.,]\d+)?E\+\d+$/i;
/** `123456.0`, `123456,00`: a whole number that a program took for a measurement. */
const DECIMAL = /^\d{4,}[.,]0+$/;
const DATE =
  /^\d{1,2}[-. ](?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*\.?(?:[-. ]\d{2,4})?$/i;
/** A MAC address that boards would print in another way. */
const MAC = /^[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}$/i;

/** The rules for a cell of a value that is kept as text: a part of the identity, a tag, a group, a tier. */
export function readCell(cell: string): CellValue {
  const notes: Finding[] = [];
  let value = cell;
  if (value.startsWith("'")) {
    value = value.slice(1);
    // An export of the station puts one before what a spreadsheet would run; everything else is a stray mark for text.
    if (!/^['=+\-@\t\r\n＝＋－＠]/u.test(value))
      notes.push({
        code: 'apostrophe-removed',
        reason: 'An apostrophe at the beginning, by which spreadsheets mark text, was left out.',
      });
  }
  const trimmed = value.trim();
  if (trimmed !== value) {
    value = trimmed;
    notes.push({ code: 'blanks-removed', reason: 'Blanks around the value were left out.' });
  }
  return { value, fault: faultOf(value), notes };
}

/** What shows that a value of the identity is not what it once was; for a value without a fault. */
export function identityNotes(value: string): readonly Finding[] {
  const notes: Finding[] = [];
  if (DATE.test(value))
    notes.push({ code: 'date-like', reason: 'A spreadsheet may have made a date of it.' });
  if (MAC.test(value) && value !== value.toLowerCase().replaceAll('-', ':'))
    notes.push({
      code: 'identity-spelling',
      reason:
        'Boards print a MAC address in small letters with colons, and the server takes another spelling for another device.',
    });
  return notes;
}

function faultOf(value: string): Finding | null {
  if (CONTROL.test(value)) return { code: 'control-character', reason: 'It holds a control character.' };
  if (value.includes('\ufffd'))
    return {
      code: 'encoding',
      reason: 'It holds a character that could not be read: the file is in two encodings, or was damaged.',
    };
  if (INVISIBLE.test(value))
    return {
      code: 'invisible-character',
      reason: 'It holds a character that nobody sees, such as a no-break blank.',
    };
  if (SPREADSHEET_ERROR.test(value))
    return { code: 'spreadsheet-error', reason: 'It is an error of a spreadsheet, not a value.' };
  if (SCIENTIFIC.test(value))
    return {
      code: 'precision-scientific',
      reason:
        'A spreadsheet has shortened the number: its digits are lost. Format the column as text and fill it in anew.',
    };
  if (DECIMAL.test(value))
    return {
      code: 'precision-decimal',
      reason: 'A program took it for a measurement and gave it decimals. Write the number alone, as text.',
    };
  if (value.length > LONGEST) return { code: 'too-long', reason: `It has more than ${LONGEST} characters.` };
  return null;
}
