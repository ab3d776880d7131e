import type { ReactNode } from 'react';
import { ErrorPanel } from '../../components/error-panel.tsx';
import { messages } from '../../messages.ts';
import type { AskedRun } from './state.ts';
import classes from './batches.module.css';

/** How the last run that was asked for here came out. */
export function RunEnd({ asked }: { readonly asked: AskedRun }): ReactNode {
  const text = messages.batches.preauthorize;
  switch (asked.state) {
    case 'asked':
      return null;
    case 'refused':
      return <ErrorPanel error={asked.error} />;
    case 'ended': {
      const { state, reason, unsettled } = asked.report;
      return (
        <>
          <p role="status" className={classes.ended}>
            {text.ended[state]}
          </p>
          {reason === null ? null : <ErrorPanel error={reason} />}
          {unsettled.length === 0 ? null : <p>{text.unsettled(unsettled.length)}</p>}
        </>
      );
    }
  }
}
