import type { ReactNode } from 'react';
import type { ErrorReport } from '../../src/model/job.ts';
import { messages } from '../messages.ts';
import { intoView } from './into-view.ts';
import { Icon } from './icon.tsx';
import classes from './error-panel.module.css';

/** An error as a person needs it: what happened, what was not changed, what to do; the code for those who ask for help. */
export function ErrorPanel({
  error,
  quiet = false,
}: {
  readonly error: ErrorReport;
  /** One finding among others, no answer to what was just done: it is not scrolled to. */
  readonly quiet?: boolean;
}): ReactNode {
  const text = messages.error;
  return (
    <div
      className={classes.panel}
      role={quiet ? 'group' : 'alert'}
      {...(quiet ? { 'aria-label': messages.records.columns.error } : { ref: intoView })}
    >
      <p className={classes.message}>
        <Icon name="warning" />
        <span>{error.message}</span>
      </p>
      <dl className={classes.rows}>
        <dt>{text.notChanged}</dt>
        <dd>{error.unchanged}</dd>
        <dt>{text.toDo}</dt>
        <dd>
          {error.remedy}
          {error.retriable ? ` ${text.retriable}` : ''}
        </dd>
        <dt>{text.code}</dt>
        <dd className="mono">{error.code}</dd>
      </dl>
    </div>
  );
}
