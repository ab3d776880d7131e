import { withoutNoise } from './screen.ts';

/** A password of this length does not come up in a board's text by chance. Bytes. */
const UNMISTAKABLE = 8;

/** What was received after a password: text to show, or bytes to mask. Latin1, as the line has it. */
export type Shown = { readonly text: string } | { readonly masked: number };

/**
 * Finds a password that the board echoed: a program may ask for one before it has switched the echo off, and whatever else
 * writes on the line may come before it or into it.
 *
 * A short password is looked for as a line of its own (`board` is no echo in `board1 login:`), a long one anywhere. Where
 * other text stands within the echo, all of it is masked.
 *
 * @param received all that came between the password and the next thing sent.
 */
export function withoutPassword(received: string, password: string): readonly Shown[] {
  if (password === '') return [{ text: received }];
  const escaped = password.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const echo =
    password.length >= UNMISTAKABLE
      ? new RegExp(escaped, 'g')
      : new RegExp(`(?<=^|[\\r\\n]|: ?)${escaped}(?=[\\r\\n]|$)`, 'g');
  const parts: Shown[] = [];
  let from = 0;
  for (const { index } of received.matchAll(echo)) {
    if (index > from) parts.push({ text: received.slice(from, index) });
    parts.push({ masked: password.length });
    from = index + password.length;
  }
  if (from === 0) {
    const isBroken = echo.test(withoutNoise(received));
    return isBroken ? [{ masked: received.length }] : [{ text: received }];
  }
  if (from < received.length) parts.push({ text: received.slice(from) });
  return parts;
}
