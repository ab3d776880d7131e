import type { Transcript, TranscriptEntry } from '../serial/transcript.ts';

/** A board that talks without end must not fill the memory; the end of a transcript is what explains a failure. */
const MOST_ENTRIES = 4_000;
const FLUSH_MS = 100;

/** Keeps a job's transcript and tells of it in bundles, so that a chatty boot does not become thousands of messages. */
export class LineLog implements Transcript, Disposable {
  readonly #entries: TranscriptEntry[] = [];
  readonly #tell: (entries: readonly TranscriptEntry[]) => void;
  #untold: TranscriptEntry[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: (entries: readonly TranscriptEntry[]) => void) {
    this.#tell = tell;
  }

  add(entry: TranscriptEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > MOST_ENTRIES) this.#entries.splice(0, this.#entries.length - MOST_ENTRIES);
    this.#untold.push(entry);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Everything kept, oldest first. */
  entries(): readonly TranscriptEntry[] {
    return [...this.#entries];
  }

  /** Tells what was not told yet. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const entries = this.#untold;
    this.#untold = [];
    if (entries.length > 0) this.#tell(entries);
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}
