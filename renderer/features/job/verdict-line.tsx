import type { ReactNode } from 'react';
import type { Verdict } from '../../../src/model/job.ts';
import { VerdictMark } from '../../components/verdict-mark.tsx';
import { messages } from '../../messages.ts';
import classes from './verdict-line.module.css';

/** A verdict with its sentence, for panels. */
export function VerdictLine({
  verdict,
  text,
}: {
  readonly verdict: Verdict;
  readonly text: string;
}): ReactNode {
  return (
    <div className={classes.line} data-verdict={verdict}>
      <VerdictMark verdict={verdict} size={52} />
      <div>
        <p className={classes.word}>{messages.verdicts[verdict].word}</p>
        <p className={classes.text}>{text}</p>
      </div>
    </div>
  );
}

/** A verdict in a row of a table: its shape and its word. */
export function VerdictTag({ verdict }: { readonly verdict: Verdict }): ReactNode {
  return (
    <span className={classes.tag} data-verdict={verdict}>
      <VerdictMark verdict={verdict} size={20} />
      {messages.verdicts[verdict].word}
    </span>
  );
}
