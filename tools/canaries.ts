import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Canaries: secrets that tests use begin with `canary-`, and private keys look the same everywhere. Neither may ever be
 * found in a station's home, in what a program wrote, or in a log: there a secret has got out.
 */
const WORD = 'canary-';
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;
/** The word as it looks within base64, at each of the three ways it can lie in a group. */
const ENCODED = ['', 'x', 'xx'].map((before) => {
  const whole = Buffer.from(before + WORD).toString('base64');
  // Without the first and last characters, which depend on the neighbours.
  return whole.slice(
    before.length === 0 ? 0 : before.length + 1,
    Math.floor(((before.length + WORD.length) * 8) / 6),
  );
});

/** A secret where none may be. */
export interface Escape {
  readonly where: string;
  readonly what: string;
}

/** The secrets in a text. What a test's own name or a comparison says of canaries is not told from a leak. */
export function escapesIn(text: string, where: string): Escape[] {
  const found: Escape[] = [];
  const at = text.indexOf(WORD);
  if (at >= 0) found.push({ where, what: `a canary: ${excerpt(text, at)}` });
  for (const encoded of ENCODED) {
    const place = text.indexOf(encoded);
    if (place >= 0) found.push({ where, what: `a canary in base64: ${excerpt(text, place)}` });
  }
  const key = PRIVATE_KEY.exec(text);
  if (key !== null) found.push({ where, what: `a private key: ${excerpt(text, key.index)}` });
  return found;
}

/** The secrets in any file under a folder. */
export function escapesUnder(folder: string): Escape[] {
  return filesUnder(folder).flatMap((file) => escapesIn(readFileSync(file, 'latin1'), file));
}

/** The homes under a folder, itself included. */
export function homesUnder(folder: string, depth = 2): string[] {
  if (existsSync(path.join(folder, 'journal.db')) || existsSync(path.join(folder, 'station.lock')))
    return [folder];
  return depth === 0 ? [] : subfolders(folder).flatMap((below) => homesUnder(below, depth - 1));
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  if (lstatSync(folder).isFile()) return [folder];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function excerpt(text: string, at: number): string {
  return JSON.stringify(text.slice(Math.max(0, at - 30), at + 40));
}
