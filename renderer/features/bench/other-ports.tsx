import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import { hindrance, isPlace, mayIdentify, obstacle } from '../../bench.ts';
import { useNow } from '../../clock.ts';
import { messages } from '../../messages.ts';
import type { OpenPanel } from '../../panel.ts';
import { useStore, useWholeState } from '../../store.ts';
import classes from './other-ports.module.css';

/** Ports of the machine itself on which nothing shows: a line each, so that the places of the bench are for boards. */
export function OtherPorts({
  onStart,
  open,
}: {
  readonly onStart: (slot: SlotView) => void;
  readonly open: OpenPanel;
}): ReactNode {
  const state = useWholeState();
  const store = useStore();
  const now = useNow(1000);
  const ports = state.slots.filter((slot) => !isPlace(state, slot));
  const mayStart = obstacle(state, now) === null;
  const text = messages.slot;
  if (ports.length === 0) return null;
  return (
    <section className={classes.ports} aria-label={messages.otherPorts.title}>
      <ul>
        {ports.map((slot) => {
          const { error } = slot;
          const free = hindrance(state, slot) === null;
          const words = text.presence[slot.presence];
          return (
            <li key={slot.slot} data-slot={slot.slot}>
              <span className={classes.label}>{slot.label}</span>
              <span className={classes.word}>{words.word}</span>
              <span className={classes.text}>{error?.message ?? words.text}</span>
              {error === null ? null : (
                <Button size="sm" variant="default" onClick={() => open({ kind: 'error', error })}>
                  {text.whatToDo}
                </Button>
              )}
              {slot.presence === 'muted' ? (
                <Button
                  size="sm"
                  variant="default"
                  onClick={() => void store.ask('port.mute', { slot: slot.slot, muted: false })}
                >
                  {text.use}
                </Button>
              ) : null}
              {free ? (
                <>
                  <Button
                    size="sm"
                    variant="subtle"
                    disabled={!mayIdentify(state)}
                    onClick={() => open({ kind: 'identify', slot })}
                  >
                    {text.identify}
                  </Button>
                  <Button size="sm" variant="default" disabled={!mayStart} onClick={() => onStart(slot)}>
                    {text.tryAnyway}
                  </Button>
                </>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
