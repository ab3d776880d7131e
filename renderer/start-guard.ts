/** Milliseconds that must pass between two starts, and after the last job's end: a key pressed twice starts once. */
export const COOL_DOWN_MS = 1500;

export interface StartGuard {
  /** Whether a start may happen now; if so, the cool-down begins. @param now milliseconds on any steady clock */
  tryStart(now: number): boolean;
  /** Work has just ended: who still holds the key, or presses it once more, must not start the next round. */
  ended(now: number): void;
}

/** Keeps the big button and the space bar from starting twice. */
export function startGuard(coolDownMs: number = COOL_DOWN_MS): StartGuard {
  let notBefore = Number.NEGATIVE_INFINITY;
  return {
    tryStart(now) {
      if (now < notBefore) return false;
      notBefore = now + coolDownMs;
      return true;
    },
    ended(now) {
      notBefore = Math.max(notBefore, now + coolDownMs);
    },
  };
}
