import { withoutNoise } from './screen.ts';

/** A password of this length does not come up in a board's text by chance. Bytes. */
const UNMISTAKABLE = 8;
/** What may stand before the echo of a short password: nothing on its line but a prompt. */
const BEFORE = /(^|[\r\n]|: ?)$/;

/** What was received after a password: text to show, or the length of what to mask. Latin1, as the line has it. */
export type Shown = { readonly text: string } | { readonly masked: number };

/**
 * Finds passwords that the board echoes: a program may ask for one before it has switched the echo off, and whatever else
 * writes on the line may come before it or into it. An echo may come late, and in pieces: only what may yet become one is
 * held back, all else is passed on at once.
 *
 * A short password is looked for as a line of its own (`board` is no echo in `board1 login:`), a long one anywhere. Where
 * other text stands within the echo, all of it is masked.
 */
export class PasswordMask {
  readonly #passwords: string[] = [];
  /** The last two characters that were passed on: what comes next begins behind them. */
  #before = '';
  #held = '';

  /** From now on this one (latin1) is looked for, too. What comes next may begin with its echo. */
  add(password: string): void {
    if (password === '') return;
    if (!this.#passwords.includes(password)) this.#passwords.push(password);
    this.#passwords.sort((a, b) => b.length - a.length);
    if (this.#held === '') this.#before = '';
  }

  /** Takes what came and gives what can be shown of it, and of what was held. */
  push(received: string): readonly Shown[] {
    return this.#scan(this.#held + received, false);
  }

  /** Gives what is held: nothing more comes. */
  flush(): readonly Shown[] {
    return this.#scan(this.#held, true);
  }

  #scan(text: string, isEnd: boolean): readonly Shown[] {
    const parts: Shown[] = [];
    let from = 0;
    let at = 0;
    const pass = (until: number): void => {
      if (until <= from) return;
      parts.push({ text: text.slice(from, until) });
      this.#before = (this.#before + text.slice(from, until)).slice(-2);
      from = until;
    };
    this.#held = '';
    while (at < text.length) {
      const found = this.#echoAt(text, at, (this.#before + text.slice(from, at)).slice(-2), isEnd);
      if (found === 0) {
        at += 1;
        continue;
      }
      pass(at);
      if (found === 'perhaps') {
        this.#held = text.slice(at);
        return parts;
      }
      parts.push({ masked: found });
      this.#before = '*';
      at = from = at + found;
    }
    pass(text.length);
    return parts;
  }

  /** The length of the echo that begins here; 0 for none. */
  #echoAt(text: string, at: number, before: string, isEnd: boolean): number | 'perhaps' {
    let mayBe = false;
    for (const password of this.#passwords) {
      if (text[at] !== password[0]) continue;
      const isLong = password.length >= UNMISTAKABLE;
      if (!isLong && !BEFORE.test(before)) continue;
      const length = echoLength(text.slice(at), password, isLong, isEnd);
      if (typeof length === 'number' && length > 0) return length;
      mayBe ||= length === 'perhaps';
    }
    return mayBe ? 'perhaps' : 0;
  }
}

/** Finds the echoes in a text that is there as a whole. */
export function withoutPasswords(text: string, passwords: readonly string[]): readonly Shown[] {
  const mask = new PasswordMask();
  for (const password of passwords) mask.add(password);
  return [...mask.push(text), ...mask.flush()];
}

function echoLength(text: string, password: string, isLong: boolean, isEnd: boolean): number | 'perhaps' {
  let taken = 0;
  let at = 0;
  for (;;) {
    while (taken < password.length && text[at] === password[taken]) {
      taken += 1;
      at += 1;
    }
    const rest = text.slice(at);
    if (taken === password.length) {
      if (isLong || /^[\r\n]/.test(rest)) return at;
      return rest === '' ? (isEnd ? at : 'perhaps') : 0;
    }
    if (rest === '') return isEnd ? 0 : 'perhaps';
    // A message of somebody else in the middle of it.
    const noise = noiseLength(rest);
    if (noise === 0) return 0;
    if (noise === 'unfinished') return isEnd ? 0 : 'perhaps';
    at += noise;
  }
}

/** The length of a message of the kernel, systemd or wall at the beginning of a text; 0 for none. */
function noiseLength(text: string): number | 'unfinished' {
  if (!/^[\r\n]*(\[|Broadcast|\x1b|$)/.test(text)) return 0;
  const end = text.search(/[^\r\n][^\n]*\n/);
  if (end < 0) return 'unfinished';
  const message = /^[\r\n]*[^\n]*\n/.exec(text)?.[0] ?? '';
  return withoutNoise(message).trim() === '' ? message.length : 0;
}
