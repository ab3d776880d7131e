/**
 * JSON as Go's encoding/json reads and writes it. The real server is written in Go, and its error texts, its treatment of
 * numbers (float64) and its escaping of `<`, `>` and `&` are visible on the wire.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Text that is JSON already and is written as it is. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A value that `encode` writes; members that are undefined are left out. */
export type Encodable =
  | null
  | boolean
  | number
  | string
  | RawJson
  | readonly Encodable[]
  | { readonly [key: string]: Encodable | undefined };

/** `json.Marshal`: members in the order given, `<>&` and the line separators escaped. */
export function encode(value: Encodable): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return encodeString(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof RawJson) return value.text;
  if (isList(value)) return `[${value.map(encode).join(',')}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${encodeString(key)}:${encode(member)}`);
  }
  return `{${members.join(',')}}`;
}

/** `json.Marshal` of a map: keys sorted by their bytes, at every depth. */
export function encodeSorted(value: Json): string {
  if (value === null || typeof value !== 'object') return encode(value);
  if (isJsonList(value)) return `[${value.map(encodeSorted).join(',')}]`;
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${encodeString(key)}:${encodeSorted(value[key] ?? null)}`).join(',')}}`;
}

function isList(
  value: readonly Encodable[] | { readonly [key: string]: Encodable | undefined },
): value is readonly Encodable[] {
  return Array.isArray(value);
}

/** True for a JSON array. */
export function isJsonList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** True for a JSON object. */
export function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ESCAPES = /[<>&\u2028\u2029]/g;

function encodeString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    ESCAPES,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Which of Go's readers reads the text; they differ in their words for nothing and for too little:
 * `unmarshal` (`unexpected end of JSON input` for both), `decoder` (`EOF`, `unexpected EOF`, and what follows the first
 * value is not looked at) and `payload` (`JSON payload is empty`, else as `unmarshal`).
 */
export type Reader = 'unmarshal' | 'decoder' | 'payload';

export type Parsed =
  { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly error: string };

/** Reads one JSON value. */
export function parseJson(text: string, reader: Reader): Parsed {
  try {
    const value = JSON.parse(text) as Json;
    const tooLarge = findOutOfRange(value);
    return tooLarge ? { ok: false, error: OUT_OF_RANGE } : { ok: true, value };
  } catch {
    return new Scanner(text, reader).read();
  }
}

const OUT_OF_RANGE = 'json: cannot unmarshal number into Go value of type float64';

function findOutOfRange(value: Json): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (value === null || typeof value !== 'object') return false;
  return (isJsonList(value) ? value : Object.values(value)).some(findOutOfRange);
}

class Truncated extends Error {}
class Malformed extends Error {}

/** Finds what is wrong in the words of Go's scanner; only met by text that is no JSON, or has something after its value. */
class Scanner {
  private readonly text: string;
  private readonly reader: Reader;
  private at = 0;

  constructor(text: string, reader: Reader) {
    this.text = text;
    this.reader = reader;
  }

  read(): Parsed {
    this.skipSpace();
    if (this.at >= this.text.length) return { ok: false, error: this.nothing() };
    try {
      this.value();
      const end = this.at;
      if (this.reader !== 'decoder') {
        this.skipSpace();
        if (this.at < this.text.length) this.fail('after top-level value');
      }
      return { ok: true, value: JSON.parse(this.text.slice(0, end)) as Json };
    } catch (error) {
      if (error instanceof Truncated) {
        return {
          ok: false,
          error: this.reader === 'decoder' ? 'unexpected EOF' : 'unexpected end of JSON input',
        };
      }
      if (error instanceof Malformed || error instanceof SyntaxError)
        return { ok: false, error: error.message };
      throw error;
    }
  }

  private nothing(): string {
    if (this.reader === 'decoder') return 'EOF';
    return this.reader === 'payload' && this.text === ''
      ? 'JSON payload is empty'
      : 'unexpected end of JSON input';
  }

  private peek(): string {
    const character = this.text[this.at];
    if (character === undefined) throw new Truncated();
    return character;
  }

