/** Line editors as far as they show on the wire: what they echo, where they wrap, what they send around a prompt. */
import type { ByteString } from '../bytes.ts';
import type { Process } from '../shell/process.ts';
import type { Tty } from '../tty/tty.ts';

/** What was typed at a prompt. */
export type Typed =
  | { readonly kind: 'line'; readonly text: ByteString }
  | { readonly kind: 'end' }
  | { readonly kind: 'interrupted' };

const raw = { icanon: false, echo: false, isig: false, icrnl: false } as const;

/**
 * Reads a line as bash with readline does: bracketed paste announced before and taken back after, a carriage return and
 * the first character again where the line wraps, TAB answered by a bell and swallowed.
 */
export async function readReadline(process: Process, tty: Tty, prompt: string): Promise<Typed> {
  const before = tty.termios;
  tty.set({ ...raw, isig: false });
  tty.print(`\x1b[?2004h${prompt}`);
  let column = prompt.length;
  let text = '';
  const restore = (): void => tty.set(before);
  const type = (c: string): void => {
    text += c;
    const shown = c < ' ' ? `^${String.fromCharCode(c.charCodeAt(0) ^ 64)}` : c;
    for (const letter of shown) {
      if (column > 0 && column % tty.columns === 0) tty.print(`${letter}\r`);
      tty.print(letter);
      column++;
    }
  };
  const erase = (count: number): void => {
    text = text.slice(0, text.length - count);
    column -= count;
    tty.print(count === 1 ? '\b \b' : `${'\b'.repeat(count)}\x1b[K`);
  };
  try {
    for (;;) {
      const c = await tty.readCharacter(process);
      switch (c) {
        case '\r':
        case '\n':
          tty.print('\n\x1b[?2004l\r');
          return { kind: 'line', text };
        case '\x04':
          if (text !== '') break;
          tty.print('\x1b[?2004l\r');
          return { kind: 'end' };
        case '\x03':
          tty.print('^C\x1b[?2004l\r\x1b[?2004h\x1b[?2004l\r\n');
          return { kind: 'interrupted' };
        case '\x7f':
        case '\b':
          if (text === '') tty.print('\x07');
          else erase(1);
          break;
        case '\x15':
        case '\x17': {
          const count = c === '\x15' ? text.length : text.length - text.replace(/\S*\s*$/u, '').length;
          if (count > 0) erase(count);
          break;
        }
        case '\t':
          tty.print('\x07');
          break;
        case '\x1b': {
          // An escape sequence, such as a cursor key or a terminal's answer, moves nothing here.
          const next = await tty.readCharacter(process);
          if (next === '[') while (!/[@-~]/u.test(await tty.readCharacter(process)));
          break;
        }
        default:
          if (c >= ' ') type(c);
      }
    }
  } finally {
    restore();
  }
}

/** Reads a line as busybox ash does: it asks for the cursor position after each prompt, and types a new line where it wraps. */
export async function readAsh(process: Process, tty: Tty, prompt: string): Promise<Typed> {
  const before = tty.termios;
  tty.set({ ...raw });
  tty.print(`${prompt}\x1b[6n`);
  let column = prompt.length;
  let text = '';
  try {
    for (;;) {
      const c = await tty.readCharacter(process);
      switch (c) {
        case '\r':
        case '\n':
          tty.print('\n');
          return { kind: 'line', text };
        case '\x04':
          if (text !== '') break;
          return { kind: 'end' };
        case '\x03':
          tty.print('^C\n');
          return { kind: 'interrupted' };
        case '\x7f':
        case '\b':
          if (text === '') tty.print('\x07');
          else {
            text = text.slice(0, -1);
            column--;
            tty.print('\b \b');
          }
          break;
        case '\x15':
          text = '';
          column = prompt.length;
          tty.print(`\r${prompt}\x1b[J`);
          break;
        case '\t':
          tty.print('\x07');
          break;
        case '\x1b': {
          const next = await tty.readCharacter(process);
          if (next === '[') while (!/[@-~]/u.test(await tty.readCharacter(process)));
          break;
        }
        default:
          if (c < ' ') break;
          text += c;
          tty.print(c);
          column++;
          if (column % tty.columns === 0) tty.print('\r\n');
      }
    }
  } finally {
    tty.set(before);
  }
}
