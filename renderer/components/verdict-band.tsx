import type { ReactNode } from 'react';
import type { Verdict } from '../../src/model/job.ts';
import { VerdictMark } from './verdict-mark.tsx';
import classes from './verdict-band.module.css';

/** A verdict to be read from afar: its colour, its shape and its word. Where it stands says how large it is. */
export function VerdictBand({
  verdict,
  word,
  size,
  className,
  wordClassName,
}: {
  readonly verdict: Verdict;
  readonly word: string;
  readonly size: number;
  readonly className: string | undefined;
  readonly wordClassName: string | undefined;
}): ReactNode {
  return (
    <div className={`${classes.band ?? ''} ${className ?? ''}`} data-verdict={verdict}>
      <VerdictMark verdict={verdict} size={size} />
      <p className={`${classes.word ?? ''} ${wordClassName ?? ''}`}>{word}</p>
    </div>
  );
}
