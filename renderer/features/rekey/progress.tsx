import type { ReactNode } from 'react';
import { Icon } from '../../components/icon.tsx';
import { messages } from '../../messages.ts';
import classes from './progress.module.css';

/** The four steps of a re-key and which of them it is. @param at from 0 */
export function Progress({ at }: { readonly at: number }): ReactNode {
  const text = messages.rekey;
  return (
    <ol className={classes.progress} aria-label={text.stepsLabel}>
      {text.steps.map((step, place) => (
        <li
          key={step}
          data-state={place < at ? 'done' : place === at ? 'now' : 'to-come'}
          {...(place === at ? { 'aria-current': 'step' as const } : {})}
        >
          <span className={classes.number} aria-hidden="true">
            {place < at ? <Icon name="check" size={18} /> : place + 1}
          </span>
          {step}
        </li>
      ))}
    </ol>
  );
}
