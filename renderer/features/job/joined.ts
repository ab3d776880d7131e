import type { MaskedKind, TranscriptEntry } from '../../../src/serial/transcript.ts';
import { readable } from '../../format.ts';

export type Span =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'masked'; readonly what: MaskedKind; readonly bytes: number };

/** What went one way in one go. */
export interface Run {
  /** Milliseconds since the job began. */
  readonly at: number;
  readonly way: 'sent' | 'received' | 'note';
  readonly spans: readonly Span[];
}

/** Entries as a person reads them: neighbours that went the same way stand together, each note alone. */
export function joined(entries: readonly TranscriptEntry[]): readonly Run[] {
  const runs: { at: number; way: Run['way']; entries: TranscriptEntry[] }[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last !== undefined && last.way === entry.way && entry.way !== 'note') last.entries.push(entry);
    else runs.push({ at: entry.at, way: entry.way, entries: [entry] });
  }
  return runs.map(({ at, way, entries: parts }) => ({ at, way, spans: spansOf(parts) }));
}

function spansOf(entries: readonly TranscriptEntry[]): readonly Span[] {
  const spans: Span[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') spans.push({ kind: 'text', text: readable(text) });
    text = '';
  };
  for (const entry of entries) {
    if ('text' in entry) text += entry.text;
    else {
      flush();
      spans.push({ kind: 'masked', what: entry.masked, bytes: entry.bytes });
    }
  }
  flush();
  return spans;
}
