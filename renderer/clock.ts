import { useCallback, useSyncExternalStore } from 'react';

/** Wall time that moves by itself, rounded down to `everyMs`, so that only what shows a running time is drawn again. */
export function useNow(everyMs: number, running = true): number {
  const subscribe = useCallback(
    (changed: () => void) => {
      if (!running) return () => undefined;
      const timer = setInterval(changed, everyMs);
      return () => clearInterval(timer);
    },
    [everyMs, running],
  );
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / everyMs) * everyMs);
}
