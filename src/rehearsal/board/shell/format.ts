/** `printf` and the escapes of `echo`. */
import type { ByteString } from '../bytes.ts';
import type { Flavour } from './flavour.ts';

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

export interface Unescaped {
  readonly text: ByteString;
  /** `\c` was met: nothing after it is printed, not even a newline. */
  readonly stop: boolean;
}

/** Resolves backslash escapes. `style` says whose: a `printf` format, or the text of `%b` and `echo` (octal is `\0nnn`). */
export function unescape(text: ByteString, style: 'format' | 'echo', flavour: Flavour): Unescaped {
  if (!text.includes('\\')) return { text, stop: false };
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (c !== '\\') {
      result += c;
      continue;
    }
    const next = text.charAt(at + 1);
    const rest = text.slice(at + 1, at + 6);
    const octal = style === 'format' ? /^[0-7]{1,3}/u.exec(rest)?.[0] : /^0[0-7]{0,3}/u.exec(rest)?.[0];
    const loose = style === 'echo' && flavour !== 'dash' ? /^[1-7][0-7]{0,2}/u.exec(rest)?.[0] : undefined;
    const hex = flavour === 'dash' ? undefined : /^x([0-9a-fA-F]{1,2})/u.exec(rest);
    if (next === 'c' && style === 'echo') return { text: result, stop: true };
    if (octal !== undefined || loose !== undefined) {
      const digits = octal ?? loose ?? '';
      result += String.fromCharCode(parseInt(digits, 8) & 255);
      at += digits.length;
    } else if (hex) {
      result += String.fromCharCode(parseInt(hex[1] ?? '0', 16));
      at += hex[0].length;
    } else if (flavour !== 'dash' && (next === 'e' || next === 'E')) {
      result += '\x1b';
      at++;
    } else if (simple[next] !== undefined && !(style === 'echo' && (next === '"' || next === "'"))) {
      result += simple[next];
      at++;
    } else {
      result += '\\';
    }
  }
  return { text: result, stop: false };
}

interface Result {
  readonly text: ByteString;
  readonly status: number;
  readonly complaints: readonly string[];
}

/** Does `printf FORMAT ARG...`; the format is used again while arguments are left. */
export function format(pattern: ByteString, args: readonly ByteString[], flavour: Flavour): Result {
  let text = '';
  let status = 0;
  const complaints: string[] = [];
  let used = 0;
  const next = (): ByteString | undefined => args[used++];
  const number = (word: ByteString | undefined): bigint => {
    if (word === undefined || word === '') return 0n;
    if (word.startsWith("'") || word.startsWith('"')) return BigInt(word.charCodeAt(1) || 0);
    const match = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/u.exec(word);
    const digits = match?.[2] ?? '0';
    if (match?.[0].length !== word.length) {
      status = 1;
      complaints.push(
        flavour === 'dash'
          ? match
            ? `${word}: not completely converted`
            : `${word}: expected numeric value`
          : flavour === 'ash'
            ? `invalid number '${word}'`
            : `${word}: invalid number`,
      );
    }
    const magnitude = BigInt(/^0[0-7]+$/u.test(digits) ? `0o${digits.slice(1)}` : digits);
    return match?.[1] === '-' ? -magnitude : magnitude;
  };
  const pad = (value: string, width: number, flags: string): string =>
    flags.includes('-') ? value.padEnd(width) : value.padStart(width);
  do {
    const before = used;
    for (let at = 0; at < pattern.length; at++) {
      const c = pattern.charAt(at);
      if (c === '\\') {
        const match =
          /^\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|[^])?/u.exec(pattern.slice(at, at + 4))?.[0] ?? '\\';
        if (match === '\\c' && flavour !== 'bash') return { text, status, complaints };
        text += unescape(match, 'format', flavour).text;
        at += match.length - 1;
        continue;
      }
      if (c !== '%') {
        text += c;
        continue;
      }
      const match = /^%([-+ #0]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?(.)?/u.exec(pattern.slice(at));
      if (!match) break;
      at += match[0].length - 1;
      let flags = match[1] ?? '';
      let width = match[2] === '*' ? Number(number(next())) : Number(match[2] ?? 0);
      const precision =
        match[3] === undefined ? undefined : match[3] === '*' ? Number(number(next())) : Number(match[3]);
      if (width < 0) {
        flags += '-';
        width = -width;
      }
      const conversion = match[4] ?? '';
      switch (conversion) {
        case '%':
          text += '%';
          break;
        case 's':
          text += pad((next() ?? '').slice(0, precision), width, flags);
          break;
        case 'b': {
          const made = unescape(next() ?? '', 'echo', flavour);
          text += pad(made.text.slice(0, precision), width, flags);
          if (made.stop) return { text, status, complaints };
          break;
        }
        case 'c':
          text += pad((next() ?? '').slice(0, 1), width, flags);
          break;
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X': {
          const value = number(next());
          const magnitude =
            conversion === 'd' || conversion === 'i'
              ? value < 0n
                ? -value
                : value
              : BigInt.asUintN(64, value);
          let digits = magnitude.toString(
            conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10,
          );
          if (conversion === 'X') digits = digits.toUpperCase();
          if (precision !== undefined) digits = digits.padStart(precision, '0');
          let sign = '';
          if (conversion === 'd' || conversion === 'i')
            sign = value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
          if (flags.includes('#') && magnitude !== 0n)
            sign = conversion === 'x' ? '0x' : conversion === 'X' ? '0X' : conversion === 'o' ? '0' : sign;
          if (flags.includes('0') && !flags.includes('-') && precision === undefined)
            digits = digits.padStart(width - sign.length, '0');
          text += pad(sign + digits, width, flags);
          break;
        }
        default:
          complaints.push(
            flavour === 'dash'
              ? `${match[0]}: invalid directive`
              : flavour === 'ash'
                ? `${match[0]}: invalid format`
                : `\`${conversion}': invalid format character`,
          );
          return { text, status: flavour === 'dash' ? 2 : 1, complaints };
      }
    }
    if (used === before) break;
  } while (used < args.length);
  return { text, status, complaints };
}
