import { useEffect, useRef } from 'react';
import { useLatest } from '../../store.ts';

/** Where a space is a letter, or chooses something: it never starts anything there. */
const TYPED_INTO =
  'input:not([type="checkbox"]), textarea, select, [contenteditable="true"], [role="option"], [role="combobox"], [role="menuitem"], [role="tab"], [role="dialog"]';
/** What a space presses, for who came there with the keyboard. */
const PRESSED = 'input[type="checkbox"], button, a[href], summary, [role="button"]';

/**
 * Whether a space belongs to the element that has the focus. What was clicked keeps the focus, but whose hand was on the
 * mouse means the bench by the space bar: it must not unmark what was just marked, or press a button once more.
 */
export function takesSpace(target: Pick<Element, 'closest'>, byPointer: boolean): boolean {
  if (target.closest(TYPED_INTO) !== null) return true;
  return !byPointer && target.closest(PRESSED) !== null;
}

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
  const byPointer = useFocusByPointer();
  useEffect(() => {
    if (!enabled) return undefined;
    const pressed = (event: KeyboardEvent): void => {
      const { target } = event;
      const typedInto = target instanceof Element && takesSpace(target, byPointer.current);
      if (event.key === ' ' && !typedInto) {
        event.preventDefault();
        // The key's release would still press it.
        if (target instanceof HTMLElement) target.blur();
      }
      if (isStartKey(event, typedInto)) latest();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [enabled, latest, byPointer]);
}

/** Whether the focus was last moved by a pointer, not by the Tab key. */
function useFocusByPointer(): { readonly current: boolean } {
  const byPointer = useRef(false);
  useEffect(() => {
    const pointed = (): void => {
      byPointer.current = true;
    };
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === 'Tab') byPointer.current = false;
    };
    window.addEventListener('pointerdown', pointed, { capture: true });
    window.addEventListener('keydown', pressed, { capture: true });
    return () => {
      window.removeEventListener('pointerdown', pointed, { capture: true });
      window.removeEventListener('keydown', pressed, { capture: true });
    };
  }, []);
  return byPointer;
}