  private fail(context: string): never {
    const character = this.peek();
    const shown = character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${quoteRune(character)}'`;
    throw new Malformed(`invalid character ${shown} ${context}`);
  }

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private value(): void {
    this.skipSpace();
    const first = this.peek();
    if (first === '{') this.object();
    else if (first === '[') this.array();
    else if (first === '"') this.string();
    else if (first === 't') this.literal('true');
    else if (first === 'f') this.literal('false');
    else if (first === 'n') this.literal('null');
    else if (first === '-' || /[0-9]/.test(first)) this.number();
    else this.fail('looking for beginning of value');
  }

  private object(): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === '}') {
      this.at += 1;
      return;
    }
    for (;;) {
      this.skipSpace();
      if (this.peek() !== '"') this.fail('looking for beginning of object key string');
      this.string();
      this.skipSpace();
      if (this.peek() !== ':') this.fail('after object key');
      this.at += 1;
      this.value();
      this.skipSpace();
      if (this.peek() === '}') break;
      if (this.peek() !== ',') this.fail('after object key:value pair');
      this.at += 1;
    }
    this.at += 1;
  }

  private array(): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === ']') {
      this.at += 1;
      return;
    }
    for (;;) {
      this.value();
      this.skipSpace();
      if (this.peek() === ']') break;
      if (this.peek() !== ',') this.fail('after array element');
      this.at += 1;
    }
    this.at += 1;
  }

  private string(): void {
    this.at += 1;
    for (;;) {
      const character = this.peek();
      if (character === '"') break;
      if (character < ' ') this.fail('in string literal');
      this.at += 1;
      if (character === '\\') {
        const escape = this.peek();
        if (escape === 'u') {
          this.at += 1;
          for (let digit = 0; digit < 4; digit += 1) {
            if (!/[0-9a-fA-F]/.test(this.peek())) this.fail('in \\u hexadecimal character escape');
            this.at += 1;
          }
        } else if ('"\\/bfnrt'.includes(escape)) this.at += 1;
        else this.fail('in string escape code');
      }
    }
    this.at += 1;
  }

  private literal(word: string): void {
    for (let index = 0; index < word.length; index += 1) {
      const expected = word.charAt(index);
      if (this.peek() !== expected) this.fail(`in literal ${word} (expecting '${expected}')`);
      this.at += 1;
    }
  }

  private number(): void {
    if (this.peek() === '-') this.at += 1;
    if (this.peek() === '0') this.at += 1;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at += 1;
      this.digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.text[this.at] ?? '')) {
      this.at += 1;
      if (/[+-]/.test(this.peek())) this.at += 1;
      this.digits('in exponent of numeric literal');
    }
  }

  private digits(context: string): void {
    if (!/[0-9]/.test(this.peek())) this.fail(context);
    while (/[0-9]/.test(this.text[this.at] ?? '')) this.at += 1;
  }
}

function quoteRune(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  if (character === '\\') return '\\\\';
  return character < ' ' ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : character;
}

/** Go's name for the kind of a JSON value in `json: cannot unmarshal ...`. */
export function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (isJsonList(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A member of a struct: Go matches names exactly or else without regard to case, and the last one wins. */
export function member(object: { readonly [key: string]: Json }, name: string): Json | undefined {
  let found: Json | undefined;
  for (const [key, value] of Object.entries(object)) {
    if (key === name || key.toLowerCase() === name) found = value;
  }
  return found;
}

/**
 * A string member of a Go struct: absent and null are the empty string.
 * Throws a `TypeMismatch` with Go's words for anything else.
 */
export function stringMember(object: { readonly [key: string]: Json }, name: string, struct: string): string {
  const value = member(object, name);
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw new TypeMismatch(
    `json: cannot unmarshal ${kindOf(value)} into Go struct field ${struct}.${name} of type string`,
  );
}

/** A JSON value of the wrong type; the message is Go's. */
export class TypeMismatch extends Error {}

/** Milliseconds since 1970 as Go writes a time: RFC 3339 in UTC, without trailing zeros of the fraction. */
export function goTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
