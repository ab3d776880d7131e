import { Button, Loader } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import type { ErrorReport } from '../../src/model/job.ts';
import { reportOf } from '../station.ts';
import { ErrorPanel } from './error-panel.tsx';
import { SidePanel } from './side-panel.tsx';
import classes from './reading-panel.module.css';

type Reading<T> =
  | { readonly state: 'reading' }
  | { readonly state: 'read'; readonly value: T }
  | { readonly state: 'failed'; readonly error: ErrorReport };

/** A panel that reads something when it is opened, shows it or why not, and reads it again on request. */
export function ReadingPanel<T>({
  title,
  wide = false,
  reading,
  again,
  load,
  onClose,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  /** What is said meanwhile. */
  readonly reading: string;
  /** The label of the button that reads again. */
  readonly again: string;
  /** Reads it; read anew whenever this is another function. Null where there is nothing to be read with. */
  readonly load: (() => Promise<T>) | null;
  readonly onClose: () => void;
  readonly children: (value: T) => ReactNode;
}): ReactNode {
  const [now, setNow] = useState<Reading<T>>({ state: 'reading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let open = true;
    load?.().then(
      (value) => {
        if (open) setNow({ state: 'read', value });
      },
      (thrown: unknown) => {
        if (open) setNow({ state: 'failed', error: reportOf(thrown) });
      },
    );
    return () => {
      open = false;
    };
  }, [load, round]);
  return (
    <SidePanel title={title} wide={wide} onClose={onClose}>
      {now.state === 'reading' ? (
        <p role="status" className={classes.reading}>
          <Loader size="sm" /> {reading}
        </p>
      ) : (
        <>
          {now.state === 'failed' ? <ErrorPanel error={now.error} /> : children(now.value)}
          <div>
            <Button
              variant="default"
              onClick={() => {
                setNow({ state: 'reading' });
                setRound(round + 1);
              }}
            >
              {again}
            </Button>
          </div>
        </>
      )}
    </SidePanel>
  );
}

/** That all is well, in a sentence on top of what was read. */
export function AllWell({ text }: { readonly text: string }): ReactNode {
  return (
    <p role="status" className={classes.well}>
      {text}
    </p>
  );
}
