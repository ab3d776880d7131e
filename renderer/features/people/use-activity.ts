import { useEffect } from 'react';
import { useStore, useWindowState } from '../../store.ts';

/** The station need not hear of every key. Milliseconds. */
const TELL_EVERY_MS = 10_000;

/** Tells the station that somebody is at the window, so that its idle clock begins anew. */
export function useActivity(): void {
  const { station } = useStore();
  const signedIn = useWindowState(({ people }) => people.person !== null && !people.locked);
  useEffect(() => {
    if (!signedIn) return undefined;
    let told = 0;
    const seen = (): void => {
      const now = performance.now();
      if (told !== 0 && now - told < TELL_EVERY_MS) return;
      told = now;
      // One that is lost is followed by the next.
      station.call('people.active', {}).catch(() => undefined);
    };
    const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
    for (const sign of signs) window.addEventListener(sign, seen, { passive: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, seen);
    };
  }, [station, signedIn]);
}
