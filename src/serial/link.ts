/**
 * A byte link: what a board driver talks through.
 *
 * A tty, a paced or noisy cable and a simulated board are all byte links, so that one driver and one set of driver tests
 * serve them all. A link is a pipe of bytes and nothing else: framing, deadlines of a dialogue and masking of secrets
 * belong to whoever speaks on it.
 */
export interface ByteLink {
  /** Names the link in errors and transcripts, e.g. `/dev/ttyUSB0`. */
  readonly name: string;
  /**
   * Sends all of `data`, resolving when it has been handed to the operating system (not when it has left the wire).
   * Writes are sent in call order. Rejects with a `StationError` `port/lost` when the link goes away first, and with
   * the signal's reason when aborted; bytes already sent are not taken back.
   */
  write(data: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Registers the one receiver of incoming bytes; bytes that arrived before are delivered to it at once. Returns a
   * function that takes the receiver off again, after which bytes are kept for the next one.
   */
  onData(receive: (data: Uint8Array) => void): () => void;
  /** Resolves once, when the link is gone: unplugged (`lost`), or closed by this side (`closed`). Never rejects. */
  readonly ended: Promise<LinkEnd>;
  /** Closes the link. Safe to call twice and after a loss. Resolves when the operating system has let go of the port. */
  close(): Promise<void>;
}

/** Why a link ended. */
export interface LinkEnd {
  readonly why: 'lost' | 'closed';
  /** The operating system's words for a loss, for the transcript and the log. */
  readonly detail?: string;
}
