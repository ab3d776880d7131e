import { setImmediate } from 'node:timers/promises';

/** How long work may keep the thread for itself, in milliseconds: boards are waiting for their bytes. */
export const TURN_MS = 15;

/** Long work, done in turns: lets everything else go on in between. */
export async function inTurns<T>(work: Generator<undefined, T, undefined>): Promise<T> {
  try {
    for (let until = performance.now() + TURN_MS; ;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (performance.now() < until) continue;
      await setImmediate();
      until = performance.now() + TURN_MS;
    }
  } finally {
    // Left early, it closes what it has open.
    work.return(undefined as never);
  }
}

/** The same work in one go. */
export function atOnce<T>(work: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Characters that are put together to one write. */
const PIECE = 256 * 1024;

/** The pieces of long work, put together to larger ones, in turns; `done` is told what the work gave back. */
export async function* inPieces<T>(
  work: Generator<string, T, undefined>,
  done: (result: T) => void,
): AsyncGenerator<string, void, undefined> {
  try {
    let gathered = '';
    for (let until = performance.now() + TURN_MS; ;) {
      const step = work.next();
      if (step.done === true) {
        if (gathered !== '') yield gathered;
        done(step.value);
        return;
      }
      gathered += step.value;
      if (gathered.length < PIECE && performance.now() < until) continue;
      yield gathered;
      gathered = '';
      await setImmediate();
      until = performance.now() + TURN_MS;
    }
  } finally {
    work.return(undefined as never);
  }
}
