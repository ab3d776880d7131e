import { useEffect } from 'react';
import { useLatest } from '../../store.ts';

/** What a space typed here is meant for, so that it must not start anything. */
const TAKES_SPACE =
  'input, textarea, select, button, a[href], summary, [contenteditable="true"], [role="button"], [role="option"], [role="combobox"], [role="menuitem"], [role="tab"], [role="dialog"]';

/** Whether a key press is the operator's "start": the space bar, freshly pressed, alone, and not typed into anything. */
export function isStartKey(
  event: Pick<KeyboardEvent, 'key' | 'repeat' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>,
  typedInto: boolean,
): boolean {
  return (
    event.key === ' ' &&
    !event.repeat &&
    !event.ctrlKey &&
    !event.altKey &&
    !event.metaKey &&
    !event.shiftKey &&
    !typedInto
  );
}

/** Calls `start` when the space bar is pressed on the bench. Off while a dialog is open. */
export function useSpaceBar(enabled: boolean, start: () => void): void {
  const latest = useLatest(start);
  useEffect(() => {
    if (!enabled) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      const typedInto = event.target instanceof Element && event.target.closest(TAKES_SPACE) !== null;
      if (event.key === ' ' && !typedInto) event.preventDefault();
      if (isStartKey(event, typedInto)) latest();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [enabled, latest]);
}
