import type { Identity } from '../src/model/identity.ts';

/** Numbers and times as the window writes them: fixed decimals, so that columns stand still. */

/** A duration in seconds with one decimal, minutes from 100 s on: `0.4 s`, `12.0 s`, `2:05 min`. */
export function duration(ms: number): string {
  if (ms < 99_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
}

/** Time left, coarse while it is long: `6 d 23 h`, `7 h 42 min`, `12 min`, and seconds in the last ten minutes: `9:58`. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours >= 1) return `${hours} h ${two(minutes % 60)} min`;
  if (minutes >= 10) return `${minutes} min`;
  return `${minutes}:${two(seconds % 60)}`;
}

/** Local time of day, and the day before it when that is not today. */
export function when(iso: string, now: Date): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return at.toDateString() === now.toDateString()
    ? time
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** `sha256:0123…cdef`: enough to compare two on a screen; the whole one is in the details. */
export function shortFingerprint(fingerprint: string): string {
  const hex = fingerprint.replace(/^sha256:/, '');
  return hex.length <= 20 ? hex : `${hex.slice(0, 8)}…${hex.slice(-8)}`;
}

/** Hex in groups of four, to be read aloud and compared. Anything that is not hex is left as it is. */
export function grouped(fingerprint: string): string {
  const hex = fingerprint.replace(/^sha256:/, '');
  return /^[0-9a-f]+$/i.test(hex) ? (hex.match(/.{1,4}/g) ?? []).join(' ') : fingerprint;
}

export function bytes(count: number): string {
  if (count < 10_000) return `${count} B`;
  if (count < 10_000_000) return `${(count / 1e3).toFixed(1)} kB`;
  return count < 10_000_000_000 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(1)} GB`;
}

const ESCAPE_SEQUENCE = new RegExp('\\u001b(?:\\[[0-9;?]*[ -/]*[@-~]|[@-_])', 'g');
const CONTROL = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f]', 'g');

/**
 * Text from a line, for reading: what a terminal would obey (colours, cursor moves) is left out, other control characters
 * are written as keys (`^C`; every font has that), so that nothing that a board prints can hide or fake anything.
 */
export function readable(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCE, '')
    .replace(/\r+\n/g, '\n')
    .replace(CONTROL, (character) => `^${String.fromCodePoint((character.codePointAt(0) ?? 0) ^ 0x40)}`);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** An identity's values alone, as in every record: `52:54:00:c0:00:01`. */
export function identityText(identity: Identity): string {
  return Object.values(identity)
    .map((value) => (typeof value === 'string' ? value : value.join(',')))
    .join(' ');
}

/** What a person calls a unit: its identity where that is known, else its port. */
export function unitName({
  identity,
  port,
}: {
  readonly identity: Identity | null;
  readonly port: string;
}): string {
  return identity === null ? port.replace(/^\/dev\//, '') : identityText(identity);
}

/** A name that every file system takes: `station-52-54-00-c0-00-01.pdf`. */
export function fileName(kind: string, subject: string, extension: string): string {
  const name = subject.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return `${kind}-${name.slice(0, 80)}.${extension}`;
}
