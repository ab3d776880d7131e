import type { ReactNode } from 'react';
import type { SlotView } from '../../../src/contract.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { when } from '../../format.ts';
import type { WaitingJob } from '../../job-state.ts';
import { messages } from '../../messages.ts';
import classes from './slot-idle.module.css';

const ICONS: Record<SlotView['presence'], IconName> = {
  unknown: 'plug',
  silent: 'silent',
  booting: 'boot',
  ready: 'prompt',
  garbled: 'noise',
  bootloader: 'boot',
  busy: 'lock',
  'in-job': 'busy',
  'no-permission': 'lock',
  muted: 'muted',
};

/** What is on a slot where no job has run yet. */
export function SlotIdle({
  slot,
  starting,
}: {
  readonly slot: SlotView;
  readonly starting: boolean;
}): ReactNode {
  const words = messages.slot.presence[slot.presence];
  return (
    <div className={classes.idle} data-presence={starting ? 'in-job' : slot.presence}>
      <span className={classes.icon}>
        <Icon name={starting ? 'busy' : ICONS[slot.presence]} size={56} />
      </span>
      <p className={classes.word}>{starting ? messages.slot.starting : words.word}</p>
      <p className={classes.text}>{starting ? '' : (slot.error?.message ?? words.text)}</p>
    </div>
  );
}

/** A slot whose job ended with the station: nothing is known of it until it is looked at again. */
export function SlotInterrupted(): ReactNode {
  const { word, text } = messages.slot.interrupted;
  return (
    <div className={classes.idle} data-presence="busy">
      <span className={classes.icon}>
        <Icon name="warning" size={56} />
      </span>
      <p className={classes.word}>{word}</p>
      <p className={classes.text}>{text}</p>
    </div>
  );
}

/** A unit that is staged for a new key and waits; it works with its old one meanwhile. */
export function SlotWaiting({ job }: { readonly job: WaitingJob }): ReactNode {
  const { word, text, until } = messages.slot.waiting;
  return (
    <div className={classes.idle} data-presence="waiting">
      <span className={classes.icon}>
        <Icon name="busy" size={56} />
      </span>
      <p className={classes.word}>{word[job.waiting.for]}</p>
      <p className={classes.text}>
        {text} {until(when(job.waiting.deadline, new Date()))}
      </p>
    </div>
  );
}
