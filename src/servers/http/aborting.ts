/** Calls of one signal share one listener: a signal looks through all that it has for each that is taken away. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly those: Set<() => void>;
  readonly tell: () => void;
}

/** Calls `then` when the signal, which is not aborted yet, is. @returns what takes that back. */
export function whenAborted(signal: AbortSignal, then: () => void): () => void {
  const { those, tell } = waiting.get(signal) ?? listened(signal);
  those.add(then);
  return () => {
    those.delete(then);
    if (those.size > 0) return;
    // A signal made of others lives as long as somebody listens.
    signal.removeEventListener('abort', tell);
    waiting.delete(signal);
  };
}

function listened(signal: AbortSignal): Waiting {
  const those = new Set<() => void>();
  const tell = (): void => {
    for (const then of [...those]) then();
  };
  const entry = { those, tell };
  waiting.set(signal, entry);
  signal.addEventListener('abort', tell, { once: true });
  return entry;
}
