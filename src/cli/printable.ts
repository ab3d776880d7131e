/**
 * What a terminal acts on instead of showing it: C0 and DEL, C1, the line separators, and the controls that turn the
 * direction of writing, by which text can be made to look like other text.
 */
const CONTROLS = new RegExp(
  String.raw`[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`,
  'g',
);

/**
 * Text from a board, a server or a file as it may go to a terminal: each control character as its code, `\x1b` or
 * `\u202e`. Line breaks and tabs, too, so that no text can pretend to be another line.
 */
export function printable(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const code = control.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code);
  });
}

/** A JSON document of the same meaning that may go to a terminal; in one line where `indent` is 0. */
export function printableJson(value: unknown, indent: 0 | 2 = 2): string {
  const document = JSON.stringify(value, null, indent);
  // JSON has escaped all of C0 that is inside a string; what is left of it is the layout.
  return document.replace(CONTROLS, (control) =>
    control === '\n' ? control : unicodeEscape(control.charCodeAt(0)),
  );
}

/** A value whose every text, at any depth, is {@link printable}. */
export function printableValue<T>(value: T): T {
  return mapTexts(value) as T;
}

function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), mapTexts(inner)]));
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
